"""The screens as a small local web: one browser in front, on loopback, and nobody else.

GET / the page; GET /screen what is on it now (204 while nothing has changed); POST /press, /key, /scan move the visit.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.svg import SvgPathFillImage
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from kiosk.counter import Counter
from kiosk.settings import KioskSettings
from kiosk.status import status_route
from kiosk.ui import eight_lines
from kiosk.ui.figures import Figures
from kiosk.ui.screens import Say, Screen
from kiosk.ui.show import Around, show
from kiosk.ui.visit import Visit
from kiosk.ui.words import sentence
from kiosk.wedge import for_script

log = logging.getLogger(__name__)

_FOLDER = Path(__file__).resolve().parent
_TICK_S = 0.25
_MOST_BODY = 4096
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


Act = Callable[[Visit, dict[str, str]], Awaitable[None]]
"""What a request does to the visit, with the form that it brought."""


@dataclass(frozen=True, slots=True)
class Front:
    """What the screens stand on. `secret`: only the page that this program served may press its buttons."""

    counter: Counter
    settings: KioskSettings
    visit: Visit
    templates: Environment
    secret: str


def make_ui(counter: Counter, settings: KioskSettings) -> Starlette:
    """Build the screens over a counter."""
    templates = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    visit = Visit(counter, counter.clock)
    front = Front(counter, settings, visit, templates, secrets.token_urlsafe(24))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        loops = [asyncio.ensure_future(each) for each in (_tick_for_ever(visit), _scan_for_ever(visit))]
        try:
            yield
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)

    app = Starlette(
        routes=[
            Route("/", show_page, methods=["GET"]),
            Route("/screen", show_screen, methods=["GET"]),
            Route("/press", press, methods=["POST"]),
            Route("/key", key, methods=["POST"]),
            Route("/scan", scan, methods=["POST"]),
            status_route(counter),
            Mount("/static", StaticFiles(directory=_FOLDER / "static")),
        ],
        middleware=[Middleware(RequestBodyLimitMiddleware, max_body_size=_MOST_BODY)],
        lifespan=lifespan,
    )
    app.state.front = front
    return app


async def _tick_for_ever(visit: Visit) -> None:
    while True:
        with contextlib.suppress(OSError):
            await visit.tick()
        await asyncio.sleep(_TICK_S)


async def _scan_for_ever(visit: Visit) -> None:
    """What the serial scanner reads goes where a person's scan goes."""
    while True:
        await visit.scanned(await visit.counter.next_scan())


def _front(request: Request) -> Front:
    front = request.app.state.front
    if not isinstance(front, Front):
        raise TypeError("app.state.front")
    return front


async def show_page(request: Request) -> Response:
    """GET /: the whole page, with the screen as it is."""
    front = _front(request)
    context = await _context(front)
    remote = front.counter.remote
    text = front.templates.get_template("page.html").render(
        **context, secret=front.secret, wedge=for_script(), remote=remote
    )
    return HTMLResponse(text, headers={"content-security-policy": _POLICY, "cache-control": "no-store"})


async def show_screen(request: Request) -> Response:
    """GET /screen?v=...: the screen, if it is not the one that has this version."""
    front = _front(request)
    context = await _context(front)
    if request.query_params.get("v") == str(context["version"]):
        return Response(status_code=HTTPStatus.NO_CONTENT)
    return _screen(front, context)


def _screen(front: Front, context: dict[str, object]) -> Response:
    name = "keypad.html" if context["keypad"] else "touch.html"
    return HTMLResponse(front.templates.get_template(name).render(**context), headers={"cache-control": "no-store"})


async def press(request: Request) -> Response:
    """POST /press: act and value."""
    return await _move(request, lambda visit, form: visit.press(form.get("act", ""), form.get("value", "")))


async def key(request: Request) -> Response:
    """POST /key: a digit, back or enter. On the keypad a digit makes a choice where there are choices."""
    front = _front(request)

    async def typed(visit: Visit, form: dict[str, str]) -> None:
        pressed = form.get("key", "")
        screen = show(visit.state, await _around(front))
        if visit.warns:
            visit.touch()
        elif screen.entry is None:
            await _choose(visit, screen, pressed)
        elif pressed == "back" and not screen.entry.typed:
            await visit.back()
        else:
            await visit.key(pressed)

    return await _move(request, typed)


async def _choose(visit: Visit, screen: Screen, pressed: str) -> None:
    if pressed == "back":
        await visit.back()
        return
    made = dict(eight_lines.numbered(screen.choices)).get(pressed)
    if made is None and pressed == "enter":
        made = next(iter(screen.choices), None)
    if made is not None:
        await visit.press(made.act, made.value)
    elif not screen.back:
        await visit.key(pressed)


async def scan(request: Request) -> Response:
    """POST /scan: a burst of a scanner that types."""
    return await _move(request, lambda visit, form: visit.scan(form.get("text", "")))


async def _move(request: Request, act: Act) -> Response:
    front = _front(request)
    if request.headers.get("x-kiosk") != front.secret:
        return PlainTextResponse("", HTTPStatus.FORBIDDEN)
    form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
    await act(front.visit, form)
    return _screen(front, await _context(front))


async def _around(front: Front) -> Around:
    zone = ZoneInfo(front.settings.timezone)
    figures = Figures(front.visit.language, front.settings.currency, zone)
    works = await front.counter.works()
    counter = front.counter
    return Around(works, counter.utility, counter.notices(), figures, counter.clock(), zone)


async def _context(front: Front) -> dict[str, object]:
    around, visit = await _around(front), front.visit
    screen = show(visit.state, around)
    words = partial(sentence, language=visit.language)
    left = int(visit.idle_left.total_seconds()) if visit.warns else 0
    keypad = front.counter.remote.display == "keypad"
    shown = ".".join(
        map(str, (visit.version, visit.language, keypad, around.works.paying, around.works.state, left, screen.figure))
    )
    return {
        "screen": screen,
        "words": words,
        "version": shown,
        "language": visit.language,
        "warns_s": left,
        "keypad": keypad,
        "pages": eight_lines.pages(screen, words) if keypad else [],
        "qr": _draw(screen.qr) if screen.qr else "",
        "spoken": " ".join(words(each) for each in (screen.spoken or (screen.title, *screen.text))),
        "say": lambda code, **facts: words(Say(code, facts)),
        "numbered": eight_lines.numbered(screen.choices),
        "works": around.works,
    }


def _draw(text: str) -> str:
    """A QR code as SVG text, black on white whatever the screen's colours."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=4)
    code.add_data(text)
    picture = BytesIO()
    code.make_image(image_factory=SvgPathFillImage).save(picture)
    drawn = picture.getvalue().decode()
    return drawn[drawn.index("<svg") :]
