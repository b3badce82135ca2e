"""Talks with a concentrator itself, taken apart for people."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headend_client.explain import explain
from headend_client.fields import Explained, Form
from headend_client.masking import masked
from meters_io.gdw1376.archive import ArchiveEntry, build_archive
from meters_io.gdw1376.asking import Piece, build_request
from meters_io.gdw1376.events import PowerLost
from meters_io.gdw1376.frame import Afn, Control, Frame, Seq, encode
from meters_io.gdw1376.meter_values import PurchaseInfo
from meters_io.gdw1376.passage import Route
from meters_io.gdw1376.readings import Item, Reading, build_readings, build_readings_request
from meters_io.gdw1376.reports import Pointers, Report, build_report
from tests.headend_client.peer import TERMINAL

AT = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
ROUTE = Route(TERMINAL, 3)
ASKED = build_readings_request(ROUTE, Item.PURCHASE, (1, 2))
INFO = PurchaseInfo(AT, 7, Decimal("12.5"), Decimal(200))


def stored(frame: Frame) -> Explained:
    """What is kept of a frame, taken apart."""
    shown = masked(encode(frame))
    return explain(shown.outer_hex, shown.inner_hex)


def values(told: Explained, name: str) -> list[str | int]:
    """The values of all fields of a name."""
    return [field.value for field in told.outer if field.name == name]


def test_an_order_says_what_it_is_about_and_what_it_sets() -> None:
    told = stored(build_request(ROUTE, Afn.SET, [Piece(0, 24, 30)]))
    assert (values(told, "application"), values(told, "about")) == (["afn_set"], ["own_interval"])
    assert values(told, "told") == ["value 30"]


def test_an_answer_is_told_unit_by_unit() -> None:
    told = stored(build_readings(ASKED, Item.PURCHASE, [Reading(1, None, INFO), Reading(2, None, INFO)], UTC))
    assert values(told, "unit") == ["p1 F167", "p2 F167"]
    assert all("balance 12.5" in str(each) and "purchase_count 7" in str(each) for each in values(told, "told"))


def test_a_report_tells_its_events() -> None:
    told = stored(build_report(TERMINAL, Report(Pointers(3, 4), (4, 0), (PowerLost(AT, None),)), 1, UTC))
    assert values(told, "about") == ["own_important_events"]
    assert "events.0.erc 14" in str(values(told, "told")[0])


def test_a_hidden_password_is_not_guessed_at() -> None:
    told = stored(build_archive(ROUTE, [ArchiveEntry(1, 1, "201000000012", password=b"\x01\x02\x03\x04\x05\x06")]))
    assert values(told, "about") == ["own_archive"]
    assert values(told, "told") == []
    assert [field.form for field in told.outer if field.name == "data"] == [Form.HIDDEN]


@pytest.mark.parametrize("functions", [(7,), (2, 7), (129,)])
def test_a_question_is_told_too(functions: tuple[int, ...]) -> None:
    told = stored(build_request(ROUTE, Afn.CURRENT, [Piece(0, function, {}) for function in functions]))
    assert values(told, "unit") == [f"p0 F{function}" for function in functions]


@given(st.sampled_from(list(Afn)), st.booleans(), st.binary(max_size=60))
def test_any_frame_at_all_is_told_somehow(afn: Afn, up: bool, body: bytes) -> None:
    frame = Frame(TERMINAL, Control(up, starts=False, function=8), afn, Seq(1), body)
    assert explain(encode(frame).hex(), "").outer[0].name == "start"
