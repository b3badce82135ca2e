"""Reads the trade bill of WeChat Pay (GET /v3/bill/tradebill, type ALL): a CSV whose cells begin with a backtick."""

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from zoneinfo import ZoneInfo

from app.domain.payment import CallbackFact
from app.payments.wechatpay.codes import NAME

BEIJING = ZoneInfo("Asia/Shanghai")  # a bill's days and times are Beijing's, wherever the utility is
WRITTEN_AT_HOUR = 10  # of the next day

_MOST_BYTES = 256 * 1024 * 1024
_YUAN = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?")
_SUMMARY = "总交易单数"
_COLUMNS = {
    "at": "交易时间",
    "appid": "公众账号ID",
    "mchid": "商户号",
    "transaction": "微信订单号",
    "ref": "商户订单号",
    "state": "交易状态",
    "currency": "货币种类",
    "amount": "订单金额",
}

Row = dict[str, str]


def unpack(packed: bytes, sha1: str) -> str:
    """The text of a downloaded bill. A download is not signed: the SHA1 of the text, told before it, proves it.

    Raises ValueError for a bill that is cut, changed, or larger than 256 MiB.
    """
    try:
        with gzip.GzipFile(fileobj=BytesIO(packed)) as stream:
            plain = stream.read(_MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError("a bill that cannot be unpacked") from error
    if len(plain) > _MOST_BYTES:
        raise ValueError("a bill that is too large")
    if hashlib.sha1(plain, usedforsecurity=False).hexdigest() != sha1.lower():
        raise ValueError("a bill with another SHA1")
    return plain.decode("utf-8-sig")


def read_bill(text: str, mchid: str) -> list[CallbackFact]:
    """The payments of a bill that were not reversed. Raises ValueError.

    A reversed payer's-code payment stands there twice, as SUCCESS and as REVOKED: its money has gone back.
    """
    rows = list(_rows(text))
    reversed_ = {row["transaction"] for row in rows if row["state"] == "REVOKED"}
    return [_fact(row, mchid) for row in rows if row["state"] == "SUCCESS" and row["transaction"] not in reversed_]


def minor_of(yuan: str) -> int:
    """Yuan with up to two decimals ("50.00") as fen. Raises ValueError."""
    fen = int(Decimal(yuan) * 100) if _YUAN.fullmatch(yuan) else 0
    if fen <= 0:
        raise ValueError("not an amount")
    return fen


def _rows(text: str) -> Iterator[Row]:
    """Cells by name of column: WeChat adds columns, and a comma may stand inside of a cell."""
    lines = text.splitlines()
    if not lines:
        raise ValueError("an empty bill")
    heads = [head.strip() for head in lines[0].split(",")]
    missing = [head for head in _COLUMNS.values() if head not in heads]
    if missing:
        raise ValueError(f"a bill without {', '.join(missing)}")
    for line in lines[1:]:
        if line.startswith(_SUMMARY):
            return
        cells = line.removeprefix("`").split(",`")
        if len(cells) != len(heads):
            raise ValueError("a line with more or fewer cells than the head")
        found = dict(zip(heads, cells, strict=True))
        yield {name: found[head] for name, head in _COLUMNS.items()}
    raise ValueError("a bill without its end")


def _fact(row: Row, mchid: str) -> CallbackFact:
    if row["mchid"] != mchid:
        raise ValueError("a bill of another merchant")
    return CallbackFact(
        provider=NAME,
        event_id=row["transaction"],
        order_ref=row["ref"],
        succeeded=True,
        amount_minor=minor_of(row["amount"]),
        currency=row["currency"],
        occurred_at=datetime.fromisoformat(row["at"]).replace(tzinfo=BEIJING).astimezone(UTC),
        evidence=",".join(row.values()),
        source="bill",
    )
