"""The counter: everything the screens can ask for. Answers are frozen values with codes; screens make the sentences.

Each act is written to the journal before the network or the line is tried, so a cut in its middle loses and doubles
nothing; what could not be told is told later, once.
"""

import asyncio
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kiosk.answers import (
    Charged,
    Entered,
    MeterCard,
    Notices,
    Printed,
    Restored,
    Scan,
    Source,
    State,
    Works,
)
from kiosk.api import Platform, Wish
from kiosk.body import Body
from kiosk.cache import Cache, KeptSlip
from kiosk.clock import Clock
from kiosk.codes import TOKEN_DIGITS, CodeKind, route
from kiosk.desk import Desk
from kiosk.gate import Gate
from kiosk.journal import Journal, Kind
from kiosk.line import Line
from kiosk.paper import PaperDesk
from kiosk.paying import PayDesk
from kiosk.printer import Paper
from kiosk.scanner import Scanner
from kiosk.shapes import Begun, MeterView, Remote, Slip, Story, Trouble, Utility
from kiosk.shelf import Shelf
from kiosk.slip import Look

_SCANS_WAITING = 8
_SECRETS = (CodeKind.TOKEN, CodeKind.PAYER)


@dataclass(frozen=True, slots=True)
class Desks:
    """Where the work is done."""

    meters: Desk
    paying: PayDesk
    paper: PaperDesk
    gate: Gate


@dataclass(frozen=True, slots=True)
class Place:
    """What the counter stands on. `look`: how slips look; `our_hosts`: where codes may lead."""

    platform: Platform
    journal: Journal
    cache: Cache
    clock: Clock
    look: Look
    our_hosts: frozenset[str]
    state_dir: Path


class Counter:
    """One terminal's counter. All methods are safe to call again."""

    def __init__(
        self, place: Place, desks: Desks, body: Body, line: Line | None, scanner: Scanner | None = None
    ) -> None:
        self._place, self._desks, self._body, self._line = place, desks, body, line
        self.scanner = scanner
        self.shelf = Shelf(place.clock)
        self._scans: asyncio.Queue[Scan] = asyncio.Queue(_SCANS_WAITING)
        self._progress: dict[str, str] = {}

    @property
    def remote(self) -> Remote:
        """What staff set: language, display, idle times, speech."""
        return self._place.cache.remote

    @property
    def utility(self) -> Utility:
        """Whom to call."""
        kept = self._place.cache.kept
        return kept.utility if kept else Utility()

    @property
    def clock(self) -> Clock:
        """The time, as the platform has it where it was ever heard."""
        return self._place.clock

    async def look(self, number: str) -> MeterCard | Trouble:
        """A meter: as the platform knows it; else as it says itself on the line; else as it was kept, with its age."""
        if (shut := self._desks.gate.shut()) is not None:
            return shut
        code = route(number, self._place.our_hosts)
        if code.kind is not CodeKind.METER:
            return Trouble("account_number" if code.kind is CodeKind.ACCOUNT else "not_a_meter_number")
        view = await self._place.platform.meter(code.text)
        if isinstance(view, MeterView):
            return self._live(view)
        if not view.unreachable:
            return view
        return await self._off_line(code.text)

    async def read_now(self, number: str) -> MeterCard | Trouble:
        """Have the real meter asked: over our own line where it hangs on it, else by way of the platform."""
        if (shut := self._desks.gate.shut()) is not None:
            return shut
        if self._place.cache.meter(number) and (card := await self._desks.meters.look(number)) is not None:
            return card
        view = await self._place.platform.ask_meter(number)
        return self._live(view) if isinstance(view, MeterView) else view

    async def enter_token(self, digits: str, number: str, *, hand: bool = True) -> Entered | Trouble:
        """Carry a typed or scanned token (or a shelf handle of one) into a meter, then restore supply if `hand`.

        `hand`: whoever stands here has said "switch it on". Without it the relay stays as it is (`needs_hand`).
        """
        return await self.enter_tokens((self.shelf.take(digits, CodeKind.TOKEN) or digits,), number, hand=hand)

    async def enter_tokens(self, tokens: Sequence[str], number: str, *, hand: bool = True) -> Entered | Trouble:
        """The same for several that belong together, in their order: key changes go first."""
        if (shut := self._desks.gate.shut()) is not None:
            return shut
        clean = tuple("".join(token.replace("-", " ").split()) for token in tokens)
        if not clean or not all(len(each) == TOKEN_DIGITS and each.isascii() and each.isdecimal() for each in clean):
            return Trouble("not_a_token")
        code = route(number, self._place.our_hosts)
        if code.kind is not CodeKind.METER:
            return Trouble("not_a_meter_number")
        done = await self._desks.meters.enter(code.text, clean, hand=hand)
        if isinstance(done, Entered) and done.inside:
            self._progress.pop(code.text, None)
        return done

    async def deliver(self, number: str, *, hand: bool = True) -> Entered | Trouble:
        """Carry in what was issued for this meter and has not arrived: nobody types anything."""
        waiting = self._place.cache.undelivered(number)
        if not waiting:
            return Trouble("nothing_waits")
        return await self.enter_tokens([each.digits for each in waiting], number, hand=hand)

    async def restore(self, number: str) -> Restored | Trouble:
        """Close the relay: whoever stands here is the confirming hand."""
        return self._desks.gate.shut() or await self._desks.meters.restore(number, hand=True)

    async def pay_qr(self, number: str, wish: Wish) -> Begun | Trouble:
        """Begin a payment whose code is shown on the screen."""
        return self._desks.gate.shut() or await self._desks.paying.qr(number, wish)

    async def pay_code(self, number: str, wish: Wish, code: str) -> Charged | Trouble:
        """Charge a payer's code, or the handle of one. After `unknown` call again with the same wish and digits."""
        digits = self.shelf.take(code, CodeKind.PAYER) or code
        return self._desks.gate.shut() or await self._desks.paying.charge(number, wish, digits)

    async def story(self, ref: str) -> Story | Trouble:
        """Where a payment is."""
        return self._desks.gate.shut() or await self._desks.paying.story(ref)

    async def leave_payment(self, ref: str) -> None:
        """Cancelled, or nobody is here any more: close the order if it is unpaid, now or later."""
        await self._desks.paying.abandon(ref)

    async def print_slip(self, ref: str, *, again: bool = False) -> Printed | Trouble:
        """Print the slip of a purchase or receipt. `again`: marked as a copy."""
        if (shut := self._desks.gate.shut()) is not None:
            return shut
        look = replace(self._place.look, language=self.remote.language, again=again)
        return await self._desks.paper.print(ref, look, self._place.clock)

    async def find_slip(self, ref: str) -> Slip | Trouble:
        """What a slip says, by purchase or receipt number."""
        return self._desks.gate.shut() or await self._desks.paper.fetch(ref)

    async def kept_slips(self) -> list[KeptSlip]:
        """Slips that wait for paper."""
        return await self._place.cache.slips()

    async def say_still_out(self, number: str) -> None:
        """Somebody at a meter says that the restoration has not reached it: a fact, told as soon as there is a way."""
        await self._place.journal.note(Kind.STILL_OUT, self._place.clock(), number)

    def notices(self) -> Notices:
        """The board, also without the platform."""
        kept = self._place.cache.kept
        return Notices(self._place.cache.announcements, kept.server_time if kept else None)

    async def works(self) -> Works:
        """What is possible at this moment."""
        state = self._desks.gate.state
        is_open = state is State.OPEN
        queue, _ = await self._place.journal.queue()
        return Works(
            state=state,
            paying=is_open and self._place.platform.reachable,
            tokens=is_open and self._desks.meters.has_line,
            printing=is_open and self._can_print(),
            queue=queue,
        )

    async def health(self) -> dict[str, str | int]:
        """What the beat tells."""
        queue, last = await self._place.journal.queue()
        printer = self._desks.paper.printer
        traffic = self._line.traffic if self._line else None
        return {
            "paper": (printer.paper if printer else Paper.NONE).value,
            "printer": "none" if printer is None else "fault" if printer.faulty else "ok",
            "scanner": "none" if self.scanner is None else "ok" if self.scanner.working else "fault",
            "door": self._body.door,
            "unit": self._body.unit,
            "line_errors": traffic.errors if traffic else 0,
            "line_exchanges": traffic.exchanges if traffic else 0,
            "disk_free_mb": shutil.disk_usage(self._place.state_dir).free // 2**20,
            "queue": queue,
            "offset_s": round(self._place.clock.offset.total_seconds()),
            "last_entry": last,
        }

    async def look_at_printer(self) -> None:
        """See whether there is paper again, before somebody wants a slip."""
        if self._desks.paper.printer is not None:
            await self._desks.paper.printer.look()

    async def scan(self, text: str) -> Scan:
        """Say what was scanned. Tokens and payers' codes go on the shelf; a badge is written down and opens nothing."""
        code = route(text, self._place.our_hosts)
        if code.kind is CodeKind.BADGE:
            await self._place.journal.note(Kind.STAFF_BADGE, self._place.clock(), body={"badge": code.text})
        if code.kind in _SECRETS:
            return Scan(code.kind, handle=self.shelf.put(code))
        shown = code.kind in (CodeKind.METER, CodeKind.ACCOUNT, CodeKind.RECEIPT, CodeKind.PURCHASE)
        return Scan(code.kind, code.text if shown else "")

    async def scanned(self, text: str) -> None:
        """Take what the serial scanner read; the oldest is dropped where no screen fetches."""
        if self._scans.full():
            self._scans.get_nowait()
        self._scans.put_nowait(await self.scan(text))

    async def next_scan(self) -> Scan:
        """Wait for the serial scanner."""
        return await self._scans.get()

    def keep_progress(self, number: str, digits: str) -> None:
        """Keep how far somebody has typed a token for a meter, so that a wrong key costs a block and not the code."""
        self._progress[number] = digits[:TOKEN_DIGITS]

    def progress(self, number: str) -> str:
        """What was typed so far."""
        return self._progress.get(number, "")

    def wipe(self) -> None:
        """Whoever stood here has left: forget what they scanned and typed."""
        self.shelf.wipe()
        self._progress.clear()
        while not self._scans.empty():
            self._scans.get_nowait()

    def _can_print(self) -> bool:
        printer = self._desks.paper.printer
        return printer is not None and self.remote.printer and not printer.faulty and printer.paper is not Paper.OUT

    def _live(self, view: MeterView) -> MeterCard:
        kept = self._place.cache.meter(view.number)
        return MeterCard(
            number=view.number,
            source=Source.LIVE,
            takes_tokens=view.takes_tokens,
            as_of=view.read_at,
            balance_minor=view.balance_minor,
            supply=view.supply,
            arrears_minor=view.arrears_minor,
            reclose_limit_minor=kept.reclose_limit_minor if kept else 0,
            on_line=self._desks.meters.has_line and kept is not None,
            waiting=len(self._place.cache.undelivered(view.number)),
            may_pay=bool(view.ways) and not view.not_for_sale,
            view=view,
            inbox=view.inbox,
        )

    async def _off_line(self, number: str) -> MeterCard | Trouble:
        card = await self._desks.meters.look(number)
        if card is not None:
            return card
        if self._place.cache.meter(number) is None:
            return Trouble("not_known_off_line")
        return self._desks.meters.card(number, Source.KEPT)


def new_form_token() -> str:
    """What makes one wish of however many clicks."""
    return secrets.token_urlsafe(18)
