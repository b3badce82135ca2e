"""The people of a crowd, and the rows that a utility has of them.

Each resident has a lot that says what may and what must not reach them. Aliyun knows the Chinese words only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import insert
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from app.context import Deps, utc_now
from app.db import table_of
from app.domain.access import luhn
from app.domain.notice import ALARMS
from app.domain.rules import NoticeRules
from app.domain.suppression import SuppressionReason, SuppressionScope
from app.domain.template import TemplateState
from app.i18n import Locale
from app.models import (
    Account,
    Concentrator,
    Contact,
    Customer,
    GridNode,
    Meter,
    MeterModel,
    Staff,
    Suppression,
    Tariff,
    TemplateVersion,
)
from app.models.account import ChannelName
from app.services import rulebook
from app.services.wording import Wording, shipped

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
_ENGLISH = 3
"""Every third resident reads English."""


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

    @property
    def locale(self) -> str:
        return "en" if self.place % _ENGLISH == 0 else "zh"


async def settle(deps: Deps, souls: Sequence[Soul]) -> None:
    """Rows for everybody, in a few statements."""
    async with deps.begin() as db:
        street = await _street(db)
        await rulebook.save(db, NoticeRules(quiet_from=None, quiet_to=None, cap_a_day=50), None, utc_now())
        await _known_to_aliyun(db)
        hour = utc_now().astimezone(ZoneInfo(deps.settings.timezone)).hour
        rows = [_rows(soul, street, hour) for soul in souls]
        for table in (Customer, Account, Meter, Contact, Suppression):
            found = [row.model_dump() for each in rows for row in each if isinstance(row, table)]
            if found:
                await db.execute(insert(table_of(table)), found)


@dataclass(frozen=True, slots=True)
class _Street:
    """What all have in common."""

    tariff: Tariff
    model: MeterModel
    concentrator: Concentrator


async def _street(db: AsyncSession) -> _Street:
    node = GridNode(kind="area", name="Lamp Street", path="")
    node.path = str(node.id)
    tariff = Tariff(name="flat", price_e4=5000)
    model = MeterModel(name="Local fee control", profile="esam")
    db.add_all([node, tariff, model])
    await db.flush()
    concentrator = Concentrator(node_id=node.id, name="Lamp Street 1", region="3201", terminal=1)
    db.add(concentrator)
    await db.flush()
    return _Street(tariff, model, concentrator)


async def _known_to_aliyun(db: AsyncSession) -> None:
    """Aliyun has approved the Chinese words of each level, as they ship."""
    writer = Staff(login="writer", name="Writer", password_hash="x")
    db.add(writer)
    await db.flush()
    for kind in ALARMS.values():
        words = shipped(Wording(kind, Locale.ZH, ChannelName.SMS))
        version = TemplateVersion(
            kind=kind, locale="zh", channel="sms", number=1, body=words.body, written_at=utc_now(), written_by=writer.id
        )
        version.provider_codes, version.state = {"aliyun": ["SMS_300", "meter", "balance"]}, TemplateState.IN_USE
        db.add(version)


def _rows(soul: Soul, street: _Street, hour: int) -> list[SQLModel]:
    customer = Customer(id=uuid4(), name=f"Soul {soul.place}", address="Lamp Street")
    number, body = f"{soul.place:09d}", f"20{soul.place:09d}"
    account = Account(id=uuid4(), number=number + luhn(number), customer_id=customer.id, tariff_id=street.tariff.id)
    meter = Meter(
        id=soul.meter_id,
        number=body + luhn(body),
        address=body + luhn(body),
        model_id=street.model.id,
        account_id=account.id,
        concentrator_id=street.concentrator.id,
        balance_minor=PLENTY,
    )
    return [customer, account, meter, *_ways(soul, account.id, hour)]


def _ways(soul: Soul, account_id: UUID, hour: int) -> list[SQLModel]:
    """How they are reached. The quiet hours of those who sleep hold until long after the story's end."""
    sms = Contact(id=uuid4(), account_id=account_id, channel="sms", address=soul.phone, locale=soul.locale)
    box = Contact(id=uuid4(), account_id=account_id, channel="email", address=soul.mailbox, locale="en", position=1)
    match soul.lot:
        case Lot.MAIL_ONLY:
            return [box]
        case Lot.WRONG_NUMBER:
            box.stands_in_for_id = sms.id
            return [sms, box]
        case Lot.QUIET:
            sms.quiet_from, sms.quiet_to = time((hour - 2) % 24), time((hour + 4) % 24)
            return [sms]
        case Lot.OPTED_OUT:
            return [sms, _stopped(soul)]
        case _:
            return [sms]


def _stopped(soul: Soul) -> Suppression:
    return Suppression(
        id=uuid4(),
        channel="sms",
        address=soul.phone,
        scope=SuppressionScope.REMINDERS,
        reason=SuppressionReason.STOP_WORD,
        since=utc_now(),
    )
