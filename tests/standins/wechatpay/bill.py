"""The trade bill, type ALL, as WeChat writes it: a backtick before each cell, yuan, a summary at the end."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from tests.standins.wechatpay.book import BEIJING, Deal
from tests.standins.wechatpay.signing import APPID, MCHID

HEADS = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
SUMMARY = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"


def write_bill(deals: Iterable[Deal], day: date) -> str | None:
    """The bill of one Beijing day; None if there is nothing in it."""
    lines = [line for deal in deals for line in _lines(deal, day)]
    if not lines:
        return None
    summary = ",".join(f"`{cell}" for cell in (len(lines), "0.00", "0.00", "0.00", "0.00000", "0.00", "0.00"))
    return "\ufeff" + "\r\n".join([HEADS, *lines, SUMMARY, summary, ""])


def _lines(deal: Deal, day: date) -> Iterable[str]:
    for at, state in ((deal.paid_at, "SUCCESS"), (deal.reversed_at if deal.paid_at else None, "REVOKED")):
        if at is not None and at.astimezone(BEIJING).date() == day:
            yield _line(deal, at, state)


def _line(deal: Deal, at: datetime, state: str) -> str:
    yuan = str((Decimal(deal.total) / 100).quantize(Decimal("0.01")))
    stamp = at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    name = f"{deal.asked['description']}, prepaid"  # a comma inside of a cell
    cells = [stamp, APPID, MCHID, "0", "", deal.transaction, deal.ref, "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"]
    cells += [deal.kind.upper(), state, "OTHERS", "CNY", yuan, "0.00", "0", "0", "0.00", "0.00", "", "", name, ""]
    cells += ["0.00000", "0.60%", yuan, "0.00", ""]
    return ",".join(f"`{cell}" for cell in cells)
