"""Vending records that are saved and come back."""

import json
from dataclasses import replace

import pytest

from meters_io.errors import CodecError
from meters_io.sts.ciphers import Algorithm
from meters_io.sts.management import Management
from meters_io.sts.vending import CreditOrder, ManagementOrder
from meters_io.sts.vending_point import order_change
from meters_io.sts.vending_record import ChangeOrder, Order, VendingRecord, Wanted
from meters_io.sts.vending_saved import PlainRecord, record_from_plain, record_to_plain
from tests.meters_io.sts.published import KEY, SECRET
from tests.meters_io.sts.test_vending_point import AGAIN, ELSEWHERE, NEWER, NOON, ORDER, RECORD, point


def saved(record: VendingRecord) -> PlainRecord:
    plain: PlainRecord = json.loads(json.dumps(record_to_plain(record)))
    return plain


def busy_record() -> VendingRecord:
    """A meter that was sold every kind of thing, moved twice, and is to be moved again."""
    vendor, record = point(KEY, NEWER, ELSEWHERE), replace(RECORD, ea=Algorithm.STA, three_tokens=True)
    orders: list[Order] = [
        ORDER,
        ChangeOrder("move", Wanted(sgc=ELSEWHERE.sgc, ti=4)),
        ManagementOrder("limit", Management.MAXIMUM_POWER_LIMIT, 5_000),
        CreditOrder("free", 4, 500_000, special=True),
    ]
    for order in orders:
        record, _ = vendor.issue(record, order, NOON, 5)
    return order_change(record, Wanted(ti=7))


def test_a_record_comes_back_as_it_was() -> None:
    assert record_from_plain(saved(busy_record())) == busy_record()
    assert record_from_plain(saved(RECORD)) == RECORD


def test_a_vendor_goes_on_where_the_saved_record_stands() -> None:
    vendor, record = point(KEY, NEWER, ELSEWHERE), busy_record()
    again = record_from_plain(saved(record))
    assert vendor.issue(again, AGAIN, NOON, 5) == vendor.issue(record, AGAIN, NOON, 5)
    assert vendor.issue(again, ORDER, NOON, 5) == (record, record.issued["first"])


def test_no_vending_key_is_in_a_saved_record() -> None:
    text = json.dumps(record_to_plain(busy_record()))
    assert not [key for key in (SECRET, NEWER.secret, ELSEWHERE.secret) if key.hex() in text.lower()]


@pytest.mark.parametrize("name", ["subclass", "value", "special"])
def test_an_order_that_is_none_is_refused(name: str) -> None:
    plain = saved(busy_record())
    damaged = json.loads(json.dumps(plain))
    damaged["issued"][0]["order"][name] = None
    with pytest.raises(CodecError) as refusal:
        record_from_plain(damaged)
    assert (refusal.value.code, refusal.value.field) == ("vending_record", "issued")
