"""The platform as the terminal sees it: one method a question, and `Trouble` for every way a question may fail.

Nothing here repeats what may have been heard. A refused signature is repeated, because it was surely not let in: with
the platform's time if ours was wrong, with a higher number if another request of ours came in first.
"""

import asyncio
import json
import logging
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TypeVar

import httpx2

from kiosk.clock import Clock
from kiosk.errors import BadAnswer
from kiosk.identity import Identity, ToSign, sign
from kiosk.journal import Entry, Journal
from kiosk.plain import Json, read, to_json
from kiosk.shapes import Beaten, Begun, Board, Braked, Enrolled, Kept, MeterView, Slip, Story, Trouble

BASE = "/api/kiosk/v1"
ANSWER_S = 8.0
CONNECT_S = 3.0
HURRIED_S = 2.0  # how long a resident waits for a platform that was away just now, before the line is asked
POLL_S = 25
_STEPS = (1, 1, 100, 10_000)  # a journal put back from an older copy finds its way past the numbers used since

T = TypeVar("T")
Body = Mapping[str, Json]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Unchanged:
    """What we have is what there is."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """What is kept, and the mark by which to ask whether it has changed."""

    kept: Kept
    tag: str


@dataclass(frozen=True, slots=True)
class Posted:
    """The board as it is now, and its mark."""

    board: Board
    tag: str


@dataclass(frozen=True, slots=True)
class Wish:
    """A payment that is wanted. `form_token`: the same for each repeat of one wish, so that it begins one payment."""

    amount_minor: int
    form_token: str
    provider: str = ""
    anyway: bool = False


class Platform:
    """The client. `on_bar` hears `revoked` and `locked`, whatever the question was."""

    def __init__(
        self,
        who: Identity,
        journal: Journal,
        clock: Clock,
        client: httpx2.AsyncClient,
        on_bar: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._who, self._journal, self._clock, self._client = who, journal, clock, client
        self.on_bar = on_bar
        self.reachable = False

    async def beat(self, version: str, health: Body) -> Beaten | Trouble:
        """Say how we are; hear how we should be."""
        body: Body = {"version": version, "clock": self._clock().isoformat(), "health": dict(health)}
        return await self._ask(Beaten, "POST", "/beat", body)

    async def tell(self, entries: Sequence[Entry]) -> int | Trouble:
        """Tell facts; return up to which number they are known there now."""
        told: list[Json] = [_told(entry) for entry in entries]
        answer = await self._send(ToSign("POST", f"{BASE}/events", _bytes({"entries": told})))
        if isinstance(answer, Trouble):
            return answer
        number = _object(answer).get("accepted_to")
        return number if type(number) is int else Trouble("bad_answer")

    async def fetch(self, tag: str) -> Tagged | Unchanged | Trouble:
        """Fetch what is kept for off-line times, if it is not what `tag` marks."""
        answer = await self._send(ToSign("GET", f"{BASE}/cache"), headers={"if-none-match": tag} if tag else {})
        if isinstance(answer, Trouble):
            return answer
        if answer.status_code == HTTPStatus.NOT_MODIFIED:
            return Unchanged()
        kept = _read(Kept, answer)
        return kept if isinstance(kept, Trouble) else Tagged(kept, answer.headers.get("etag", ""))

    async def watch(self, tag: str) -> Posted | Trouble:
        """Wait until the announcements are others than those of `tag`, 25 seconds at most."""
        query = f"?since={tag}&wait={POLL_S}"
        answer = await self._send(ToSign("GET", f"{BASE}/announcements"), query=query, within_s=POLL_S + ANSWER_S)
        if isinstance(answer, Trouble):
            return answer
        board = _read(Board, answer)
        return board if isinstance(board, Trouble) else Posted(board, answer.headers.get("etag", ""))

    async def meter(self, number: str) -> MeterView | Trouble:
        """What a guest may know of a meter."""
        request = ToSign("GET", f"{BASE}/meters/{number}")
        answer = await self._send(request, within_s=ANSWER_S if self.reachable else HURRIED_S)
        return answer if isinstance(answer, Trouble) else _read(MeterView, answer)

    async def ask_meter(self, number: str) -> MeterView | Trouble:
        """The same, and have the real meter asked by way of its concentrator."""
        return await self._ask(MeterView, "POST", f"/meters/{number}/read", {})

    async def begin_qr(self, number: str, wish: Wish) -> Begun | Trouble:
        """Begin a payment whose code is shown on the screen."""
        return await self._ask(Begun, "POST", f"/meters/{number}/payments", {**_wish(wish), "way": "qr"})

    async def charge(self, number: str, wish: Wish, payer_code: str) -> Begun | Trouble:
        """Charge whoever's code was scanned. After `unreachable` the money may have been taken."""
        body: Body = {**_wish(wish), "way": "barcode", "payer_code": payer_code}
        return await self._ask(Begun, "POST", f"/meters/{number}/payments", body)

    async def story(self, ref: str) -> Story | Trouble:
        """Where a payment is."""
        return await self._ask(Story, "GET", f"/payments/{ref}")

    async def close_payment(self, ref: str) -> Trouble | None:
        """Stop an order that nobody has paid; None when it is done."""
        answer = await self._send(ToSign("POST", f"{BASE}/payments/{ref}/close", _bytes({})))
        return answer if isinstance(answer, Trouble) else None

    async def slip(self, purchase: str) -> Slip | Trouble:
        """What is printed for a purchase."""
        return await self._ask(Slip, "GET", f"/slips/{purchase}")

    async def slip_of_receipt(self, number: str) -> Slip | Trouble:
        """The same, by the number printed on a receipt."""
        return await self._ask(Slip, "GET", f"/slips/by-receipt/{number}")

    async def _ask(self, kind: type[T], method: str, path: str, body: Body | None = None) -> T | Trouble:
        answer = await self._send(ToSign(method, BASE + path, b"" if body is None else _bytes(body)))
        return answer if isinstance(answer, Trouble) else _read(kind, answer)

    async def _send(
        self, request: ToSign, *, query: str = "", headers: Mapping[str, str] | None = None, within_s: float = ANSWER_S
    ) -> httpx2.Response | Trouble:
        trouble = Trouble("replayed")
        for step in _STEPS:
            token = sign(self._who, request, await self._journal.next_sequence(step), self._clock())
            named = {"authorization": f"Bearer {token}", "content-type": "application/json", **(headers or {})}
            answer = await self._exchange(request, query, named, within_s)
            if isinstance(answer, Trouble) or answer.status_code < 400:
                return answer
            trouble = _trouble(answer)
            if trouble.code == "too_old":
                self._put_clock_right(answer)
            elif trouble.code != "replayed":
                break
        if trouble.code in ("revoked", "locked"):
            self.on_bar(trouble.code)
        return trouble

    async def _exchange(
        self, request: ToSign, query: str, headers: Mapping[str, str], within_s: float
    ) -> httpx2.Response | Trouble:
        try:
            async with asyncio.timeout(within_s):
                answer = await self._client.request(
                    request.method, request.path + query, content=request.body, headers=dict(headers)
                )
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, TimeoutError) as failed:
            log.info("platform not reached: %s %s: %s", request.method, request.path, type(failed).__name__)
            self.reachable = False
            return Trouble("unreachable")
        # A proxy that answers for a platform that is away is no platform.
        self.reachable = answer.status_code not in (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT)
        return answer if self.reachable else Trouble("unreachable")

    def _put_clock_right(self, answer: httpx2.Response) -> None:
        told = _object(answer).get("server_time")
        try:
            self._clock.put_right(datetime.fromisoformat(str(told)))
        except (ValueError, TypeError):
            log.warning("the platform says our clock is wrong and does not say how it should be")


async def enrol(client: httpx2.AsyncClient, code: str, public_key: str, version: str) -> Enrolled | Trouble:
    """Use up an enrolment code; the one question that bears no signature."""
    body = {"code": code, "public_key": public_key, "version": version}
    try:
        async with asyncio.timeout(ANSWER_S):
            answer = await client.post(f"{BASE}/enrol", content=_bytes(body))
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, TimeoutError):
        return Trouble("unreachable")
    return _trouble(answer) if answer.status_code >= 400 else _read(Enrolled, answer)


def open_client(platform_url: str) -> httpx2.AsyncClient:
    """The HTTP client of a process. Proxies of the environment are not for a metering box; whom it trusts is."""
    limits, tls = httpx2.Timeout(POLL_S + ANSWER_S, connect=CONNECT_S), ssl.create_default_context()
    return httpx2.AsyncClient(
        base_url=platform_url, timeout=limits, follow_redirects=False, trust_env=False, verify=tls
    )


def _told(entry: Entry) -> Json:
    return {
        "entry": entry.number,
        "kind": entry.kind,
        "meter": entry.meter,
        "happened_at": entry.happened_at,
        "body": dict(entry.body),
    }


def _wish(wish: Wish) -> dict[str, Json]:
    return {
        "amount_minor": wish.amount_minor,
        "form_token": wish.form_token,
        "provider": wish.provider,
        "anyway": wish.anyway,
    }


def _bytes(body: Body | Mapping[str, str]) -> bytes:
    return json.dumps(to_json(dict(body)), ensure_ascii=False).encode()


def _read(kind: type[T], answer: httpx2.Response) -> T | Trouble:
    try:
        return read(kind, answer.json())
    except (ValueError, BadAnswer) as wrong:
        log.warning("the platform's answer cannot be read: %s", wrong if isinstance(wrong, BadAnswer) else "no JSON")
        return Trouble("bad_answer")


def _object(answer: httpx2.Response) -> Mapping[str, object]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _trouble(answer: httpx2.Response) -> Trouble:
    said = _object(answer)
    code = said.get("code")
    if not isinstance(code, str):
        return Trouble("failed" if answer.status_code >= 500 else "bad_answer")
    try:
        return Trouble(code, read(Braked, dict(said)).under_way)
    except BadAnswer:
        return Trouble(code)
