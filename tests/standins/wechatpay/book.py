"""What the stand-in remembers, and how WeChat's orders and refunds move. No HTTP here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from itertools import count

from tests.standins.wechatpay.signing import APPID, MCHID

Wire = dict[str, object]
BEIJING = timezone(timedelta(hours=8))
_YOUNGEST = timedelta(seconds=15)
_OLDEST = timedelta(days=7)
_OPEN = ("NOTPAY", "USERPAYING", "PAYERROR")


class Fault(StrEnum):
    """What happens to the next request. Those `after_accept` take it all the same; the payer's are for codepay."""

    BAD_SIGNATURE = "bad_signature"
    TAMPERED = "tampered"
    UNSIGNED = "unsigned"
    SIGNTEST = "signtest"
    BROKEN = "broken"
    BROKEN_AFTER_ACCEPT = "broken_after_accept"
    HANGS_UP_AFTER_ACCEPT = "hangs_up_after_accept"
    SILENT_AFTER_ACCEPT = "silent_after_accept"
    USERPAYING = "userpaying"
    NOT_ENOUGH = "not_enough"
    STATEMENT_CREATING = "statement_creating"


class Refusal(Exception):
    """An answer with an error word."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


@dataclass
class Deal:
    """One order. `asked`: the first request, which every repeat must equal."""

    ref: str
    kind: str
    total: int
    asked: Wire
    begun_at: datetime
    notify_url: str = ""
    state: str = "NOTPAY"
    transaction: str = ""
    paid_at: datetime | None = None
    reversed_at: datetime | None = None


@dataclass
class Return:
    """One refund."""

    refund_ref: str
    ref: str
    amount: int
    status: str = "PROCESSING"


@dataclass
class Book:
    """Orders by number, refunds by number."""

    now: Callable[[], datetime]
    deals: dict[str, Deal] = field(default_factory=dict)
    returns: dict[str, Return] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def open_(self, kind: str, asked: Wire) -> Deal:
        """Take an order, or find it again with the same parameters."""
        ref, total = _checked(asked)
        known = self.deals.get(ref)
        if known is None:
            known = Deal(ref, kind, total, asked, self.now(), str(asked.get("notify_url", "")))
            self.deals[ref] = known
            return known
        if (known.kind, known.asked) != (kind, asked):
            raise Refusal(400, "INVALID_REQUEST")
        if known.state not in _OPEN:
            raise Refusal(403, "ORDERPAID" if known.paid_at else "ORDER_CLOSED")
        return known

    def pay(self, ref: str, *, late: bool = False) -> Deal | None:
        """The payer pays; None if WeChat does not let them. `late`: it had begun before the order was closed."""
        deal = self.deals[ref]
        if deal.state not in _OPEN and not (late and deal.state == "CLOSED"):
            return None
        deal.state, deal.paid_at = "SUCCESS", self.now()
        deal.transaction = f"4200{deal.paid_at:%Y%m%d}{next(self._numbers):016d}"
        return deal

    def find(self, ref: str) -> Deal:
        """An order that WeChat knows."""
        if ref not in self.deals:
            raise Refusal(404, "ORDER_NOT_EXIST")
        return self.deals[ref]

    def close(self, ref: str) -> None:
        """Close an order that is not paid; payers' codes are reversed instead."""
        deal = self.find(ref)
        if deal.kind == "codepay":
            raise Refusal(400, "INVALID_REQUEST")
        if deal.paid_at:
            raise Refusal(400, "ORDERPAID")
        if deal.state == "CLOSED":
            raise Refusal(400, "ORDER_CLOSED")
        deal.state = "CLOSED"

    def reverse(self, ref: str) -> None:
        """Undo a payer's-code order between 15 s and 7 days of age."""
        deal = self.find(ref)
        age = self.now() - deal.begun_at
        if deal.kind != "codepay" or age < _YOUNGEST:
            raise Refusal(400, "INVALID_REQUEST")
        if age > _OLDEST:
            raise Refusal(400, "REVERSE_EXPIRE")
        if deal.state != "REVOKED":
            deal.state, deal.reversed_at = "REVOKED", self.now()

    def refund(self, asked: Wire) -> Return:
        """Give back, once for each number; never more than was paid."""
        ref, refund_ref = str(asked["out_trade_no"]), str(asked["out_refund_no"])
        amount = asked["amount"]
        assert isinstance(amount, dict)
        deal = self.find(ref)
        if not deal.paid_at:
            raise Refusal(404, "RESOURCE_NOT_EXISTS")
        known = self.returns.get(refund_ref)
        if amount["total"] != deal.total or (known and (known.ref, known.amount) != (ref, amount["refund"])):
            raise Refusal(400, "PARAM_ERROR")
        if known:
            return known
        given = sum(back.amount for back in self.returns.values() if back.ref == ref and back.status != "CLOSED")
        if given + amount["refund"] > deal.total:
            raise Refusal(400, "INVALID_REQUEST")
        self.returns[refund_ref] = Return(refund_ref, ref, amount["refund"])
        deal.state = "REFUND"
        return self.returns[refund_ref]


def _checked(asked: Wire) -> tuple[str, int]:
    if (asked.get("mchid"), asked.get("appid")) != (MCHID, APPID):
        raise Refusal(400, "APPID_MCHID_NOT_MATCH")
    ref, amount = str(asked.get("out_trade_no", "")), asked.get("amount")
    if not 6 <= len(ref) <= 32 or not isinstance(amount, dict) or not asked.get("description"):
        raise Refusal(400, "PARAM_ERROR")
    total = amount.get("total")
    if not isinstance(total, int) or total < 1 or amount.get("currency") != "CNY":
        raise Refusal(400, "PARAM_ERROR")
    return ref, total


def told(deal: Deal, openid: str = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o") -> Wire:
    """A transaction as query and callback tell it: amount, time and number only once it is paid."""
    words: Wire = {"mchid": MCHID, "appid": APPID, "out_trade_no": deal.ref, "trade_state": deal.state}
    words["trade_state_desc"] = deal.state
    if deal.paid_at and deal.state in ("SUCCESS", "REFUND"):
        at = deal.paid_at.astimezone(BEIJING).isoformat(timespec="seconds")
        amount = {"total": deal.total, "payer_total": deal.total, "currency": "CNY", "payer_currency": "CNY"}
        words |= {"transaction_id": deal.transaction, "trade_type": deal.kind.upper(), "success_time": at}
        words |= {"amount": amount, "payer": {"openid": openid}, "bank_type": "OTHERS"}
    return words
