"""A visitor without eyes: opens pages, fills in forms, keeps cookies, as a browser without JavaScript does."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from urllib.parse import urljoin

import httpx2

_PATIENCE_S = 15.0


@dataclass(slots=True)
class Form:
    """One form of a page: where it goes, and what it would send if only its button were pressed."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    """Reads the forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(said.get("action", ""), said.get("method", "get").lower())
            self.forms.append(self._open)
        elif self._open is not None and said.get("name"):
            self._field(self._open, tag, said)

    def _field(self, form: Form, tag: str, said: dict[str, str]) -> None:
        kind = said.get("type", "submit" if tag == "button" else "text")
        if kind == "submit":
            form.buttons.append((said["name"], said.get("value", "")))
        elif kind not in ("radio", "checkbox") or "checked" in said:
            form.fields.setdefault(said["name"], said.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None


class Page:
    """An opened page."""

    def __init__(self, response: httpx2.Response) -> None:
        self.status, self.url, self.text = response.status_code, str(response.url), response.text

    def form(self, action_part: str = "", button: tuple[str, str] | None = None) -> Form:
        """The first form whose address contains a text and which has that button; LookupError if there is none."""
        reader = _Forms()
        reader.feed(self.text)
        for form in reader.forms:
            if action_part in (form.action or self.url) and (button is None or button in form.buttons):
                return form
        raise LookupError(f"no form to {action_part!r} {button or ''} on {self.url} (status {self.status})")


class Visitor:
    """One person with one browser."""

    def __init__(self, base_url: str) -> None:
        self._client = httpx2.AsyncClient(base_url=base_url, follow_redirects=True, timeout=_PATIENCE_S)

    async def __aenter__(self) -> "Visitor":
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self._client.aclose()

    async def open(self, url: str) -> Page:
        """Open an address, relative to the site's."""
        return Page(await self._client.get(url))

    async def send(self, page: Page, form: Form, **fields: str) -> Page:
        """Send a form with these fields filled in."""
        url = urljoin(page.url, form.action or page.url)
        filled = {**form.fields, **fields}
        if form.method == "get":
            return Page(await self._client.get(url, params=filled))
        return Page(await self._client.post(url, data=filled))
