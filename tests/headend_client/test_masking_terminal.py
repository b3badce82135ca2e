"""What is kept of talks with a concentrator: all but passwords, and nothing that nobody understands."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headend_client.masking import masked
from meters_io.gdw1376.archive import ArchiveEntry, build_archive, build_archive_answer, build_archive_query
from meters_io.gdw1376.asking import Piece, build_request
from meters_io.gdw1376.clock import tag_at
from meters_io.gdw1376.events import OtherEvent, PowerLost, TerminalEvent
from meters_io.gdw1376.frame import Afn, Control, Frame, Seq, encode
from meters_io.gdw1376.meter_values import PurchaseInfo
from meters_io.gdw1376.passage import Route
from meters_io.gdw1376.readings import Item, Reading, build_readings, build_readings_request
from meters_io.gdw1376.reports import Pointers, Report, build_report
from meters_io.gdw1376.tail import Tail
from tests.headend_client.meters import SHANGHAI
from tests.headend_client.peer import TERMINAL

AT = datetime(2026, 3, 2, tzinfo=UTC)
PW = bytes.fromhex("a1b2c3d4e5f60718" * 2)
ROUTE = Route(TERMINAL, 3)
GUARDED = Route(TERMINAL, 3, tail=Tail(PW, tag=tag_at(1, AT, UTC, 5)))
SECRET = bytes.fromhex("917263548596")
ENTRY = ArchiveEntry(1, 1, "201000000012", password=SECRET)
ASKED = build_readings_request(ROUTE, Item.PURCHASE, (1, 2))


def reported(event: TerminalEvent) -> Frame:
    """A report of one event."""
    return build_report(TERMINAL, Report(Pointers(0, 1), (1, 0), (event,)), 1, UTC)


HARMLESS = [
    build_request(ROUTE, Afn.CONTROL, [Piece(0, 25, {"half_hours": 2})]),
    build_archive(ROUTE, [ArchiveEntry(1, 1, "201000000012")]),
    build_archive_query(ROUTE, (1, 2, 3)),
    ASKED,
    build_readings(ASKED, Item.PURCHASE, [Reading(1, None, PurchaseInfo(AT, 3, Decimal(1), Decimal(2)))], SHANGHAI),
    reported(PowerLost(AT, None)),
]


@pytest.mark.parametrize("frame", HARMLESS)
def test_what_is_harmless_is_kept_whole(frame: Frame) -> None:
    assert masked(encode(frame)).outer_hex == encode(frame).hex()


@pytest.mark.parametrize(
    ("frame", "secret"),
    [
        (build_archive(ROUTE, [ENTRY]), SECRET),
        (build_archive_answer(build_archive_query(ROUTE, ()), [ArchiveEntry(9, 9, "201000000099"), ENTRY]), SECRET),
        (build_archive(GUARDED, [ENTRY]), SECRET),
        (build_archive(GUARDED, [ENTRY]), PW),
        (build_request(GUARDED, Afn.CONTROL, [Piece(0, 33, {})]), PW),
        (reported(OtherEvent(20, AT, None, PW.hex())), PW),
        (reported(OtherEvent(250, AT, None, PW.hex())), PW),
        (Frame(TERMINAL, Control(up=False, starts=True, function=10), Afn.AUTHENTICATION, Seq(1), PW), PW[4:]),
    ],
)
def test_a_secret_is_not_kept(frame: Frame, secret: bytes) -> None:
    shown = masked(encode(frame)).outer_hex
    assert secret.hex() in encode(frame).hex()
    assert secret.hex() not in shown
    assert shown.endswith("xx16")
    assert len(shown) == 2 * len(encode(frame))


def test_only_the_password_of_an_entry_is_hidden() -> None:
    shown = masked(encode(build_archive(ROUTE, [ENTRY]))).outer_hex
    assert shown.count("xx") == len(SECRET) + 1
    assert "120000001020" in shown


@given(st.sampled_from(list(Afn)), st.booleans(), st.binary(max_size=80))
def test_any_frame_at_all_is_shown_somehow(afn: Afn, up: bool, body: bytes) -> None:
    frame = Frame(TERMINAL, Control(up, starts=True, function=8), afn, Seq(1), body)
    assert len(masked(encode(frame)).outer_hex) == 2 * len(encode(frame))
