"""A scanner on a serial port: lines in, texts out. What it reads may be money, so nothing of it is logged."""

import asyncio
import logging
from collections.abc import Callable

import serial_asyncio_fast

from kiosk.codes import LONGEST

REOPEN_S = 5.0
OPEN_S = 3.0
log = logging.getLogger(__name__)


class LineReader:
    """Bytes into lines. A line without an end is given up when it is too long; STX and the like are dropped."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> list[str]:
        """Take in bytes, cut anywhere; return the lines that are now whole and not empty."""
        *whole, self._rest = (self._rest + chunk).replace(b"\n", b"\r").split(b"\r")
        if len(self._rest) > 4 * LONGEST:
            self._rest = b""
        texts = (line.decode("utf-8", "ignore") for line in whole if len(line) <= 4 * LONGEST)
        shown = ("".join(c for c in text if c.isprintable()).strip() for text in texts)
        return [text for text in shown if text]


class Scanner:
    """Keeps the port open for ever and hands each text to `found`. `working` is what the beat tells."""

    def __init__(self, device: str, baud: int, found: Callable[[str], None]) -> None:
        self._device, self._baud, self._found = device, baud, found
        self.working = False

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            try:
                await self._read()
            except (OSError, ValueError, TimeoutError) as failed:
                log.warning("the scanner is not there: %s", type(failed).__name__)
            self.working = False
            await asyncio.sleep(REOPEN_S)

    async def _read(self) -> None:
        async with asyncio.timeout(OPEN_S):
            reader, writer = await serial_asyncio_fast.open_serial_connection(url=self._device, baudrate=self._baud)
        self.working = True
        lines = LineReader()
        try:
            while chunk := await reader.read(LONGEST):
                for text in lines.feed(chunk):
                    self._found(text)
        finally:
            writer.close()
