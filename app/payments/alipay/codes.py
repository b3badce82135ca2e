"""Alipay's words to ours, in one table, and the reading of what it says of a trade.

opendocs.alipay.com: alipay.trade.query, .pay, .refund, .cancel, .close; "asynchronous notification parameters".
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation

from app.domain.payment import CallbackFact

NAME = "alipay"
DONE = "success"  # what stops Alipay from repeating a notification; any other byte does not
CURRENCY = "CNY"
BEIJING = timezone(timedelta(hours=8))
"""Every time that Alipay writes is GMT+8, whatever the utility's."""

GOOD, WAITING, UNKNOWN = "10000", "10003", "20000"

REFUSALS = {
    "ACQ.CONTEXT_INCONSISTENT": "order_differs",
    "ACQ.TRADE_NOT_EXIST": "not_paid",
    "ACQ.TRADE_STATUS_ERROR": "not_paid",
    "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL": "more_than_paid",
    "ACQ.REASON_TRADE_REFUND_FEE_ERR": "more_than_paid",
    "ACQ.TRADE_CANCEL_TIME_OUT": "too_late",
}
"""`sub_code` to the `code` of ProviderRefused; others become `refused`."""

NOT_THERE = "ACQ.TRADE_NOT_EXIST"
PAID_ALREADY = "ACQ.TRADE_HAS_SUCCESS"
UNDECIDED = frozenset({"ACQ.SYSTEM_ERROR", "AOP.ACQ.SYSTEM_ERROR", "ISP.UNKNOW-ERROR", "ISP.UNKNOWN-ERROR"})
"""`sub_code`s in capitals that say nothing about the money."""

_PAID = frozenset({"TRADE_SUCCESS", "TRADE_FINISHED"})
_CLOSED = "TRADE_CLOSED"
_MOST_FEN = 10**12
_YUAN = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?")
_WORD = re.compile(r"[A-Za-z0-9_-]{1,64}")

Words = Mapping[str, object]


def yuan(minor: int) -> str:
    """Fen as Alipay writes money: yuan with two decimals."""
    return str((Decimal(minor) / 100).quantize(Decimal("0.01")))


def fen(text: object) -> int:
    """Money as Alipay writes it, in fen. Raises ValueError."""
    if not isinstance(text, str) or not _YUAN.fullmatch(text):
        raise ValueError("amount")
    try:
        found = int(Decimal(text) * 100)
    except InvalidOperation as error:
        raise ValueError("amount") from error
    if not 0 < found <= _MOST_FEN:
        raise ValueError("amount")
    return found


def written(moment: datetime) -> str:
    """An instant as Alipay writes it."""
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def moment_of(text: object) -> datetime:
    """An instant that Alipay wrote, as UTC. Raises ValueError."""
    if not isinstance(text, str):
        raise ValueError("time")
    return datetime.strptime(text.strip(), "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING).astimezone(UTC)


def fact_of(trade: Words, source: str) -> CallbackFact | None:
    """What a trade says, wherever it stood; None while nothing is decided. Raises ValueError.

    The trade number is the event id: a trade is paid once, and notification, query and bill all bear it. A closed trade
    was not paid, or its money went back whole (`cancel`, a full refund): either way there is none here.
    """
    state, paid_at = trade.get("trade_status"), trade.get("gmt_payment") or trade.get("send_pay_date")
    came = state in _PAID
    if not came and not (state == _CLOSED and source == "callback"):
        return None  # to a query, "closed" is the end of an order that we closed: no payer has refused anything
    number = _word(trade.get("trade_no"))
    return CallbackFact(
        provider=NAME,
        event_id=number if came else f"{number}-closed",
        order_ref=_word(trade.get("out_trade_no")),
        succeeded=came,
        amount_minor=fen(trade.get("total_amount")),
        currency=CURRENCY,
        occurred_at=moment_of(paid_at if came else trade.get("gmt_close") or trade.get("notify_time")),
        evidence=json.dumps({name: value for name, value in trade.items() if name in _KEPT}, ensure_ascii=False),
        source=source,
    )


_KEPT = frozenset(
    [
        "trade_no",
        "out_trade_no",
        "trade_status",
        "total_amount",
        "receipt_amount",
        "gmt_payment",
        "send_pay_date",
        "gmt_close",
        "notify_id",
        "notify_time",
        "app_id",
        "seller_id",
        "code",
        "msg",
    ]
)
"""What is kept of a trade as evidence: nothing about the buyer."""


def _word(value: object) -> str:
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise ValueError("number")
    return value
