"""A write as a meter reads it (C = 14), the broadcast time (C = 08), and what a meter does about what it believes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from headend_client.simulator.faults import Script
from headend_client.simulator.meter import Meter
from headend_client.simulator.settings import setting_of
from meters_io.bits import uint_from_bytes
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.refusals import RefusalCode
from meters_io.dlt645.values import moment_from_bytes
from meters_io.errors import RemoteError

SEALED, WITH_MAC = 0x98, 0x99
MAC_BYTES = 4
_HEAD = 12
_BELIEVED = timedelta(minutes=5)  # a broadcast that would move the clock further is nobody's


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """Who asks and for what. `body`: what follows the operator code, as it came."""

    di: int
    level: int
    secret: int
    body: bytes


def parse_write(request: Frame) -> WriteRequest:
    """Read a write. RemoteError for what is too short to be one."""
    data = request.data
    if len(data) <= _HEAD:
        raise RemoteError("a write has an item, a password, an operator and a value", code="bad_length", field="data")
    return WriteRequest(uint_from_bytes(data[:4]), data[4], uint_from_bytes(data[5:8]), data[_HEAD:])


def take_value(meter: Meter, di: int, value: bytes, now: datetime) -> RefusalCode | None:
    """Give a meter a new value for an item; return why it says no. RemoteError for a value of another form."""
    setting = setting_of(di, meter.spec.profile)
    if setting is None or setting.write is None or f"{di:08X}" in meter.spec.lacks:
        return RefusalCode.NO_DATA
    script = meter.behaviour.script
    if script is Script.IDLE and meter.has_its_way():
        return None
    refusal = setting.write(meter, value, now)
    return RefusalCode.OTHER if script is Script.SAYS_NO and meter.has_its_way() else refusal


def hear_time(meter: Meter, data: bytes, now: datetime) -> None:
    """Hear the time as it is broadcast: believed once a day, and only to mend a small error."""
    try:
        told = moment_from_bytes(data, meter.around.zone)
    except RemoteError:
        return
    shown = meter.clock(now)
    today = meter.local(now).date().isoformat()
    if told is None or abs(told - shown) > _BELIEVED or meter.state.clock_told_on == today:
        return
    meter.state.clock_told_on = today
    meter.set_clock(told.astimezone(UTC), now)
