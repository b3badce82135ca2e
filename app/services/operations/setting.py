"""STS tokens that staff order: settings of one meter, and sets that take it to another key."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import LOCK
from app.domain.operation import OperationKind
from app.domain.operation_arguments import Arguments
from app.models import Meter
from app.ports import IssuedToken, KeyChangeRequest, ManagementRequest, MeterKey, StsIdentity

KINDS = frozenset({OperationKind.SEND_SETTING, OperationKind.CHANGE_KEY})
_SUBCLASSES = {"power_limit": 0, "clear_credit": 1, "clear_tamper": 5, "phase_limit": 6}  # IEC 62055-41, 6.2.4
_WHOLE_METER = {"clear_credit": 0xFFFF}  # every register


class NoKey(Exception):
    """The meter has no vending key: it takes no tokens."""


def request(
    kind: OperationKind, given: Arguments, item_id: UUID, meter: Meter, now: datetime
) -> ManagementRequest | KeyChangeRequest:
    """What to ask the security module, under the item's id: every try gets the same tokens. Raises NoKey."""
    if meter.sgc is None or meter.krn is None or meter.ti is None:
        raise NoKey
    identity = StsIdentity(meter.number, meter.sgc, meter.krn, meter.ti)
    if kind is OperationKind.CHANGE_KEY:
        to = MeterKey(str(given["sgc"]), _number(given, "krn"), _number(given, "ti"))
        return KeyChangeRequest(str(item_id), identity, to, now)
    name = str(given["setting"])
    value = _number(given, "value", _WHOLE_METER.get(name, 0))
    return ManagementRequest(str(item_id), identity, _SUBCLASSES[name], value, now, meter.last_tid)


def _number(given: Arguments, name: str, otherwise: int = 0) -> int:
    value = given.get(name)
    return value if isinstance(value, int) else otherwise


async def follow(db: AsyncSession, meter_id: UUID, issued: Sequence[IssuedToken], *, done: bool) -> None:
    """No later token goes below these; and where the meter has taken a key change, it is asked under that key."""
    meter = await db.get_one(Meter, meter_id, with_for_update=LOCK)
    used = [token.tid for token in issued if token.tid is not None]
    if used:
        meter.last_tid = max([*used, meter.last_tid or 0])
    for change in (token.change for token in issued if token.change is not None and done):
        meter.sgc, meter.krn, meter.ti = change.to.sgc, change.to.krn, change.to.ti
        if change.rollover:
            meter.last_tid = None  # counted from another base date
