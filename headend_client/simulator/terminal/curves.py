"""Curves of master meters as their terminal keeps them (0D F81 and up): drawn by a rule, for any day."""

from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from math import pi, sin

from headend_client.simulator.group_spec import MasterSpec
from meters_io.gdw1376.moments import moment_from_digits
from meters_io.layout import Plain

CURVES = frozenset({81, 89, 90, 91, 92, 93, 94, 101})
_MINUTES = {1: 15, 2: 30, 3: 60}
_BEGAN = datetime(2020, 1, 1)  # noqa: DTZ001  (local time of the registers; only differences count)
_VOLTS = Decimal("230.0")


def curve(master: MasterSpec, function: int, label: dict[str, Plain], now: datetime, zone: tzinfo) -> Plain:
    """Answer for one curve; what has not happened yet is not there. None: nobody asks so."""
    start = moment_from_digits(label.get("start"), zone, "start")
    minutes, points = _MINUTES.get(_number(label.get("density"))), _number(label.get("points"))
    if start is None or minutes is None:
        return None
    moments = [start + timedelta(minutes=minutes * place) for place in range(points)]
    values: list[Plain] = [_value(master, function, at.astimezone(zone)) if at <= now else None for at in moments]
    return {**label, "values": values}


def _value(master: MasterSpec, function: int, at: datetime) -> Decimal:
    load_kw = Decimal(round(master.load_w * (1 + 0.5 * sin((at.hour * 60 + at.minute) * pi / 720)))) / 1000
    match function:
        case 81:
            return load_kw.quantize(Decimal("0.0001"))
        case 89 | 90 | 91:
            return _VOLTS
        case 92 | 93 | 94:
            return (load_kw * 1000 / 3 / _VOLTS).quantize(Decimal("0.001"))
    hours = Decimal((at.replace(tzinfo=None) - _BEGAN).total_seconds()) / 3600
    return (hours * master.load_w / 1000 % 1_000_000).quantize(Decimal("0.01"))


def _number(value: Plain) -> int:
    return value if isinstance(value, int) else 0
