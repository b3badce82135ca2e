"""A crowd whose balances fall, over real programs: web, office, two notifiers, PostgreSQL, Valkey, SMS and mail.

Each resident has a lot that says what may and what must not reach them. `verdict` says what went wrong, in words.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from random import Random
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx2
import pytest
from redis.asyncio import Redis
from sqlalchemy import insert, text
from sqlmodel import SQLModel

from app.assembly import open_deps
from app.context import Deps, utc_now
from app.db import table_of
from app.demo.site import Site, open_site
from app.demo.stories import Town
from app.demo.supervisor import Program, Supervisor
from app.domain.access import luhn
from app.domain.rules import NoticeRules
from app.domain.suppression import SuppressionReason, SuppressionScope
from app.domain.wallet import BalanceSource
from app.models import Account, Concentrator, Contact, Customer, GridNode, Meter, MeterModel, Suppression, Tariff
from app.services import rulebook
from app.services.readings import record_balance
from tests.journeys.conftest import channels
from tests.standins import mail, twilio

WORKERS = ("office", "notifier 1", "notifier 2")
_AT_ONCE = 50
_LOOK_S = 0.2
_SOON = timedelta(minutes=5)  # what waits for longer waits for the end of quiet hours
NOTICE, URGENT, OWING, PLENTY = 1500, 300, -100, 8000
"""Balances below the first level, below the second, below zero, and after a payment; minor units."""


class Lot(StrEnum):
    """`wrong_number`: the phone does not exist, and a mailbox stands in for it."""

    PLAIN = "plain"
    OPTED_OUT = "opted_out"
    QUIET = "quiet"
    PAYS = "pays"
    MAIL_ONLY = "mail_only"
    WRONG_NUMBER = "wrong_number"


_LOTS = (Lot.OPTED_OUT, Lot.QUIET, Lot.PAYS, Lot.MAIL_ONLY, Lot.WRONG_NUMBER)


@dataclass(frozen=True, slots=True)
class Soul:
    """One resident with one meter."""

    place: int
    meter_id: UUID = field(default_factory=uuid4)

    @property
    def lot(self) -> Lot:
        """Half of the crowd is plain."""
        return _LOTS[self.place % 10] if self.place % 10 < len(_LOTS) else Lot.PLAIN

    @property
    def phone(self) -> str:
        return f"+86138{self.place:08d}"

    @property
    def mailbox(self) -> str:
        return f"soul{self.place}@example.com"


@dataclass
class Crowd:
    """The hands and eyes of the story."""

    site: Site
    deps: Deps
    phones: twilio.TwilioStandIn
    relay: mail.Relay
    souls: tuple[Soul, ...]
    supervisor: Supervisor
    lines: list[str]
    paid_at: dict[UUID, datetime] = field(default_factory=dict)

    async def up(self) -> None:
        """Return when the web answers and all workers have begun."""
        async with asyncio.timeout(60), httpx2.AsyncClient() as client:
            while True:
                with contextlib.suppress(httpx2.HTTPError):
                    if (await client.get(f"{self.site.settings.public_url}/")).status_code == 200:
                        return
                await asyncio.sleep(_LOOK_S)

    async def until(self, fact: Callable[[], bool], words: str, patience_s: float = 90.0) -> None:
        """Look until it is so."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while not fact():  # noqa: ASYNC110  (the facts are in other processes)
                    await asyncio.sleep(_LOOK_S)
                return
        raise AssertionError(
            f"after {patience_s:.0f} s it is still not so that {words}:\n" + "\n".join(self.lines[-40:])
        )

    async def fall(self, balance_minor: int, souls: Sequence[Soul]) -> None:
        """Read this balance from their meters, many in a transaction, as a daily round does."""
        for start in range(0, len(souls), _AT_ONCE):
            async with self.deps.begin() as db:
                for soul in souls[start : start + _AT_ONCE]:
                    meter = await db.get_one(Meter, soul.meter_id, with_for_update=True)
                    await record_balance(db, meter, balance_minor, BalanceSource.DAILY, utc_now())

    async def pay(self, souls: Sequence[Soul]) -> None:
        """Money is read back from these meters."""
        for soul in souls:
            async with self.deps.begin() as db:
                meter = await db.get_one(Meter, soul.meter_id, with_for_update=True)
                await record_balance(db, meter, PLENTY, BalanceSource.READBACK, utc_now())
            self.paid_at[soul.meter_id] = utc_now()

    async def flush(self) -> None:
        """Empty Valkey."""
        async with Redis.from_url(self.site.settings.redis_url) as redis:
            await redis.flushall()

    async def calm(self, patience_s: float) -> None:
        """Return when nothing that is due waits any more."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while await self._waiting():
                    await self._let_rest()
                    await asyncio.sleep(5 * _LOOK_S)
                return
        said = "\n".join(self.lines[-40:])
        raise AssertionError(f"after {patience_s:.0f} s there is still {await self._waiting()} to do:\n{said}")

    async def _let_rest(self) -> None:
        """Let the time pass at once for which failed tries rest."""
        hurried = "update outbox set due_at = now() where done_at is null and taken_until is null and due_at < :soon"
        async with self.deps.begin() as db:
            await db.execute(text(hurried), {"soon": utc_now() + _SOON})

    async def _waiting(self) -> dict[str, int]:
        open_ = "select job, count(*) as n from outbox where done_at is null and due_at <= now() + :soon group by job"
        async with self.deps.begin() as db:
            rows = (await db.execute(text(open_), {"soon": _SOON})).all()
        mine = ("announce_alarm", "send_message", "send_bulk", "fall_back")
        return {row.job: row.n for row in rows if row.job in mine}

    async def messages(self) -> list[dict[str, object]]:
        """Every message that was to go to somebody, with its first try."""
        asked = """
            select m.id, m.meter_id, m.kind, m.channel, m.state, m.trouble, c.address,
                   (select min(began_at) from message_attempt a where a.message_id = m.id) as tried_at,
                   (select max(began_at) from message_attempt a where a.message_id = m.id) as tried_last
            from message m join contact c on c.id = m.contact_id
        """
        async with self.deps.begin() as db:
            return [dict(row._mapping) for row in await db.execute(text(asked))]

    def arrived(self) -> Counter[str]:
        """By the id of the message, how often it came to a phone or mailbox."""
        sms = Counter(each.callback.rpartition("/")[2] for each in self.phones.phone)
        return sms + Counter(str(each["Message-ID"]).strip("<>").partition("@")[0] for each in self.relay.mailbox)

    async def verdict(self) -> list[str]:
        """Everything that ought not to be, in words; the first of each kind."""
        messages, arrived = await self.messages(), self.arrived()
        by_soul: dict[UUID, list[dict[str, object]]] = {}
        for each in messages:
            by_soul.setdefault(UUID(str(each["meter_id"])), []).append(each)
        wrong = [f"{id_} came {times} times" for id_, times in arrived.items() if times > 1]
        known = {str(each["id"]) for each in messages}
        wrong += [f"{id_} came and nobody planned it" for id_ in arrived if id_ not in known]
        for soul in self.souls:
            theirs = by_soul.get(soul.meter_id, [])
            came = [each for each in theirs if arrived[str(each["id"])]]
            wrong += [f"{soul.place} ({soul.lot}): {words}" for words in self._wrong_with(soul, theirs, came)]
        return wrong

    def _wrong_with(self, soul: Soul, theirs: list[dict[str, object]], came: list[dict[str, object]]) -> list[str]:
        match soul.lot:
            case Lot.OPTED_OUT | Lot.QUIET:
                return [f"{each['kind']} came" for each in came]
            case Lot.PAYS:
                paid_at = self.paid_at[soul.meter_id]
                return [
                    f"{each['kind']} tried after the payment" for each in theirs if _at(each["tried_last"]) > paid_at
                ]
            case Lot.PLAIN | Lot.MAIL_ONLY | Lot.WRONG_NUMBER:
                deepest = [each for each in came if each["kind"] == "alarm_owing"]
                states = [f"{each['kind']} {each['channel']} {each['state']} {each['trouble']}" for each in theirs]
                return [] if deepest else [f"the last warning did not come: {states}"]


def _at(moment: object) -> datetime:
    return moment if isinstance(moment, datetime) else datetime.min.replace(tzinfo=utc_now().tzinfo)


@asynccontextmanager
async def crowd(folder: Path, size: int) -> AsyncIterator[Crowd]:
    """Have a crowd of `size` and the programs that warn it, for the length of the block."""
    souls = tuple(map(Soul, range(size)))
    with pytest.MonkeyPatch.context() as environment, ExitStack() as stack, ThreadPoolExecutor(1) as aside:
        environment.delenv("DATABASE_URL", raising=False)
        environment.delenv("REDIS_URL", raising=False)
        opening = open_site(folder, Town((), per_concentrator=1, days=1), throwaway=True)
        site = await asyncio.wrap_future(aside.submit(stack.enter_context, opening))  # migrations run their own loop
        async with twilio.twilio_stand_in() as phones, mail.mail_relay() as relay:
            site.environment.update(channels(phones, relay))
            phones.nobody.update(soul.phone for soul in souls if soul.lot is Lot.WRONG_NUMBER)
            async with open_deps(site.settings, "journey") as deps:
                await _settle(deps, souls)
                lines: list[str] = []
                supervisor = Supervisor(_programs(site), lines.append)
                made = Crowd(site, deps, phones, relay, souls, supervisor, lines)
                async with _going_on(supervisor.run()), _going_on(_phones_answer(phones)):
                    yield made


def _programs(site: Site) -> list[Program]:
    notifiers = [Program(name, ("notify",), site.environment) for name in WORKERS if name.startswith("notifier")]
    return [Program("web", ("serve",), site.environment), Program("office", ("work",), site.environment), *notifiers]


async def _phones_answer(phones: twilio.TwilioStandIn) -> None:
    """Every phone confirms what it got, now and then twice; Twilio repeats what nobody answers."""
    dice, told = Random(7), 0
    while True:
        while told < len(phones.phone):
            statuses = ("sent", "delivered", "delivered") if dice.random() < 0.1 else ("sent", "delivered")
            with contextlib.suppress(Exception):  # the web may be away: then there is no confirmation
                await phones.call_back(phones.phone[told], *statuses)
            told += 1
        await asyncio.sleep(_LOOK_S)


@asynccontextmanager
async def _going_on(work: object) -> AsyncIterator[None]:
    task = asyncio.ensure_future(work)  # type: ignore[call-overload]  # a coroutine
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _settle(deps: Deps, souls: Sequence[Soul]) -> None:
    """Rows for everybody, in a few statements."""
    async with deps.begin() as db:
        node = GridNode(kind="area", name="Lamp Street", path="")
        node.path = str(node.id)
        tariff = Tariff(name="flat", price_e4=5000)
        model = MeterModel(name="Local fee control", profile="esam")
        db.add_all([node, tariff, model])
        await db.flush()
        concentrator = Concentrator(node_id=node.id, name="Lamp Street 1", region="3201", terminal=1)
        db.add(concentrator)
        await db.flush()
        await rulebook.save(db, NoticeRules(quiet_from=None, quiet_to=None, cap_a_day=50), None, utc_now())
        zone = ZoneInfo(deps.settings.timezone)
        rows = [_rows(soul, tariff, model, concentrator, utc_now().astimezone(zone).time()) for soul in souls]
        for table in (Customer, Account, Meter, Contact, Suppression):
            found = [row.model_dump() for each in rows for row in each if isinstance(row, table)]
            if found:
                await db.execute(insert(table_of(table)), found)


def _rows(soul: Soul, tariff: Tariff, model: MeterModel, concentrator: Concentrator, now: time) -> list[SQLModel]:
    customer = Customer(id=uuid4(), name=f"Soul {soul.place}", address="Lamp Street")
    number = f"{soul.place:09d}"
    account = Account(id=uuid4(), number=number + luhn(number), customer_id=customer.id, tariff_id=tariff.id)
    body = f"20{soul.place:09d}"
    meter = Meter(
        id=soul.meter_id,
        number=body + luhn(body),
        address=body + luhn(body),
        model_id=model.id,
        account_id=account.id,
        concentrator_id=concentrator.id,
        balance_minor=PLENTY,
    )
    rows: list[SQLModel] = [customer, account, meter]
    sms = Contact(id=uuid4(), account_id=account.id, channel="sms", address=soul.phone, locale="zh")
    box = Contact(id=uuid4(), account_id=account.id, channel="email", address=soul.mailbox, locale="en", position=1)
    match soul.lot:
        case Lot.MAIL_ONLY:
            return [*rows, box]
        case Lot.WRONG_NUMBER:
            box.stands_in_for_id = sms.id
            return [*rows, sms, box]
        case Lot.QUIET:
            sms.quiet_from = time((now.hour - 2) % 24)
            sms.quiet_to = time((now.hour + 4) % 24)
        case Lot.OPTED_OUT:
            rows.append(_suppressed(soul))
    return [*rows, sms]


def _suppressed(soul: Soul) -> Suppression:
    return Suppression(
        id=uuid4(),
        channel="sms",
        address=soul.phone,
        scope=SuppressionScope.REMINDERS,
        reason=SuppressionReason.STOP_WORD,
        since=utc_now(),
    )
