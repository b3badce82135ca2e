"""What templates are: on which media a kind exists, what its words may speak of, a version's life (SPEC N-4)."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.notice import MessageKind


class TemplateState(StrEnum):
    """`asked`: waits for approval. `retired`: another version is in use since."""

    DRAFT = "draft"
    ASKED = "asked"
    IN_USE = "in_use"
    REFUSED = "refused"
    RETIRED = "retired"


_MOVES: dict[TemplateState, tuple[TemplateState, ...]] = {
    TemplateState.DRAFT: (TemplateState.ASKED,),
    TemplateState.ASKED: (TemplateState.IN_USE, TemplateState.REFUSED),
    TemplateState.IN_USE: (TemplateState.RETIRED,),
    TemplateState.REFUSED: (),
    TemplateState.RETIRED: (TemplateState.ASKED,),
}


def may_move(state: TemplateState, wanted: TemplateState) -> bool:
    """May a version in `state` come to `wanted`? Retired words may be asked for again."""
    return wanted in _MOVES[state]


@dataclass(frozen=True, slots=True)
class Variable:
    """Something that words may speak of. `always`: it is there in each message of the kind; else words must ask first.

    `fields`: it is a list, gone through with "for", and its lines have these.
    """

    name: str
    always: bool = True
    fields: tuple[str, ...] = ()


K = MessageKind
ALARM_KINDS = (K.ALARM_A, K.ALARM_B, K.ALARM_OWING)
OUTAGE_KINDS = (K.OUTAGE_PLANNED, K.OUTAGE_NOW, K.OUTAGE_CHANGED, K.OUTAGE_RESTORED, K.OUTAGE_WITHDRAWN)

_EVERYWHERE = ("sms", "voice", "email", "wechat", "webhook", "inbox")
_ANSWERS = ("sms",)
_MAIL = ("email",)
_MEDIA: dict[MessageKind, tuple[str, ...]] = {
    K.LOGIN_CODE: ("sms",),
    K.CONFIRM_ADDRESS: _MAIL,
    K.RECEIPT: _MAIL,
    K.DEVICE_EVENT: ("sms", "voice", "email", "webhook"),
    K.BALANCE_ANSWER: _ANSWERS,
    K.HELP_ANSWER: _ANSWERS,
    K.STILL_OUT_ANSWER: _ANSWERS,
}


def media(kind: MessageKind) -> tuple[str, ...]:
    """The media, as app.models.account names them, over which a kind is told: an address is proved by what travels
    there, a text is answered by a text, receipts are mailed; the rest goes wherever its reader wants it."""
    return _MEDIA.get(kind, _EVERYWHERE)


def _some(*names: str) -> tuple[Variable, ...]:
    return tuple(Variable(name) for name in names)


def _perhaps(*names: str) -> tuple[Variable, ...]:
    return tuple(Variable(name, always=False) for name in names)


_UTILITY = (*_some("utility"), *_perhaps("phone"))
_METER = _some("meter", "link")
_READ = _some("balance", "overdraft", "read_at", "supply")
_PERHAPS_READ = (*_perhaps("balance", "overdraft", "read_at"), *_some("supply"))
_ALARM = (*_METER, *_READ, *_perhaps("days_left"), *_some("pay_link", "arrears", "has_arrears"))
_OUTAGE = (*_some("meter", "link", "area", "title", "from_at", "until_at"), *_perhaps("text"))
_EVENT = (*_some("device", "place", "event", "at", "ended", "others"), *_perhaps("acknowledge_link"))
_LINES = ("meter", "balance", "read_at")

_SPOKEN_OF: dict[MessageKind, tuple[Variable, ...]] = {
    **dict.fromkeys(ALARM_KINDS, _ALARM),
    **dict.fromkeys(OUTAGE_KINDS, _OUTAGE),
    K.PURCHASE_CREDITED: (
        *_METER,
        *_some("amount", "credit", "arrears", "has_credit", "has_arrears"),
        *_perhaps("energy"),
        *_PERHAPS_READ,
    ),
    K.PURCHASE_TOKEN: (*_METER, *_some("amount"), Variable("tokens", fields=("",))),
    K.LOGIN_CODE: _some("code", "minutes"),
    K.CONFIRM_ADDRESS: _some("meter", "confirm_link"),
    K.RECEIPT: (*_some("meter", "amount", "receipt_link", "void"), *_perhaps("energy")),
    K.TOP_UP_DUE: (*_METER, *_some("amount", "pay_link"), *_PERHAPS_READ),
    K.TOP_UP_FAILED: (*_METER, *_some("amount", "pay_link"), *_PERHAPS_READ),
    K.REFUND_DONE: _some("meter", "amount", "by_hand"),
    K.REMINDER: (  # a line of a recipient file is an address, and no meter that we know
        *_some("link", "arrears", "has_arrears"),
        *_PERHAPS_READ,
        *_perhaps("meter", "pay_link", "days_left", "title", "text"),
    ),
    K.DISCONNECTED: (*_METER, *_some("since", "pay_link", "arrears", "has_arrears"), *_PERHAPS_READ),
    K.DEVICE_EVENT: (*_EVENT, *_perhaps("meter")),
    K.METER_EVENT: (*_METER, *_some("event", "at", "ended")),
    K.BALANCE_ANSWER: (Variable("meters", fields=_LINES), *_some("more", "link")),
    K.HELP_ANSWER: _some("link"),
    K.STILL_OUT_ANSWER: (*_some("meter", "link"), *_perhaps("area")),
}
_REQUIRED: dict[MessageKind, tuple[str, ...]] = {
    K.PURCHASE_TOKEN: ("tokens",),
    K.LOGIN_CODE: ("code",),
    K.CONFIRM_ADDRESS: ("confirm_link",),
    K.RECEIPT: ("receipt_link",),
    K.BALANCE_ANSWER: ("meters",),
    **dict.fromkeys(ALARM_KINDS, ("meter", "balance")),
    K.PURCHASE_CREDITED: ("meter",),
    K.REFUND_DONE: ("meter", "amount"),
    K.DISCONNECTED: ("meter",),
    K.OUTAGE_PLANNED: ("from_at", "until_at"),
    K.OUTAGE_NOW: ("until_at",),
    K.OUTAGE_CHANGED: ("until_at",),
    K.DEVICE_EVENT: ("device", "event"),
    K.METER_EVENT: ("meter", "event"),
}


def variables(kind: MessageKind) -> dict[str, Variable]:
    """What words of a kind may speak of, by name."""
    return {variable.name: variable for variable in (*_SPOKEN_OF[kind], *_UTILITY)}


def required(kind: MessageKind) -> tuple[str, ...]:
    """What words of a kind must speak of to be of any use; an alarm that is overdrawn may say by how much instead."""
    return _REQUIRED.get(kind, ())


def secret(kind: MessageKind) -> bool:
    """Do its words open a door? Such words are never shown with an account's own facts."""
    return kind in (K.LOGIN_CODE, K.CONFIRM_ADDRESS, K.PURCHASE_TOKEN, K.RECEIPT)
