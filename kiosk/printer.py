"""The slip printer: python-escpos behind one class, in a thread of its own because its calls block.

Paper is asked for before and after: a printer that runs out in the middle has not printed the slip.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import Protocol

from escpos.exceptions import Error as EscposError
from escpos.printer import Dummy, Network, Serial, Usb
from PIL import Image

from kiosk.settings import KioskSettings, PrinterKind

PRINT_S = 20.0
_NETWORK_PORT = 9100


class Paper(StrEnum):
    """What the beat tells of the paper."""

    OK = "ok"
    LOW = "low"
    OUT = "out"
    NONE = "none"


class Device(Protocol):
    """What is used of an escpos printer. `paper_status`: 2 enough, 1 ending, 0 none."""

    def image(self, img_source: Image.Image) -> None: ...
    def cut(self) -> None: ...
    def paper_status(self) -> int: ...
    def close(self) -> None: ...


class PaperOut(Exception):
    """There is no paper, or it ended while printing."""


class PrinterFault(Exception):
    """The printer does not answer or cannot be opened."""


class Printer:
    """Opens the device for each slip, so that one that was unplugged works again."""

    def __init__(self, open_device: Callable[[], Device]) -> None:
        self._open = open_device
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="printer")
        self.paper = Paper.OK
        self.faulty = False

    async def print(self, picture: Image.Image) -> None:
        """Print a picture and cut. PaperOut, PrinterFault."""
        try:
            async with asyncio.timeout(PRINT_S):
                await asyncio.wrap_future(self._thread.submit(self._print, picture))
        except PaperOut:
            self.faulty = False
            raise
        except (EscposError, OSError, ValueError, TimeoutError) as failed:
            self.faulty = True
            raise PrinterFault(type(failed).__name__) from failed
        self.faulty = False

    async def look(self) -> None:
        """Look at the paper, for the beat."""
        try:
            async with asyncio.timeout(PRINT_S):
                await asyncio.wrap_future(self._thread.submit(self._look))
            self.faulty = False
        except (EscposError, OSError, ValueError, TimeoutError):
            self.faulty = True

    def close(self) -> None:
        """Let go of the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _print(self, picture: Image.Image) -> None:
        device = self._open()
        try:
            self._check_paper(device)
            device.image(picture)
            device.cut()
            self._check_paper(device)
        finally:
            device.close()

    def _look(self) -> None:
        device = self._open()
        try:
            self.paper = _paper(device.paper_status())
        finally:
            device.close()

    def _check_paper(self, device: Device) -> None:
        self.paper = _paper(device.paper_status())
        if self.paper is Paper.OUT:
            raise PaperOut


def open_printer(settings: KioskSettings) -> Printer | None:
    """The printer that the settings name; None for none."""
    address = settings.printer_address
    match settings.printer:
        case PrinterKind.NONE:
            return None
        case PrinterKind.USB:
            vendor, _, product = address.partition(":")
            return Printer(lambda: Usb(int(vendor, 16), int(product, 16), timeout=5_000))
        case PrinterKind.SERIAL:
            return Printer(lambda: Serial(devfile=address, timeout=5))
        case PrinterKind.NETWORK:
            host, _, port = address.partition(":")
            return Printer(lambda: Network(host, port=int(port or _NETWORK_PORT), timeout=5))
        case PrinterKind.DUMMY:
            return Printer(MemoryPrinter)


class MemoryPrinter:
    """A printer that is not there: the bytes it was given are in `output`. `paper`: what it says of its paper."""

    def __init__(self) -> None:
        self._device = Dummy()
        self.paper = 2

    @property
    def output(self) -> bytes:
        """What a real printer would have been sent."""
        raw: bytes = self._device.output
        return raw

    def image(self, img_source: Image.Image) -> None:
        """As escpos does."""
        self._device.image(img_source)

    def cut(self) -> None:
        """As escpos does."""
        self._device.cut()

    def paper_status(self) -> int:
        """Whatever the test says."""
        return self.paper

    def close(self) -> None:
        """There is nothing to let go of."""


def _paper(status: int) -> Paper:
    return {2: Paper.OK, 1: Paper.LOW}.get(status, Paper.OUT)
