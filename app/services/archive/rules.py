"""Keeps archive rules (档案规则), and says which ones hold for a concentrator."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, delete, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.archive import STANDARD, ArchiveTerms, Protocol
from app.models import ArchiveRules, Audit, Concentrator, ConcentratorRules, Meter, MeterLine

LONGEST_NAME = 60


class RulesRefused(Exception):
    """What rules cannot be. `code`: rules_name, rules_taken, rules_used."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class RulesWish:
    """Rules as they are to be. `usual`: they hold for every concentrator that names none."""

    name: str
    terms: ArchiveTerms
    usual: bool = False


@dataclass(frozen=True, slots=True)
class RulesLine:
    """Rules for a list, and how many concentrators name them."""

    row: ArchiveRules
    concentrators: int


def terms_of(row: ArchiveRules) -> ArchiveTerms:
    """What rules say."""
    return ArchiveTerms(
        numbers={protocol: row.numbers[protocol] for protocol in Protocol},
        carrier_port=row.carrier_port,
        zigbee_port=row.zigbee_port,
        wired_ports=tuple(row.wired_ports),
        master_port=row.master_port,
        zigbee_prefix=row.zigbee_prefix,
    )


async def terms_for(db: AsyncSession, concentrator_id: UUID) -> ArchiveTerms:
    """What holds for one concentrator."""
    named = select(ConcentratorRules.rules_id).where(ConcentratorRules.concentrator_id == concentrator_id)
    rules_id = (await db.exec(named)).first()
    wanted = select(ArchiveRules)
    wanted = wanted.where(ArchiveRules.id == rules_id) if rules_id else wanted.where(col(ArchiveRules.usual))
    row = (await db.exec(wanted)).first()
    return STANDARD if row is None else terms_of(row)


async def terms_of_many(db: AsyncSession, concentrators: Collection[UUID]) -> dict[UUID, ArchiveTerms]:
    """What holds for each of some concentrators."""
    usual = await _usual_terms(db)
    named = select(ConcentratorRules.concentrator_id, ArchiveRules)
    named = named.join(ArchiveRules, col(ArchiveRules.id) == col(ConcentratorRules.rules_id))
    rows = await db.exec(named.where(col(ConcentratorRules.concentrator_id).in_(concentrators)))
    return dict.fromkeys(concentrators, usual) | {place: terms_of(row) for place, row in rows}


async def list_rules(db: AsyncSession) -> list[RulesLine]:
    """All of them by name; there are few."""
    counted = select(ConcentratorRules.rules_id, func.count()).group_by(col(ConcentratorRules.rules_id))
    used = dict((await db.exec(counted)).all())
    rows = await db.exec(select(ArchiveRules).order_by(col(ArchiveRules.name)))
    return [RulesLine(row, used.get(row.id, 0)) for row in rows]


async def save_rules(
    db: AsyncSession, rules_id: UUID | None, wish: RulesWish, staff_id: UUID | None, now: datetime
) -> ArchiveRules:
    """Make rules, or change them; what they were is in the audit log. Raises RulesRefused, NoResultFound.

    What their concentrators hold by the old ones is to be downloaded again; nobody else's.
    """
    await _demand_name(db, rules_id, wish.name)
    usual = await _usual_terms(db)
    row = _new(wish) if rules_id is None else await db.get_one(ArchiveRules, rules_id)
    before = "" if rules_id is None else repr(terms_of(row))
    if wish.usual:
        await db.execute(update(ArchiveRules).where(col(ArchiveRules.id) != row.id).values(usual=False))
    _fill(row, wish)
    db.add(row)
    detail: dict[str, str | int | None] = {"name": wish.name, "before": before, "after": repr(wish.terms)}
    db.add(Audit(staff_id=staff_id, act="archive_rules_saved", subject_id=row.id, detail=detail, at=now))
    await db.flush()
    if before != repr(wish.terms):
        await _forget_held(db, _naming(row.id))
    await _forget_usual(db, usual)
    return row


def _new(wish: RulesWish) -> ArchiveRules:
    return ArchiveRules(name=wish.name, numbers={}, wired_ports=[])


def _fill(row: ArchiveRules, wish: RulesWish) -> None:
    terms = wish.terms
    row.name, row.usual = wish.name, wish.usual
    row.numbers = {protocol.value: number for protocol, number in terms.numbers.items()}
    row.carrier_port, row.zigbee_port, row.master_port = terms.carrier_port, terms.zigbee_port, terms.master_port
    row.wired_ports, row.zigbee_prefix = list(terms.wired_ports), terms.zigbee_prefix


async def remove_rules(db: AsyncSession, rules_id: UUID, staff_id: UUID | None, now: datetime) -> None:
    """Take rules away that nobody uses. Raises RulesRefused, NoResultFound."""
    row = await db.get_one(ArchiveRules, rules_id, with_for_update=True)
    used = select(ConcentratorRules.concentrator_id).where(ConcentratorRules.rules_id == row.id).limit(1)
    if (await db.exec(used)).first() is not None:
        raise RulesRefused("rules_used")
    usual = await _usual_terms(db)
    await db.delete(row)
    await db.flush()
    await _forget_usual(db, usual)
    detail: dict[str, str | int | None] = {"name": row.name}
    db.add(Audit(staff_id=staff_id, act="archive_rules_removed", subject_id=row.id, detail=detail, at=now))


async def give_rules(
    db: AsyncSession, rules_id: UUID | None, concentrators: Collection[UUID], staff_id: UUID | None, now: datetime
) -> int:
    """Let concentrators have rules; None: the usual ones. Return how many. Raises NoResultFound for unknown rules."""
    name = "" if rules_id is None else (await db.get_one(ArchiveRules, rules_id)).name
    there = list(await db.exec(select(Concentrator.id).where(col(Concentrator.id).in_(concentrators))))
    await db.execute(delete(ConcentratorRules).where(col(ConcentratorRules.concentrator_id).in_(there)))
    if rules_id is not None:
        db.add_all(ConcentratorRules(concentrator_id=place, rules_id=rules_id) for place in there)
    await _forget_held(db, col(Concentrator.id).in_(there))
    detail: dict[str, str | int | None] = {"name": name, "count": len(there)}
    db.add(Audit(staff_id=staff_id, act="archive_rules_given", subject_id=rules_id, detail=detail, at=now))
    await db.flush()
    return len(there)


async def _usual_terms(db: AsyncSession) -> ArchiveTerms:
    """What holds for concentrators that name no rules."""
    row = (await db.exec(select(ArchiveRules).where(col(ArchiveRules.usual)))).first()
    return STANDARD if row is None else terms_of(row)


async def _forget_usual(db: AsyncSession, before: ArchiveTerms) -> None:
    if await _usual_terms(db) != before:
        await _forget_held(db, ~col(Concentrator.id).in_(select(ConcentratorRules.concentrator_id)))


def _naming(rules_id: UUID) -> ColumnElement[bool]:
    names = select(ConcentratorRules.concentrator_id).where(ConcentratorRules.rules_id == rules_id)
    return col(Concentrator.id).in_(names)


async def _forget_held(db: AsyncSession, which: ColumnElement[bool]) -> None:
    """What was written by other rules is not what is wanted now, at these concentrators."""
    meters = select(Meter.id).join(Concentrator, col(Concentrator.id) == col(Meter.concentrator_id)).where(which)
    held = col(MeterLine.held_as).is_not(None)
    await db.execute(update(MeterLine).where(held, col(MeterLine.meter_id).in_(meters)).values(held_as=None))


async def _demand_name(db: AsyncSession, rules_id: UUID | None, name: str) -> None:
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise RulesRefused("rules_name")
    taken = select(ArchiveRules.id).where(ArchiveRules.name == name, ArchiveRules.id != rules_id)
    if (await db.exec(taken)).first() is not None:
        raise RulesRefused("rules_taken")
