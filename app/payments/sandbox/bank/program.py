"""The rehearsal bank as an ASGI application: the counter for shops, the page for payers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from ssl import create_default_context
from zoneinfo import ZoneInfo

import httpx2
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from app.context import utc_now
from app.payments.sandbox.bank import control, desk
from app.payments.sandbox.bank.book import BankOrder, Book
from app.payments.sandbox.bank.courier import Courier
from app.payments.sandbox.bank.page import STYLE, BadForm, Shown, read_press, render, render_agreement, security_headers
from app.payments.sandbox.bank.till import press, state_of
from app.payments.sandbox.bank.words import choose_language
from app.payments.sandbox.codes import read_object
from app.payments.sandbox.signing import BadStamp, fresh_stamp, verify
from app.settings import Settings

_MOST_BYTES = 16 * 1024


def make_bank(settings: Settings) -> Starlette:
    """The bank of this installation; it remembers in `sandbox-bank.db` in the state directory.

    Raises ValueError without RELIGHT_SANDBOX_SECRET: it would believe everybody.
    """
    secret = settings.sandbox_secret.get_secret_value().encode()
    if not secret:
        raise ValueError("RELIGHT_SANDBOX_SECRET is empty")
    return bank_app(BankConfig(settings.state_dir / "sandbox-bank.db", secret, ZoneInfo(settings.timezone)))


@dataclass(frozen=True, slots=True)
class BankConfig:
    """`path`: the file that is the bank's memory. `zone`: whose hours the pay page tells."""

    path: Path
    secret: bytes = field(repr=False)
    zone: ZoneInfo
    now: Callable[[], datetime] = utc_now
    sleep: control.Sleep = asyncio.sleep


def bank_app(config: BankConfig) -> Starlette:
    """The bank; its lifespan delivers callbacks, also those of an earlier life."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with open_bank(config) as bank:
            app.state.bank = bank
            delivering = asyncio.create_task(bank.courier.run())
            yield
            delivering.cancel()
            await asyncio.wait([delivering])

    return Starlette(routes=ROUTES, lifespan=lifespan)


@dataclass(frozen=True, slots=True)
class Bank:
    """What the bank's routes work with."""

    book: Book
    courier: Courier
    config: BankConfig

    def now(self) -> datetime:
        """The bank's clock."""
        return self.config.now()


@asynccontextmanager
async def open_bank(config: BankConfig) -> AsyncIterator[Bank]:
    """Open the bank's memory and its way out."""
    book = Book(config.path)
    try:
        async with httpx2.AsyncClient(verify=create_default_context(), trust_env=False) as client:
            yield Bank(book, Courier(book, config.secret, client, config.now), config)
    finally:
        book.shut()


def _bank(request: Request) -> Bank:
    bank = request.app.state.bank
    if not isinstance(bank, Bank):
        raise TypeError("app.state.bank is not set")
    return bank


async def _body(request: Request) -> bytes | None:
    """The body, or None if it is too long or did not come whole."""
    body = b""
    try:
        async for part in request.stream():
            body += part
            if len(body) > _MOST_BYTES:
                return None
    except ClientDisconnect:
        return None
    return body


async def ask(request: Request) -> Response:
    """Answer a shop."""
    bank, body = _bank(request), await _body(request)
    if body is None:
        return Response(status_code=413)
    try:
        stamp = verify(bank.config.secret, request.headers, body, bank.now())
    except BadStamp as error:
        return Response(desk.encode({"refusal": error.code}), 401, media_type="application/json")
    if bank.book.switched("silent"):
        await bank.config.sleep(control.SILENT_S)
        return Response(status_code=503)
    status, words = _answer(bank, body)
    said = desk.encode(words)
    if status is None or await _troubled(bank):
        return Response(status_code=502)
    headers = fresh_stamp(bank.now(), stamp.nonce).headers(bank.config.secret, said)
    return Response(said, status, headers, media_type="application/json")


async def _troubled(bank: Bank) -> bool:
    """Wait if the bank is slow; say whether its answers are lost."""
    if bank.book.switched("slow"):
        await bank.config.sleep(control.SLOW_S)
    return bank.book.switched("loses_answers")


def _answer(bank: Bank, body: bytes) -> tuple[int | None, dict[str, object]]:
    """Status and words; no status: what was asked is done and nobody is told."""
    try:
        return 200, desk.answer(bank.book, read_object(body), bank.now())
    except desk.AnswerLost:
        return None, {}
    except desk.Refusal as error:
        return 422, {"refusal": error.word}
    except ValueError:
        return 400, {"refusal": "unreadable"}


async def show(request: Request) -> Response:
    """The pay page."""
    return _page(request, _find(request))


async def push(request: Request) -> Response:
    """A button of the pay page; the payer goes back to the shop."""
    bank, order, body = _bank(request), _find(request), await _body(request)
    if order is None or body is None:
        return _page(request, order)
    try:
        pressed = read_press(body)
    except BadForm:
        return _page(request, order, "bad_amount")
    if not press(bank.book, order, pressed, bank.now()):
        return _page(request, order)
    bank.courier.wake()
    return RedirectResponse(order.return_url, 303, security_headers(order))


def _find(request: Request) -> BankOrder | None:
    return _bank(request).book.order(request.path_params["ref"])


def _page(request: Request, order: BankOrder | None, problem: str = "") -> Response:
    bank = _bank(request)
    state = state_of(order, bank.book.events(order.ref), bank.now()) if order else None
    language = choose_language(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))
    status = (422 if problem else 200) if order else 404
    return HTMLResponse(
        render(Shown(order, state, language, bank.config.zone, problem)), status, security_headers(order)
    )


async def show_agreement(request: Request) -> Response:
    """The page on which a payer signs an agreement."""
    found = _bank(request).book.agreement(request.path_params["ref"])
    language = choose_language(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))
    return HTMLResponse(render_agreement(found, language), 200 if found else 404, security_headers(found))


async def sign_agreement(request: Request) -> Response:
    """A button of that page; the payer goes back to the shop."""
    bank, body = _bank(request), await _body(request)
    found = bank.book.agreement(request.path_params["ref"])
    if found is None or body is None:
        return await show_agreement(request)
    if body == b"act=sign":
        bank.book.sign_agreement(found.ref)
    return RedirectResponse(found.return_url, 303, security_headers(found))


async def show_switches(request: Request) -> Response:
    """Which faults are switched on. To strangers there is no such page."""
    bank = _bank(request)
    if not control.may_switch(request, bank.config.secret):
        return Response(status_code=404)
    return JSONResponse(control.state(bank.book))


async def change_switches(request: Request) -> Response:
    """Switch faults, and say how all stand."""
    bank, body = _bank(request), await _body(request)
    if not control.may_switch(request, bank.config.secret):
        return Response(status_code=404)
    try:
        control.change(bank.book, body or b"")
    except ValueError:
        return JSONResponse({"refusal": "unreadable"}, 422)
    return JSONResponse(control.state(bank.book))


async def style(_: Request) -> Response:
    """The style sheet."""
    return Response(STYLE, media_type="text/css", headers={"cache-control": "max-age=300"})


ROUTES = [
    Route("/api", ask, methods=["POST"]),
    Route("/pay/{ref}", show, methods=["GET"]),
    Route("/pay/{ref}", push, methods=["POST"]),
    Route("/agree/{ref}", show_agreement, methods=["GET"]),
    Route("/agree/{ref}", sign_agreement, methods=["POST"]),
    Route("/_control", show_switches, methods=["GET"]),
    Route("/_control", change_switches, methods=["POST"]),
    Route("/bank.css", style, methods=["GET"]),
]
