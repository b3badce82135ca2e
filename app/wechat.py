"""The five questions that we have for WeChat's official-account platform (developers.weixin.qq.com/doc/service)."""

import asyncio
import hashlib
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx2

_DEADLINE_S = 5.0
_EARLY = timedelta(minutes=5)
_STALE = frozenset({40001, 40014, 42001})


class WechatError(Exception):
    """WeChat said no, or nothing. `code`: down, bad_code, no_consent, refused (and see `errcode`, 0 for none)."""

    def __init__(self, code: str, errcode: int = 0) -> None:
        super().__init__(f"{code} {errcode}")
        self.code, self.errcode = code, errcode


ERRORS = {
    -1: "down",
    40029: "bad_code",  # no code of theirs
    40163: "bad_code",  # used before
    42003: "bad_code",  # too old
    43101: "no_consent",  # the resident has not asked for one more message
    45009: "down",  # too many questions today
}
"""`errcode` to ours; others become `refused`."""


@dataclass(frozen=True, slots=True)
class _Kept:
    text: str
    until: datetime


class OfficialAccount:
    """Asks with a time limit, and keeps token and ticket until shortly before their end.

    `stable_token` gives every process the same token while it is good, so each may keep its own; inside a process one
    refreshes while the others wait.
    """

    def __init__(self, appid: str, secret: str, url: str, now: Callable[[], datetime]) -> None:
        self.appid, self._secret, self._url, self._now = appid, secret, url.rstrip("/"), now
        self._kept: dict[str, _Kept] = {}
        self._refreshing = {"ticket": asyncio.Lock(), "access_token": asyncio.Lock()}
        self._tls = ssl.create_default_context()

    async def openid_of(self, code: str) -> str:
        """Who brought this code of snsapi_base; it works once, for five minutes. Raises WechatError."""
        given = {"appid": self.appid, "secret": self._secret, "code": code, "grant_type": "authorization_code"}
        return _text(await self._ask("GET", "/sns/oauth2/access_token", given), "openid")

    async def ticket(self) -> str:
        """The ticket that pages of ours are signed with. Raises WechatError."""
        return await self._good_for("ticket", self._fetch_ticket)

    async def ready(self) -> None:
        """Have a token at hand. Raises WechatError; nothing was sent then."""
        await self._good_for("access_token", self._fetch_token)

    async def send(self, openid: str, template: str, page: str, words: Mapping[str, str]) -> None:
        """One subscription notice (bizsend). Raises WechatError; `no_consent` is final."""
        data = {name: {"value": value} for name, value in words.items()}
        body = {"touser": openid, "template_id": template, "page": page, "data": data}
        await self._with_token("POST", "/cgi-bin/message/subscribe/bizsend", {}, body)

    async def _fetch_ticket(self) -> Mapping[str, object]:
        return await self._with_token("GET", "/cgi-bin/ticket/getticket", {"type": "jsapi"})

    async def _fetch_token(self) -> Mapping[str, object]:
        body: dict[str, object] = {"grant_type": "client_credential", "appid": self.appid, "secret": self._secret}
        return await self._ask("POST", "/cgi-bin/stable_token", {}, body)

    async def _with_token(
        self, verb: str, path: str, given: Mapping[str, str], body: Mapping[str, object] | None = None
    ) -> Mapping[str, object]:
        """Ask with the token; one that WeChat calls stale is fetched anew, once."""
        token = await self._good_for("access_token", self._fetch_token)
        try:
            return await self._ask(verb, path, {**given, "access_token": token}, body)
        except WechatError as error:
            if error.errcode not in _STALE:
                raise
        if (kept := self._kept.get("access_token")) is not None and kept.text == token:
            del self._kept["access_token"]
        token = await self._good_for("access_token", self._fetch_token)
        return await self._ask(verb, path, {**given, "access_token": token}, body)

    async def _good_for(self, name: str, fetch: Callable[[], Awaitable[Mapping[str, object]]]) -> str:
        async with self._refreshing[name]:
            kept = self._kept.get(name)
            if kept is not None and kept.until > self._now():
                return kept.text
            found = await fetch()
            lasts = found.get("expires_in")
            until = self._now() + timedelta(seconds=lasts if isinstance(lasts, int) else 0) - _EARLY
            self._kept[name] = _Kept(_text(found, name), until)
            return self._kept[name].text

    async def _ask(
        self, verb: str, path: str, given: Mapping[str, str], body: Mapping[str, object] | None = None
    ) -> Mapping[str, object]:
        try:
            async with asyncio.timeout(_DEADLINE_S), httpx2.AsyncClient(verify=self._tls, trust_env=False) as client:
                answer = await client.request(verb, self._url + path, params=dict(given), json=body)
            words = answer.json()
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, TimeoutError, ValueError):
            raise WechatError("down") from None  # its text holds the address, and that the secret
        if answer.status_code != 200 or not isinstance(words, dict):
            raise WechatError("down")
        errcode = words.get("errcode", 0)
        if errcode:
            raise WechatError(ERRORS.get(errcode, "refused"), int(errcode))
        return words


def sdk_signature(ticket: str, nonce: str, timestamp: int, url: str) -> str:
    """What wx.config wants: SHA-1 over the four, in the order of their names; `url` without its #part."""
    text = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={url.partition('#')[0]}"
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _text(words: Mapping[str, object], name: str) -> str:
    found = words.get(name)
    if not isinstance(found, str) or not found:
        raise WechatError("down")
    return found
