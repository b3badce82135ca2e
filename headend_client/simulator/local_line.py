"""The meters' own RS-485 line behind a serial server: a TCP port of loopback that speaks bare DL/T 645.

A terminal beside the meters is the master. It reaches the same meters, with the same memories, that the concentrator
forwards to. What a bad line does to frames is switched on with a `Disturbance`.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from headend_client.simulator.answers import Answer, Fate
from headend_client.simulator.errors import WorldError
from headend_client.simulator.ports import Heard, Port
from headend_client.simulator.timing import Timing
from headend_client.simulator.words import name_of
from meters_io.dlt645.frame import Frame, encode
from meters_io.dlt645.reader import Reader

LOOPBACK = "127.0.0.1"
_CHUNK = 4096
_CRACKLE = b"\x00\x68\xff\x13\x68"  # looks like the beginning of a frame, twice

log = logging.getLogger(__name__)


class LineFault(StrEnum):
    """What the line does to frames.

    `CUT`        nothing gets through, either way
    `NOISE`      crackles between frames; the first `times` answers have a bit turned over
    `SLOW`       every answer comes `seconds` late
    `DUPLICATE`  every answer comes twice
    `ECHO`       the master hears itself before the answer, as on two wires without echo suppression
    """

    NONE = "none"
    CUT = "cut"
    NOISE = "noise"
    SLOW = "slow"
    DUPLICATE = "duplicate"
    ECHO = "echo"


@dataclass(frozen=True, slots=True)
class Disturbance:
    """A fault and its figures. `times`: how many answers are spoilt (`NOISE`); `seconds`: how late (`SLOW`)."""

    fault: LineFault = LineFault.NONE
    times: int = 1
    seconds: float = 1.0

    def __post_init__(self) -> None:
        if self.times < 0 or self.seconds < 0:
            raise WorldError("line", "this cannot be negative")


class LocalLine:
    """The line of one concentrator's meters. `disturbance`: how it is; `carried`: set once a frame has reached them."""

    def __init__(self, ports: Iterable[Port], timing: Timing) -> None:
        self._ports = list(ports)
        self._timing = timing
        self.disturbance = Disturbance()
        self._spoilt = 0
        self._busy = asyncio.Lock()
        self.carried = asyncio.Event()

    def disturb(self, disturbance: Disturbance) -> None:
        """Let the line be bad in this way from now on."""
        self.disturbance, self._spoilt = disturbance, 0

    async def listen(self, port: int) -> asyncio.Server:
        """Be there for masters on a port of loopback; 0 is any free one."""
        return await asyncio.start_server(self._serve, LOOPBACK, port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frames = Reader()
        try:
            while chunk := await reader.read(_CHUNK):
                for frame in frames.feed(chunk):
                    async with self._busy:
                        await self._carry(frame, writer)
        except (OSError, asyncio.CancelledError):
            return  # gone, or we are stopping
        finally:
            writer.close()

    async def _carry(self, request: Frame, writer: asyncio.StreamWriter) -> None:
        fault = self.disturbance.fault
        if fault is LineFault.CUT:
            return
        if fault is LineFault.ECHO:
            writer.write(encode(request))
        answer = self._ask(request)
        self.carried.set()
        wait_s = answer.seconds + (self.disturbance.seconds if fault is LineFault.SLOW else 0.0)
        if wait_s > 0:
            await self._timing.sleep(wait_s)
        for piece in self._pieces(answer):
            writer.write(piece)
        await writer.drain()

    def _ask(self, request: Frame) -> Answer:
        """Let every meter hear the request; the first that answers is heard."""
        heard = Heard(Answer(Fate.SILENT), None)
        for port in self._ports:
            heard = port.send(encode(request), self._timing.now())
            if heard.answer.fate is not Fate.SILENT:
                break
        log.info("local line to %s: %s, %s", request.address, name_of(request), heard.answer.fate.value)
        return heard.answer

    def _pieces(self, answer: Answer) -> Sequence[bytes]:
        if answer.frame is None:
            return ()
        raw = encode(answer.frame)
        if answer.fate is Fate.CUT:
            return (raw[: len(raw) // 2],)
        match self.disturbance.fault:
            case LineFault.NOISE:
                return (_CRACKLE, self._spoil(raw), _CRACKLE)
            case LineFault.DUPLICATE:
                return (raw, raw)
        return (raw,)

    def _spoil(self, raw: bytes) -> bytes:
        if self._spoilt >= self.disturbance.times:
            return raw
        self._spoilt += 1
        return raw[:-3] + bytes((raw[-3] ^ 0x08,)) + raw[-2:]
