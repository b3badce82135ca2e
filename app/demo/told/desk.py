"""What staff of the demo have set up and sent: levels, responsible persons, a draft, bulk sends, who is left alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID, uuid4

from sqlmodel.ext.asyncio.session import AsyncSession

from app.demo.told.bulk import scheduled, sent
from app.demo.told.home import Home, write
from app.demo.told.inbound import hear
from app.demo.told.weeks import NOBODY_THERE
from app.domain.alarm import USUAL, AlertUnit
from app.domain.device_event import DeviceEventKind, dedupe_key
from app.domain.notice import MessageKind
from app.domain.rules import NoticeRules
from app.domain.suppression import SuppressionReason, SuppressionScope
from app.domain.template import TemplateState
from app.models import (
    AccountLevel,
    AlarmPolicy,
    AlarmPolicyLevel,
    AlarmScheme,
    Audit,
    Concentrator,
    DeviceAlarm,
    DeviceEvent,
    ResponsiblePerson,
    SchemeEvent,
    SchemePerson,
    TemplateVersion,
)
from app.models.account import ChannelName
from app.services import device_events, rulebook, suppressions
from app.services.device_events import Event
from app.services.suppressions import Entry

MAIL_STANDS_IN = 10
"""The household whose mailbox is used where its telephone was not reached."""
WROTE_STOP = 27
_OWN_LEVELS = 16
_MAIL_GONE = 25
_ASKED_US = 38
_TAMPERED = 22
_WORDS = (
    "【{{ utility }}】电表{{ meter }}余额{{ balance }}（{{ read_at }}抄表）"
    "{% if days_left is defined %}，约可用{{ days_left }}天{% endif %}，别等停电再充：{{ pay_link }}"
)


@dataclass(frozen=True, slots=True)
class People:
    """`duty` plays everybody; `second` has written what somebody else must approve."""

    duty: UUID
    second: UUID


@dataclass(frozen=True, slots=True)
class Desk:
    """`here`: the present moment, local time. `homes` in order of place."""

    here: datetime
    people: People
    homes: Sequence[Home]
    concentrators: Sequence[Concentrator]


async def set_desk(db: AsyncSession, desk: Desk) -> None:
    """Write all of it. The demo knows no quiet hours: whoever looks at it at night wants to see something."""
    await rulebook.save(db, NoticeRules(quiet_from=None, quiet_to=None), desk.people.duty, desk.here)
    await _levels(db, desk)
    await _responsible(db, desk)
    await _words(db, desk)
    await _left_alone(db, desk)
    await hear(db, desk.homes, desk.here)
    await sent(db, desk.homes, desk.people.duty, desk.here)
    await scheduled(db, desk.people.duty, desk.here)


async def _levels(db: AsyncSession, desk: Desk) -> None:
    """The usual three as a policy that can be changed, and one account that is warned sooner."""
    policy = AlarmPolicy(id=uuid4(), name="居民 · 三级", usual=True, margin_minor=USUAL.margin_minor)
    db.add(policy)
    await db.flush()
    for level in USUAL.levels:
        row = AlarmPolicyLevel(policy_id=policy.id, depth=level.depth, tone=level.tone, unit=level.unit)
        row.value, row.cycle, row.hour = level.value, level.cycle, level.hour
        db.add(row)
    account = desk.homes[_OWN_LEVELS].account.id
    for depth, value in ((1, 5000), (2, 1500)):
        db.add(AccountLevel(account_id=account, depth=depth, unit=AlertUnit.MONEY, value=value))
    await db.flush()


async def _responsible(db: AsyncSession, desk: Desk) -> None:
    """Two persons, one after the other; two events that are over, and one that nobody has in hand."""
    scheme = AlarmScheme(id=uuid4(), name="台区设备值班")
    first = ResponsiblePerson(id=uuid4(), name="台区经理 徐师傅", phone="+8613700000001")
    then = ResponsiblePerson(id=uuid4(), name="值班长 高工", phone="+8613700000002", email="duty@example.com")
    db.add_all([scheme, first, then])
    await db.flush()
    kinds = set(DeviceEventKind) - {DeviceEventKind.LOW_BALANCE}
    db.add_all(SchemeEvent(scheme_id=scheme.id, kind=kind, escalates_after_min=30) for kind in sorted(kinds))
    db.add_all(SchemePerson(scheme_id=scheme.id, person_id=who.id, step=n) for n, who in enumerate((first, then), 1))
    for each in desk.concentrators:
        each.alarm_scheme_id = scheme.id
    await db.flush()
    await _events(db, desk, scheme.id, first.id)


async def _events(db: AsyncSession, desk: Desk, scheme_id: UUID, person_id: UUID) -> None:
    last = desk.concentrators[-1]
    for days, kind in ((9, DeviceEventKind.CONCENTRATOR_SILENT), (3, DeviceEventKind.POWER_OFF)):
        at = desk.here - timedelta(days=days, hours=2)
        once = dedupe_key(kind, last.id, f"{at:%Y%m%d}")
        event = DeviceEvent(id=uuid4(), kind=kind, concentrator_id=last.id, dedupe_key=once, at=at)
        event.ended_at = at + timedelta(minutes=50)
        alarm = DeviceAlarm(event_id=event.id, scheme_id=scheme_id, step=1, opened_at=at)
        alarm.acknowledged_at, alarm.acknowledged_by = at + timedelta(minutes=6), person_id
        alarm.remark = "已派人到现场"
        await write(db, DeviceEvent, [event])
        await write(db, DeviceAlarm, [alarm])
    meter = desk.homes[min(_TAMPERED, len(desk.homes) - 1)].meter
    opened = Event(DeviceEventKind.TAMPER, meter.concentrator_id, meter.id, once="demo")
    await device_events.report(db, opened, desk.here - timedelta(minutes=2), desk.here)


async def _words(db: AsyncSession, desk: Desk) -> None:
    """Words of the second person, which wait for the first."""
    at = desk.here - timedelta(hours=5)
    draft = TemplateVersion(
        id=uuid4(),
        kind=MessageKind.ALARM_A,
        locale="zh",
        channel=ChannelName.SMS,
        number=1,
        body=_WORDS,
        state=TemplateState.ASKED,
        remark="加上单位名称，语气更亲切",
        written_by=desk.people.second,
        written_at=at,
    )
    db.add(draft)
    db.add(Audit(staff_id=desk.people.second, act="template_asked", subject_id=draft.id, at=at))
    await db.flush()


async def _left_alone(db: AsyncSession, desk: Desk) -> None:
    """Somebody wrote STOP, a mailbox is gone, a number is no more, and somebody asked us on the telephone."""
    reminders, everything = SuppressionScope.REMINDERS, SuppressionScope.ALL
    sms, mail = ChannelName.SMS, ChannelName.EMAIL
    phone = {place: desk.homes[place].contacts[0].address for place in (WROTE_STOP, NOBODY_THERE, _ASKED_US)}
    gone = f"home{_MAIL_GONE}@example.com"
    entries = (
        (12, Entry(sms, phone[WROTE_STOP], reminders, SuppressionReason.STOP_WORD, "退订")),
        (20, Entry(mail, gone, everything, SuppressionReason.BOUNCED, "550 5.1.1 no such user")),
        (8, Entry(sms, phone[NOBODY_THERE], everything, SuppressionReason.UNREACHABLE, "bad_recipient")),
    )
    at = datetime.combine(desk.here.date(), time(15), desk.here.tzinfo)
    for days, entry in entries:
        await suppressions.add(db, entry, at - timedelta(days=days))
    asked = Entry(sms, phone[_ASKED_US], reminders, SuppressionReason.STAFF, "来电要求", staff_id=desk.people.duty)
    await suppressions.add(db, asked, at - timedelta(days=5))
