"""Writes the demo's utility into an empty database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle, islice
from random import Random
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.demo.devices import Devices, set_devices
from app.demo.held import Priced, live_held, uses
from app.demo.history import history
from app.demo.keys import KRN, SGC, TI
from app.demo.notices import tell_areas
from app.demo.outposts import found, grid_node
from app.demo.past import live
from app.demo.told.desk import MAIL_STANDS_IN, Desk, People, set_desk
from app.demo.told.home import Home
from app.demo.told.weeks import Weeks, tell_weeks
from app.demo.town import PRICE_E4, Part, Story, Town, account_number, meter_number
from app.domain.cutting import spent_since
from app.domain.fees import FeeControl
from app.domain.meter_life import MeterLife
from app.domain.relay import Supply
from app.domain.roles import Role
from app.domain.wallet import BalanceSource
from app.models import (
    Account,
    Concentrator,
    Contact,
    Customer,
    GridNode,
    Meter,
    MeterModel,
    Staff,
    StaffRole,
    Tariff,
)

STAFF_LOGIN = "demo"
SECOND_LOGIN = "lina"
STAFF_PASSWORD = "lights-on-2026"
REGION = "3201"
_AREAS = ("灯市街台区", "河沿路台区", "新桥巷台区")


@dataclass(frozen=True, slots=True)
class Street:
    """What all meters share. `line`: of the grid. `posts`: the ways into it. `read_at`: when they were read last."""

    line: GridNode
    posts: list[Concentrator]
    models: dict[str, MeterModel]
    tariff: Tariff
    today: datetime
    read_at: datetime
    town: Town


async def seed(db: AsyncSession, now: datetime, zone: ZoneInfo, town: Town) -> bool:
    """Seed unless somebody has; say whether we did. `zone` is the utility's local time."""
    if (await db.exec(select(Tariff.id).limit(1))).first() is not None:
        return False
    people = await _staff(db)
    street = await _street(db, now.astimezone(zone), town)
    street.posts.extend([await found(db, each, street.line, people.duty, now) for each in town.outposts])
    homes = [await _household(db, street, place, story) for place, story in enumerate(town.everybody)]
    if town.told:
        ours = street.posts[: town.concentrators]
        nodes = [each.node_id for each in ours]
        await tell_areas(db, now.astimezone(zone), planned_at=nodes[1], cut_at=nodes[-1])
        await tell_weeks(db, Weeks(now.astimezone(zone), people.duty), homes)
        await set_desk(db, Desk(now.astimezone(zone), people, homes, ours))
        await set_devices(db, Devices(town, homes, ours, people.duty, now.astimezone(zone)))
    return True


async def _staff(db: AsyncSession) -> People:
    """One person plays everybody; another writes words, which their writer may not approve."""
    password_hash = PasswordHasher().hash(STAFF_PASSWORD)
    duty = Staff(id=uuid4(), login=STAFF_LOGIN, name="值班员 Duty desk", password_hash=password_hash)
    second = Staff(id=uuid4(), login=SECOND_LOGIN, name="李娜 Li Na", password_hash=password_hash)
    db.add_all([duty, second])
    await db.flush()
    db.add_all([StaffRole(staff_id=duty.id, role=role) for role in Role])
    db.add_all([StaffRole(staff_id=second.id, role=role) for role in (Role.SERVICE, Role.ADMIN)])
    return People(duty.id, second.id)


async def _street(db: AsyncSession, today: datetime, town: Town) -> Street:
    line, branches = await _grid(db, town.concentrators)
    concentrators = [
        Concentrator(node_id=node, name=f"{name} 集中器", region=REGION, terminal=place + 1)
        for place, (name, node) in enumerate(branches)
    ]
    models = {
        "esam": MeterModel(name="DDZY 本地费控 (ESAM)", profile="esam"),
        "sts": MeterModel(name="STS keypad meter (EA11)", profile="sts"),
        "remote": MeterModel(name="DDZY 远程费控", profile="remote"),
    }
    tariff = Tariff(name="居民生活 0.5200", price_e4=PRICE_E4)
    db.add_all([*concentrators, *models.values(), tariff])
    await db.flush()
    hours = 2 if town.read_today else today.hour + 1
    return Street(line, concentrators, models, tariff, today, today - timedelta(hours=hours), town)


async def _grid(db: AsyncSession, transformers: int) -> tuple[GridNode, list[tuple[str, UUID]]]:
    """Network, branch, station, line and as many transformer areas; return the line and the areas."""
    line = grid_node("network", "全网", None)
    db.add(line)
    for kind, name in (("branch", "城南分局"), ("station", "灯市供电所"), ("line", "10kV 灯市线")):
        await db.flush()
        line = grid_node(kind, name, line)
        db.add(line)
    await db.flush()
    areas = [grid_node("area", name, line) for name in islice(cycle(_AREAS), transformers)]
    db.add_all(areas)
    await db.flush()
    return line, [(area.name, area.id) for area in areas]


async def _household(db: AsyncSession, street: Street, place: int, story: Story) -> Home:
    customer = Customer(name=story.name, address=story.address)
    db.add(customer)
    await db.flush()
    account = Account(
        number=account_number(place),
        customer_id=customer.id,
        tariff_id=street.tariff.id,
        arrears_minor=story.arrears_minor,
    )
    db.add(account)
    await db.flush()
    contacts = _contacts(street, account, place, story)
    db.add_all(contacts)
    dice = Random(place)  # noqa: S311  (a story)
    meter = _meter(street, account, place, story)
    if story.part is Part.LEDGER:
        db.add(meter)
        await db.flush()
        priced = Priced(uses(story.daily_use_minor, PRICE_E4, dice), PRICE_E4, street.today)
        return Home(place, meter, account, contacts, await live_held(db, meter, priced))
    days = history(street.read_at.date(), story.balance_minor, story.daily_use_minor, dice, street.town.past_of(place))
    meter.purchase_count = sum(1 for d in days if d.purchase_minor) if story.profile == "esam" else 0
    db.add(meter)
    await db.flush()
    return Home(place, meter, account, contacts, await live(db, meter, days, street.today))


def _contacts(street: Street, account: Account, place: int, story: Story) -> list[Contact]:
    """Everybody's telephone; a mailbox in every fifth home, which in one of the demo stands in for the telephone."""
    phone = Contact(
        id=uuid4(), account_id=account.id, channel="sms", address=f"+8613900{place:06d}", locale=story.locale
    )
    contacts = [phone]
    if story.family:
        far_away = f"+8613800{place:06d}"
        contacts.append(Contact(account_id=account.id, channel="sms", address=far_away, locale="en", position=2))
    if place % 5 == 0:
        mail = Contact(account_id=account.id, channel="email", address=f"home{place}@example.com", position=1)
        mail.locale = story.locale
        stands_in = street.town.told and place == MAIL_STANDS_IN
        mail.stands_in_for_id = phone.id if stands_in else None
        contacts.append(mail)
    return contacts


def _meter(street: Street, account: Account, place: int, story: Story) -> Meter:
    number = meter_number(place, story.profile)
    read_at = street.read_at
    sts, held = story.profile == "sts", story.part is Part.LEDGER
    read = None if story.part in (Part.TERMINAL, Part.TRIED) else story.balance_minor
    return Meter(
        number=number,
        address=number.zfill(12),
        model_id=street.models[story.profile].id,
        account_id=account.id,
        concentrator_id=street.posts[street.town.post_of(place)].id,
        relay_policy=story.relay_policy,
        fee_control=FeeControl.REMOTE if held else FeeControl.LOCAL,
        life=MeterLife.NEW if story.part is Part.TRIED else MeterLife.LIVE,
        balance_minor=read,
        balance_read_at=None if read is None else read_at,
        balance_source=_source(read, held=held),
        spent_since=None if read is None else spent_since(None, read, 0, read_at),
        daily_use_minor=story.daily_use_minor,
        supply=Supply.UNKNOWN if story.part is Part.TRIED else _supply(story),
        supply_read_at=None if story.part is Part.TRIED else read_at,
        sgc=SGC if sts else None,
        krn=KRN if sts else None,
        ti=TI if sts else None,
    )


def _source(read: int | None, *, held: bool) -> BalanceSource:
    if held:
        return BalanceSource.LEDGER
    return BalanceSource.NONE if read is None else BalanceSource.DAILY


def _supply(story: Story) -> Supply:
    if story.keep_power:
        return Supply.KEEP_POWER
    return Supply.OFF if story.relay_open else Supply.ON
