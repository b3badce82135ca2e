"""Reads the bill of a day: a zip of CSV files in GBK (alipay.data.dataservice.bill.downloadurl.query)."""

import asyncio
import csv
import ssl
import zipfile
from collections import Counter
from datetime import date
from io import BytesIO

import httpx2

from app.domain.payment import CallbackFact
from app.payments.alipay.codes import GOOD, fact_of, fen
from app.payments.alipay.line import Line
from app.ports import ProviderDown

_MOST_BYTES = 64 * 1024 * 1024
_NUMBER, _KIND, _TRADE, _REFUND = "支付宝交易号", "业务类型", "交易", "退款"
_COLUMNS = {
    "trade_no": _NUMBER,
    "out_trade_no": "商户订单号",
    "gmt_payment": "完成时间",
    "total_amount": "订单金额（元）",
}


async def fetch_bill(line: Line, tls: ssl.SSLContext, day: date, deadline_s: float) -> list[CallbackFact]:
    """Every payment of one day of Beijing. Raises ProviderDown while there is no bill."""
    answer = await line.ask(
        "alipay.data.dataservice.bill.downloadurl.query", {"bill_type": "trade", "bill_date": day.isoformat()}
    )
    url = answer.words.get("bill_download_url")
    if answer.code != GOOD or not isinstance(url, str):
        raise ProviderDown(f"no bill of {day}: {answer.sub_code or answer.code}")
    return read_bill(await _download(tls, url, deadline_s))  # at once: the address is good for 30 s


async def _download(tls: ssl.SSLContext, url: str, deadline_s: float) -> bytes:
    try:
        async with asyncio.timeout(deadline_s), httpx2.AsyncClient(verify=tls, trust_env=False) as client:
            answer = await client.get(url)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, TimeoutError) as error:
        raise ProviderDown(type(error).__name__) from None
    if answer.status_code != 200:
        raise ProviderDown(f"bill: HTTP {answer.status_code}")
    return answer.content


def read_bill(packed: bytes) -> list[CallbackFact]:
    """Every payment in a bill; refunds and the summary are left out. Raises ProviderDown for what is no bill."""
    try:
        with zipfile.ZipFile(BytesIO(packed)) as files:
            if sum(each.file_size for each in files.infolist()) > _MOST_BYTES:
                raise ValueError("too large")
            texts = [files.read(each).decode("gb18030") for each in files.infolist()]
        found = [fact for text in texts for fact in _facts(text)]
    except (zipfile.BadZipFile, ValueError, LookupError, NotImplementedError, RuntimeError, csv.Error) as error:
        raise ProviderDown("unreadable bill") from error
    return found


def _facts(text: str) -> list[CallbackFact]:
    """The payments of one file. The header says where each column is; its brackets come in two widths.

    What went back whole on the same day was cancelled: booking it would give light for money that is not there.
    """
    rows = csv.reader(line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    header = [_plain(cell) for cell in next(rows, [])]
    if _NUMBER not in header or _KIND not in header:
        return []  # the summary
    lines = [dict(zip(header, (_plain(cell) for cell in row), strict=False)) for row in rows]
    back: Counter[str] = Counter()
    for line in lines:
        if line[_KIND] == _REFUND:
            back[line[_NUMBER]] += fen(line[_COLUMNS["total_amount"]].lstrip("-"))
    trades = [{ours: line[theirs] for ours, theirs in _COLUMNS.items()} for line in lines if line[_KIND] == _TRADE]
    trades = [trade for trade in trades if back[trade["trade_no"]] < fen(trade["total_amount"])]
    told = [fact_of(trade | {"trade_status": "TRADE_SUCCESS"}, "bill") for trade in trades]
    return [fact for fact in told if fact is not None]


def _plain(cell: str) -> str:
    return cell.strip().replace("(", "（").replace(")", "）")
