"""Meters of a round that the concentrator could not tell of: asked one by one, through it (SPEC H-5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.clock import local_day
from app.domain.collection import MOST_AGAIN, Figures, Terms, balance_from_freeze, frozen_at
from app.domain.wallet import BY_TARIFF, ReadingKind
from app.models import Meter
from app.ports import FrameRecord, Gateway, Priority, Read, ReadFrozen, Readings, Refused, Target, Unknown, Wallet
from app.services import exchanges
from app.services.collection.figures import DayFigure, store
from app.services.collection.holdings import Held, Span, holdings
from app.services.collection.rounds import VERB, Round, days_of_its_own
from app.services.targets import load_targets

_NOT_FROZEN = "not_frozen"  # on that day; on others it may have been
_LIVE_ENERGY, _LIVE_ENERGIES = Read(("energy_wh",)), Read(("energies_wh",))
_Values = Mapping[str, int | str | None]


@dataclass(frozen=True, slots=True)
class Due:
    """A meter that is asked itself. `days`: of which, newest first; `days_ago` counts them from the same day.

    `live`: yesterday is missing, and what the meter holds now will do where it has frozen nothing. `figures`: what is
    wanted of it.
    """

    meter_id: UUID
    number: str
    target: Target
    days: tuple[date, ...]
    today: date
    live: bool
    figures: Figures


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of a round. `missed`: numbers of meters that were asked in vain a moment ago."""

    due: tuple[Due, ...]
    missed: tuple[str, ...]


async def rest(db: AsyncSession, round_: Round, zone: ZoneInfo, now: datetime) -> Rest:
    """Say whom the concentrator did not tell of. One that is silent never keeps the others waiting: it comes last."""
    held = await holdings(db, round_.concentrator_id, Span(round_.days, zone, now), round_.settled)
    wanted = [(each, days) for each in held if (days := days_of_its_own(each, round_.terms, round_.days))]
    lately = now - MOST_AGAIN
    missed = tuple(each.number for each, _ in wanted if each.missed_at is not None and each.missed_at > lately)
    open_ = [(each, days) for each, days in wanted if each.missed_at is None or each.missed_at <= lately]
    targets = await load_targets(db, [each.meter_id for each, _ in open_], priority=Priority.ROUTINE)
    today = local_day(now, zone)
    terms = round_.terms
    return Rest(tuple(_due(each, targets[each.meter_id], days, (today, terms)) for each, days in open_), missed)


def _due(held: Held, target: Target, days: tuple[date, ...], of: tuple[date, Terms]) -> Due:
    today, terms = of
    figures = terms.of_meter(remote=held.remote)
    return Due(held.meter_id, held.number, target, days, today, (today - days[0]).days == 1, figures)


@dataclass(slots=True)
class Said:
    """What one meter said: figures of its frozen days, and those of now where they stand in for yesterday's.

    `asked_at`: what it said of now is no newer than that, for a recharge may have landed before the last answer.
    """

    asked_at: datetime
    frames: list[FrameRecord] = field(default_factory=list)
    days: dict[date, dict[ReadingKind, int]] = field(default_factory=dict)
    now: dict[ReadingKind, int] = field(default_factory=dict)
    silent: bool = False

    def satisfies(self, due: Due) -> bool:
        """Is yesterday known now? A hole further back that the meter cannot fill is no miss."""
        wanted = due.figures.asked
        if self.silent:
            return False
        return not due.live or wanted[0] in self.now or wanted[0] in self.days.get(due.days[0], {})


async def ask(gateway: Gateway, due: Due, said: Said) -> None:
    """Ask for each day, and for what the meter holds now where yesterday's freeze is not to be had.

    A meter that does not answer is not asked on. Raises Unreachable; what was learned until then is in `said`.
    """
    for day in due.days:
        match await gateway.operate(due.target, ReadFrozen((due.today - day).days), said.frames):
            case Readings(values=values):
                said.days[day] = frozen_figures(values, day, due.figures.kept)
            case Refused(code=code) if code != _NOT_FROZEN:
                break
            case Unknown():
                said.silent = True
                return
    if due.live and due.figures.asked[0] not in said.days.get(due.days[0], {}):
        await _ask_now(gateway, due, said)


async def _ask_now(gateway: Gateway, due: Due, said: Said) -> None:
    wanted = due.figures.asked
    if ReadingKind.BALANCE in wanted:
        match await gateway.read_wallet(due.target, said.frames):
            case Wallet(balance_minor=balance):
                said.now[ReadingKind.BALANCE] = balance
            case Unknown():
                said.silent = True
                return
    if ReadingKind.ENERGY in wanted:
        await _ask_energy_now(gateway, due, said)


async def _ask_energy_now(gateway: Gateway, due: Due, said: Said) -> None:
    """In all and by tariff in one exchange, where tariffs are kept and the meter tells them so; else in all."""
    if BY_TARIFF[0] in due.figures.kept:
        match await gateway.operate(due.target, _LIVE_ENERGIES, said.frames):
            case Readings(values={"energies_wh": str(row)}):
                parts = [int(part) if part.isdecimal() else None for part in row.split(",")]
                named = zip((ReadingKind.ENERGY, *BY_TARIFF), parts, strict=False)
                said.now |= {kind: value for kind, value in named if value is not None}
                return
    match await gateway.operate(due.target, _LIVE_ENERGY, said.frames):
        case Readings(values={"energy_wh": int(energy)}):
            said.now[ReadingKind.ENERGY] = energy


def frozen_figures(values: _Values, day: date, wanted: Sequence[ReadingKind]) -> dict[ReadingKind, int]:
    """The wanted figures of one day; none where the meter says that it froze them at the end of another."""
    at = values.get("frozen_at")
    if isinstance(at, str) and not at.startswith(f"{day + timedelta(days=1):%y%m%d}"):
        return {}
    found = {ReadingKind.BALANCE: _balance(values), ReadingKind.ENERGY: values.get("energy_wh")}
    found |= {kind: values.get(f"{kind}_wh") for kind in BY_TARIFF}
    return {kind: value for kind, value in found.items() if kind in wanted and isinstance(value, int)}


def _balance(values: _Values) -> int | None:
    """What a meter held, its overdraft taken off; where it does not tell of one, zero says nothing."""
    balance, overdraft = values.get("balance_minor"), values.get("overdraft_minor")
    if not isinstance(balance, int):
        return None
    return balance - overdraft if isinstance(overdraft, int) else balance_from_freeze(balance)


async def record(db: AsyncSession, due: Due, said: Said, zone: ZoneInfo, answered_at: datetime) -> None:
    """Store what one meter said, or that it was missed."""
    await exchanges.store(db, said.frames, exchanges.About(VERB, due.meter_id))
    figures = [
        DayFigure(due.meter_id, day, kind, value, frozen_at(day, zone))
        for day, values in said.days.items()
        for kind, value in values.items()
    ]
    today, at = local_day(said.asked_at, zone), said.asked_at
    figures += [DayFigure(due.meter_id, today, kind, value, at) for kind, value in said.now.items()]
    await store(db, figures)
    if said.silent:
        missed = update(Meter).where(col(Meter.id) == due.meter_id)
        await db.execute(missed.values(missed_at=answered_at))
