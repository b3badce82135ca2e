"""Kiosk: from the last digit of a token to the relay order on the meters' line, with the backhaul cut.

Run it with `python -m benchmarks.bench_kiosk`. A real terminal (journal on disk, line over TCP serial) and real
simulated meters in one process. Software time is what passes less what the line and the meter take: between a request
being handed over and the answer's last byte, whatever passes is counted as line time.
"""

import asyncio
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.table import Line, percentile
from headend_client.simulator.simulation import Simulation
from headend_client.simulator.world import (
    ConcentratorSpec,
    FirstState,
    FrontEndAddress,
    MeterSpec,
    Profile,
    Reclose,
    VendingKeySpec,
    World,
    sts_keys,
)
from kiosk import identity
from kiosk.answers import Entered
from kiosk.assembly import Terminal, open_terminal
from kiosk.line import Exchange
from kiosk.settings import KioskSettings
from kiosk.shapes import BoxMeter, Enrolled, Kept, LineKey
from meters_io.dlt645.names import Control
from meters_io.sts.pan import luhn_digit
from meters_io.sts.tid import BaseDate, tid_at
from meters_io.sts.transfer import Credit, encode_credit

METERS = 60
_NAME = "3201-1"
_RELAY = "02123456"  # PA P0 P1 P2 of simulated meters
_E5_PER_YUAN = 100_000


class Watch:
    """When the first relay order went out, and how long the line was in use before. Loop times, seconds."""

    def __init__(self) -> None:
        self.line_s = 0.0
        self.relay_at = 0.0

    def note(self, exchange: Exchange) -> None:
        """Take an exchange into account."""
        if self.relay_at:
            return
        if exchange.request.control == Control.RELAY:
            self.relay_at = exchange.sent_at
        else:
            self.line_s += exchange.ended_at - exchange.sent_at


def measure() -> Sequence[float]:
    """Software time of each of sixty tokens, ms, in ascending order."""
    with tempfile.TemporaryDirectory() as folder:
        return sorted(asyncio.run(_measure(Path(folder))))


def lines() -> list[Line]:
    """The figures for the table."""
    figures = measure()
    return [
        Line("kiosk, last digit to relay order, backhaul cut, p50", percentile(figures, 0.5), "ms"),
        Line("  the same, p99", percentile(figures, 0.99), "ms", target=150),
    ]


async def _measure(folder: Path) -> list[float]:
    meters = tuple(_meter(place) for place in range(METERS))
    spec = ConcentratorSpec(region="3201", terminal=1, meters=meters, line_port=0, retry_s=600)
    world = World(front_ends=(FrontEndAddress("127.0.0.1", 1),), concentrators=(spec,))
    async with Simulation(world, folder / "meters") as simulation:
        line = f"socket://127.0.0.1:{simulation.line_ports[_NAME]}"
        settings = KioskSettings(platform_url="http://127.0.0.1:1", state_dir=folder / "kiosk", line=line)
        now = datetime.now(UTC)
        key = LineKey(_RELAY)
        identity.save(settings.state_dir, Enrolled("bench", "bench", now, line=key), identity.make_key())
        async with open_terminal(settings) as terminal:
            await terminal.cache.put(Kept(now, tuple(_kept(meter) for meter in meters)), "")
            return [await _lit(terminal, meter) for meter in meters]


async def _lit(terminal: Terminal, meter: MeterSpec) -> float:
    """Light one house; milliseconds of software until the relay order's bytes are handed over."""
    watch, digits = Watch(), _token(meter)
    if terminal.line is None:
        raise AssertionError("there is a line")
    terminal.line.on_exchange = watch.note
    begun = asyncio.get_running_loop().time()
    done = await terminal.counter.enter_token(digits, meter.number)
    if not isinstance(done, Entered) or done.restored is None or not done.restored.lit:
        raise AssertionError(f"not lit: {done}")
    return (watch.relay_at - begun - watch.line_s) * 1000


def _meter(place: int) -> MeterSpec:
    number = _number(place)
    return MeterSpec(
        address=number.zfill(12),
        number=number,
        profile=Profile.STS,
        first=FirstState(relay_open=True),
        reclose=Reclose.WAIT,
        sts=sts_keys(VendingKeySpec(secret=bytes(range(20)), sgc="123456"), number, 1),
        relay_password_hex=_RELAY,
    )


def _number(place: int) -> str:
    body = f"070000{place:04d}"
    return f"{body}{luhn_digit(body)}"


def _kept(meter: MeterSpec) -> BoxMeter:
    return BoxMeter(meter.number, meter.address, "sts", "daily", "off", "local")


def _token(meter: MeterSpec) -> str:
    """Twenty digits worth fifty."""
    if meter.sts is None:
        raise AssertionError("an STS meter has keys")
    minute = tid_at(datetime.now(UTC), BaseDate.Y2014)
    key = bytes.fromhex(meter.sts.decoder_key_hex)
    return encode_credit(key, Credit.ELECTRICITY_CURRENCY, 50 * _E5_PER_YUAN, minute, 0)


if __name__ == "__main__":
    figures = measure()
    for share in (0.5, 0.99, 1.0):
        print(f"p{share * 100:g} {percentile(figures, share):8.1f} ms")
