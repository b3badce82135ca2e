"""WeChat Pay's words to ours, one table a kind, and the reading of one transaction."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

from app.domain.payment import CallbackFact
from app.ports import RefundNews

NAME = "wechatpay"
CURRENCY = "CNY"

Wire = dict[str, object]


class Verb(StrEnum):
    """What we ask. The same error word means different things to different questions."""

    BEGIN = "begin"
    CHARGE = "charge"
    QUERY = "query"
    CLOSE = "close"
    REVERSE = "reverse"
    REFUND = "refund"
    BILL = "bill"


class Meaning(StrEnum):
    """What an error word tells us. The last five are the codes of app.ports.ProviderRefused."""

    DOWN = "down"  # nothing is known: ask again
    NOTHING = "nothing"  # there is none of what was asked about, or nothing left to do
    WAIT = "wait"  # the payer is still deciding
    ORDER_DIFFERS = "order_differs"
    NOT_PAID = "not_paid"
    MORE_THAN_PAID = "more_than_paid"
    TOO_LATE = "too_late"
    REFUSED = "refused"


_GONE = dict.fromkeys(("ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS"), Meaning.NOTHING)

ERRORS: Mapping[Verb, Mapping[str, Meaning]] = {
    Verb.BEGIN: {
        "OUT_TRADE_NO_USED": Meaning.ORDER_DIFFERS,
        "INVALID_REQUEST": Meaning.ORDER_DIFFERS,  # "the parameters differ from those of the first request"
        "ORDER_CLOSED": Meaning.REFUSED,
        "ORDERPAID": Meaning.REFUSED,
        "PARAM_ERROR": Meaning.REFUSED,
        "NO_AUTH": Meaning.REFUSED,
        "RULE_LIMIT": Meaning.REFUSED,
        "TRADE_ERROR": Meaning.REFUSED,
        "APPID_MCHID_NOT_MATCH": Meaning.REFUSED,
        "MCH_NOT_EXISTS": Meaning.REFUSED,
        "ACCOUNT_ERROR": Meaning.REFUSED,
    },
    Verb.CHARGE: {  # a refusal only where surely no money was taken; whatever is not listed here is DOWN
        "USERPAYING": Meaning.WAIT,
        "USER_PAYING": Meaning.WAIT,
        "AUTH_CODE_EXPIRED": Meaning.REFUSED,
        "AUTH_CODE_INVALID": Meaning.REFUSED,
        "AUTH_CODE_ERROR": Meaning.REFUSED,
        "AUTHCODEEXPIRE": Meaning.REFUSED,
        "NOT_ENOUGH": Meaning.REFUSED,
        "NOTENOUGH": Meaning.REFUSED,
        "PARAM_ERROR": Meaning.REFUSED,
        "NO_AUTH": Meaning.REFUSED,
        "APPID_MCHID_NOT_MATCH": Meaning.REFUSED,
        "MCH_NOT_EXISTS": Meaning.REFUSED,
        "ORDER_CLOSED": Meaning.REFUSED,
        "ORDER_REVERSED": Meaning.REFUSED,
    },
    Verb.QUERY: _GONE,
    Verb.CLOSE: _GONE
    | dict.fromkeys(("ORDER_CLOSED", "ORDERCLOSED", "ORDERPAID", "ORDER_PAID", "TRADE_STATE_ERROR"), Meaning.NOTHING),
    Verb.REVERSE: _GONE
    | {
        "ORDER_REVERSED": Meaning.NOTHING,
        "ORDER_CLOSED": Meaning.NOTHING,
        "REVERSE_EXPIRED": Meaning.TOO_LATE,
        "REVERSE_EXPIRE": Meaning.TOO_LATE,
    },
    Verb.REFUND: dict.fromkeys(_GONE, Meaning.NOT_PAID)
    | {
        "INVALID_REQUEST": Meaning.MORE_THAN_PAID,  # "the refund is larger than what may be refunded"
        "PARAM_ERROR": Meaning.REFUSED,
        "NO_AUTH": Meaning.REFUSED,
        "USER_ACCOUNT_ABNORMAL": Meaning.REFUSED,
        "MCH_NOT_EXISTS": Meaning.REFUSED,
        # NOT_ENOUGH stays DOWN: the merchant's balance is short today, and the same number works tomorrow
    },
    Verb.BILL: {"NO_STATEMENT_EXIST": Meaning.NOTHING},  # a day without orders; STATEMENT_CREATING stays DOWN
}
"""Error word by question; a word that is not listed says nothing for sure, and so is DOWN."""


def meaning(verb: Verb, word: str) -> Meaning:
    """What the error `word` of an answer to `verb` means to us."""
    return ERRORS[verb].get(word, Meaning.DOWN)


class Outcome(StrEnum):
    """What a trade state decides."""

    MONEY = "money"
    REFUSAL = "refusal"
    OPEN = "open"


TRADE_STATES: Mapping[str, Outcome] = {
    "SUCCESS": Outcome.MONEY,
    "REFUND": Outcome.MONEY,  # it came, and goes back by our own order
    "NOTPAY": Outcome.OPEN,
    "USERPAYING": Outcome.OPEN,
    "CLOSED": Outcome.OPEN,  # closing is our own act; only money could still decide more
    "REVOKED": Outcome.REFUSAL,
    "PAYERROR": Outcome.REFUSAL,
}

REFUND_STATES: Mapping[str, RefundNews] = {
    "SUCCESS": RefundNews.DONE,
    "PROCESSING": RefundNews.ASKED,
    "CLOSED": RefundNews.REFUSED,
    "ABNORMAL": RefundNews.REFUSED,  # the payer's card is dead: somebody settles it on the merchant platform
}

_MOST_MINOR = 10**12
_WORD = re.compile(r"[A-Za-z0-9_*|-]{1,64}")


def read_object(text: str | bytes) -> Wire:
    """Read a JSON object; raises ValueError for everything else, also for what is nested too deep to read."""
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def part(words: Wire, name: str) -> Wire:
    """An object in an object; empty where there is none."""
    found = words.get(name)
    return found if isinstance(found, dict) else {}


def text(words: Wire, name: str) -> str:
    """A text; empty where there is none."""
    found = words.get(name)
    return found if isinstance(found, str) else ""


def outcome_of(words: Wire) -> Outcome:
    """What a transaction decides. Raises ValueError for a state that nobody knows."""
    state = text(words, "trade_state")
    if state not in TRADE_STATES:
        raise ValueError("trade_state")
    return TRADE_STATES[state]


def fact_of(words: Wire, source: str, now: datetime) -> CallbackFact:
    """Read a decided transaction as callback and query tell it. Raises ValueError.

    The event id of money is the transaction's number: callback, query and bill all name it, while the number of a
    notification is told by the callback alone and is another one for each notification. WeChat takes money once for
    one order number, so two payments cannot share it. A refusal has no transaction of its own and is named after the
    order; it bears no amount and no time either, which are 0 and `now`, and a product decides nothing on them.
    """
    succeeded = outcome_of(words) is Outcome.MONEY
    ref = _word(words, "out_trade_no")
    return CallbackFact(
        provider=NAME,
        event_id=_word(words, "transaction_id") if succeeded else f"{ref}-{text(words, 'trade_state').lower()}",
        order_ref=ref,
        succeeded=succeeded,
        amount_minor=_amount(words) if succeeded else 0,
        currency=text(part(words, "amount"), "currency") or CURRENCY,
        occurred_at=moment_of(text(words, "success_time")) if succeeded else now,
        evidence=json.dumps({name: value for name, value in words.items() if name != "payer"}, ensure_ascii=False),
        source=source,
    )


def moment_of(value: str) -> datetime:
    """Read RFC 3339 as UTC. Raises ValueError."""
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("a time without offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time beyond the calendar") from error


def _word(words: Wire, name: str) -> str:
    value = text(words, name)
    if not _WORD.fullmatch(value):
        raise ValueError(name)
    return value


def _amount(words: Wire) -> int:
    value = part(words, "amount").get("total")
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _MOST_MINOR:
        raise ValueError("amount")
    return value
