"""What there is to see in the demo, and where: for whoever has just started it and asks what to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from app.demo.town import Part, Town
from app.domain.dialling import Way
from app.models import CommissioningRun, HandheldFile, MasterMeter, MeterSwap
from app.web.marking import N_


@dataclass(frozen=True, slots=True)
class Sight:
    """A page that is worth a look. `path`: of the portal. `words`: what is to be seen there, in English."""

    path: str
    words: str


@dataclass(frozen=True, slots=True)
class Walk:
    """Pages for one kind of reader."""

    title: str
    sights: Sequence[Sight]


async def walks(db: AsyncSession, town: Town) -> list[Walk]:
    """Everything, in the order in which a newcomer would look at it."""
    return [
        Walk(N_("As a resident"), _of_residents(town)),
        Walk(N_("As staff: what devices and readers do"), await _of_staff(db, town)),
        Walk(N_("As staff: money and messages"), _OF_MONEY),
    ]


def _of_residents(town: Town) -> list[Sight]:
    known = [Sight(f"/m/{number}", words) for part, words in _PARTS.items() for number in _numbers(town, part)]
    outside = [Sight(f"/m/{town.number_at(town.first_of(each))}", _OUTSIDE[each.way]) for each in town.outposts]
    return [
        Sight(f"/m/{town.number_at(0)}", N_("It is dark: see why, pay, and watch the light come back")),
        *known,
        *outside,
        Sight("/demo/phone", N_("What was sent by SMS and e-mail; the phones answer, too")),
        Sight("/performance", N_("How well we serve: public figures")),
    ]


async def _of_staff(db: AsyncSession, town: Town) -> list[Sight]:
    first = f"/console/meters/{town.number_at(0)}"
    return [
        Sight("/console/devices", N_("Every meter on the grid; click on one to read it, or to have it do something")),
        Sight("/console/frontends", N_("Which front-end holds which concentrator, and what was refused at its door")),
        *(
            Sight(f"/console/meters/{number}/{page}", words)
            for part, (page, words) in _PAGES.items()
            for number in _numbers(town, part)
        ),
        Sight("/console/gateways", N_("The gateway that we dial")),
        Sight("/console/head-ends", N_("The existing head end that gets tasks from us")),
        Sight("/console/collection", N_("The scheme: what is read every day without anybody asking")),
        *await _in_hand(db),
        Sight("/console/downloads", N_("Paid and not in the meter yet, with the reason")),
        Sight(f"{first}/frames", N_("Every frame that crossed the wire, in words (pay for this meter first)")),
        Sight("/console/operations", N_("Order something of one device or of thousands")),
    ]


async def _in_hand(db: AsyncSession) -> list[Sight]:
    """What was begun when the utility was made; something else may have been begun since."""
    return [
        *await _first(
            db,
            select(MasterMeter.id).order_by(col(MasterMeter.name)),
            "masters",
            N_("Curves of a transformer area, by its master meter"),
        ),
        *await _first(
            db,
            select(HandheldFile.id).order_by(col(HandheldFile.made_at)),
            "handhelds",
            N_("A file for a hand-held reader, with a purchase in it"),
        ),
        *await _first(
            db,
            select(MeterSwap.id).order_by(col(MeterSwap.made_at)),
            "swaps",
            N_("A meter that is being exchanged: finish it here"),
        ),
        *await _first(
            db,
            select(CommissioningRun.id).order_by(col(CommissioningRun.made_at)),
            "commissioning",
            N_("Two new meters that are tried before they go live"),
        ),
    ]


async def _first(db: AsyncSession, wanted: SelectOfScalar[UUID], page: str, words: str) -> list[Sight]:
    """The first one's own page; none where there is none."""
    found = (await db.exec(wanted.limit(1))).first()
    return [Sight(f"/console/{page}/{found}", words)] if found else []


_OF_MONEY = [
    Sight("/console/purchases", N_("Purchases; click on one for all that happened to it")),
    Sight("/console/reviews", N_("Questions that no rule settles, each with its evidence")),
    Sight("/console/cash", N_("The cash desk")),
    Sight("/console/tariffs", N_("Prices: what is in force, and what a date brings")),
    Sight("/console/messages", N_("Every message, and why somebody got it")),
    Sight("/console/reports", N_("What warnings led to")),
]


_PARTS = {
    Part.LEDGER: N_("The ledger holds the money: what is paid is there at once"),
    Part.TERMINAL: N_("A concentrator keeps what is bought, in kWh: pay, and its switches close"),
}
_PAGES = {
    Part.LEDGER: ("statement", N_("What the ledger charged for each day, and up to where")),
    Part.TERMINAL: ("line", N_("The group and the switches in which a concentrator keeps a purchase")),
}
_OUTSIDE = {
    Way.DLT645_TCP: N_("Behind a gateway that we dial: pay, and the light comes back"),
    Way.AMI: N_("Behind somebody else's head end: pay, and the light comes back"),
}


def _numbers(town: Town, part: Part) -> list[str]:
    return [town.number_at(place) for place in town.with_part(part)]
