"""Facts of nobody: what words are tried with when they are saved, and shown with where no account is chosen."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from app.domain.device_event import DeviceEventKind
from app.domain.notice import MessageKind
from app.domain.relay import Supply
from app.domain.template import ALARM_KINDS, OUTAGE_KINDS
from app.i18n import Locale
from app.models.topup import LinkPurpose
from app.services.letters.facts import (
    AnswerFacts,
    AskedMeter,
    DeviceFacts,
    DisconnectionFacts,
    Facts,
    OutageFacts,
    ReminderFacts,
)
from app.services.links import LinkWish

_METER = "201000000014"
_AT = datetime(2026, 3, 2, 1, 5, tzinfo=UTC)
_UNTIL = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_AREA = {Locale.ZH: "荷花路台区", Locale.EN: "Lotus Road"}
_TITLE = {Locale.ZH: "更换变压器", Locale.EN: "Replacing a transformer"}
_TEXT = {Locale.ZH: "医院和水泵由备用线路供电。", Locale.EN: "The clinic and the pump are on a reserve line."}
_FREE = {Locale.ZH: "营业厅周六上午开放。", Locale.EN: "The office is open on Saturday morning."}
_MESSAGE = UUID(int=10)
_LINK = LinkWish(UUID(int=8), LinkPurpose.REMINDER, 5000, id=UUID(int=9))


def full(kind: MessageKind, locale: Locale) -> Facts:
    """Facts in which everything is known that a message of the kind may know."""
    facts = Facts(
        meter_number=_METER,
        balance_minor=123_456,
        read_at=_AT,
        days_left=12,
        supply=Supply.ON,
        amount_minor=1_000_000,
        arrears_minor=50_000,
        credit_minor=950_000,
        link=_LINK,
    )
    return _of_kind(facts, kind, locale)


def _of_kind(facts: Facts, kind: MessageKind, locale: Locale) -> Facts:
    match kind:
        case MessageKind.PURCHASE_CREDITED:
            return replace(facts, energy_kwh=1_900)
        case MessageKind.PURCHASE_TOKEN:
            return replace(facts, tokens=("12345678901234567890",))
        case MessageKind.LOGIN_CODE | MessageKind.CONFIRM_ADDRESS:
            return replace(facts, proof_id=UUID(int=7), link=None)
        case MessageKind.RECEIPT:
            return replace(facts, receipt_of="1ABC", energy_kwh=1_900)
        case MessageKind.REMINDER:
            return replace(facts, reminder=ReminderFacts())
        case MessageKind.DISCONNECTED:
            return replace(facts, balance_minor=-900, supply=Supply.OFF, disconnection=DisconnectionFacts(_AT))
        case MessageKind.DEVICE_EVENT | MessageKind.METER_EVENT:
            event = DeviceEventKind.POWER_OFF
            return replace(facts, device=DeviceFacts(_METER, _AREA[locale], event, _AT, others=3, acknowledge=_MESSAGE))
        case MessageKind.BALANCE_ANSWER | MessageKind.STILL_OUT_ANSWER:
            asked = AskedMeter(_METER, 123_456, _AT)
            return replace(facts, answer=AnswerFacts((asked,), 0, _AREA[locale]))
        case kind if kind in OUTAGE_KINDS:
            told = OutageFacts(_TITLE[locale], _TEXT[locale], _AT, _UNTIL, area=_AREA[locale])
            return replace(facts, outage=told)
        case _:
            return facts


def bare(kind: MessageKind, locale: Locale) -> Facts:
    """Facts in which nothing is known that may be missing."""
    facts = replace(full(kind, locale), days_left=None, supply=Supply.UNKNOWN, arrears_minor=0, energy_kwh=None)
    if kind not in ALARM_KINDS:
        facts = replace(facts, balance_minor=None, read_at=None)
    if facts.outage is not None:
        facts = replace(facts, outage=replace(facts.outage, text="", area=""))
    if facts.device is not None:
        facts = replace(facts, device=replace(facts.device, others=0, acknowledge=None, ended=True))
    if kind in (MessageKind.DEVICE_EVENT, MessageKind.REMINDER):
        facts = replace(facts, meter_number="", link=None)
    if facts.answer is not None:
        facts = replace(facts, answer=AnswerFacts((AskedMeter(_METER, None, None),), 2))
    return facts


def overdrawn(kind: MessageKind, locale: Locale) -> Facts:
    """Below zero, and switched off."""
    return replace(full(kind, locale), balance_minor=-900, supply=Supply.OFF)


def free_words(kind: MessageKind, locale: Locale) -> Facts:
    """With words of staff in the place of the template's own."""
    facts = full(kind, locale)
    return facts if facts.reminder is None else replace(facts, reminder=ReminderFacts("", _FREE[locale]))


TRIED = (full, bare, overdrawn, free_words)
"""Every sort of facts that words must bear."""
