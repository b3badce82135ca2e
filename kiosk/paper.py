"""Printing slips: written down before the printer is tried; a slip that did not come out is kept."""

from kiosk.answers import Printed, PrintEnd
from kiosk.api import Platform
from kiosk.cache import Cache
from kiosk.clock import Clock
from kiosk.journal import Journal, Kind
from kiosk.printer import PaperOut, Printer, PrinterFault
from kiosk.shapes import Slip, Trouble
from kiosk.slip import Look, draw_slip


class PaperDesk:
    """Slips by purchase. `printer` None: this terminal has none."""

    def __init__(self, printer: Printer | None, platform: Platform, journal: Journal, cache: Cache) -> None:
        self.printer = printer
        self._platform, self._journal, self._cache = platform, journal, cache

    async def fetch(self, ref: str) -> Slip | Trouble:
        """The slip of a purchase or of a receipt's number: the one that waits for paper, else the platform's."""
        kept = next((each.slip for each in await self._cache.slips() if ref in (each.ref, each.slip.receipt)), None)
        if kept is not None:
            return kept
        by_receipt = "-" in ref and len(ref) == 17  # 20260302-ABCDEFGH
        return await (self._platform.slip_of_receipt(ref) if by_receipt else self._platform.slip(ref))

    async def print(self, ref: str, look: Look, clock: Clock) -> Printed | Trouble:
        """Print the slip of a purchase."""
        if self.printer is None:
            return Printed(ref, PrintEnd.NO_PRINTER)
        slip = await self.fetch(ref)
        if isinstance(slip, Trouble):
            return slip
        return Printed(ref, await self._print(self.printer, ref, slip, (look, clock)))

    async def _print(self, printer: Printer, ref: str, slip: Slip, how: tuple[Look, Clock]) -> PrintEnd:
        look, clock = how
        await self._cache.keep_slip(ref, slip, clock())
        act = await self._journal.begin(Kind.PRINTED, clock(), slip.meter)
        try:
            await printer.print(draw_slip(slip, look))
        except (PaperOut, PrinterFault) as failed:
            end = PrintEnd.PAPER_OUT if isinstance(failed, PaperOut) else PrintEnd.FAULT
            body = {"kind": Kind.PRINT_FAILED.value, "receipt": slip.receipt, "code": end.value}
            await self._journal.end(act, clock(), body)
            return end
        await self._journal.end(act, clock(), {"receipt": slip.receipt})
        await self._cache.drop_slip(ref)
        return PrintEnd.PRINTED
