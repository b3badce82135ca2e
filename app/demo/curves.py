"""Three days of curves of the demo's master meter, by the rule by which the simulated one draws them."""

from datetime import date, datetime, time, timedelta
from math import pi, sin
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.demo.told.home import write
from app.domain.curve import Quantity, points_a_day
from app.models import Curve

MINUTES = 30
_DAYS = 3
_BEGAN = date(2020, 1, 1)
_VOLTS_DV = 2_300
_PHASES, _HOURS = 3, 24
_MOST_WH = 1_000_000_000  # the register begins again


async def draw(db: AsyncSession, master_id: UUID, load_w: int, here: datetime) -> None:
    """Write the days before yesterday: yesterday is fetched by the programs. `here`: local time."""
    days = [here.date() - timedelta(days=back) for back in range(2, 2 + _DAYS)]
    rows = [
        Curve(master_id=master_id, quantity=each, day=day, minutes=MINUTES, values=_values(each, day, load_w))
        for day in days
        for each in Quantity
    ]
    for row in rows:
        row.read_at = datetime.combine(row.day + timedelta(days=1), time(0, 21), here.tzinfo)
    await write(db, Curve, rows)


def _values(quantity: Quantity, day: date, load_w: int) -> list[int | None]:
    """A point each half hour: more in the morning than at night."""
    minutes = [MINUTES * place for place in range(points_a_day(MINUTES))]
    power = [round(load_w * (1 + 0.5 * sin(at * pi / 720))) for at in minutes]
    if quantity is Quantity.POWER_W:
        return list(power)
    if quantity.endswith("_dv"):
        return [_VOLTS_DV] * len(minutes)
    if quantity.endswith("_ma"):
        return [watts * 10_000 // _PHASES // _VOLTS_DV for watts in power]
    hours = (day - _BEGAN).days * _HOURS
    return [(hours * 60 + at) * load_w // 60 // 10 * 10 % _MOST_WH for at in minutes]
