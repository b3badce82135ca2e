"""Frames whose files use other names, nesting and spellings than ours are taken, as long as the values agree."""

from __future__ import annotations

from decimal import Decimal

import pytest

from meters_io.conformance.runner import run
from meters_io.conformance.shape import Entry, Family, Json, JsonObject
from meters_io.conformance.verdict import Verdict
from meters_io.dlt645.frame import Frame, encode
from meters_io.gdw1376 import frame as outer
from meters_io.gdw1376.units import unit, unit_to_bytes

METER = "201000000012"


def verdict_on_645(control: int, data: str, decoded: JsonObject, address: str = METER) -> Verdict:
    raw = encode(Frame(address, control, bytes.fromhex(data)))
    said: JsonObject = {"id": "it", "hex": raw.hex(), "decoded": {"c": f"{control:02X}", **decoded}}
    (verdict,) = run([Entry("it", said)], Family.DLT645)
    return verdict


def value_passes(di: str, data: str, value: Json) -> bool:
    whole = bytes.fromhex(di)[::-1].hex() + data
    return verdict_on_645(0x91, whole, {"kind": "data", "di": di, "value": value, "more": 0}).passed


TAKEN: list[tuple[str, str, Json]] = [
    ("00900200", "56980100", Decimal("198.56")),
    ("00900200", "56980100", "198.56"),
    ("00900200", "56980100", "raw:56980100"),
    ("00900200", "56980100", "56980100"),
    ("0001FF00", "260000000100000025000000", [Decimal("0.26"), Decimal("0.01"), Decimal("0.25")]),
    ("0201FF00", "0123ffffffff", [Decimal("230.1"), None, None]),
    ("0201FF00", "0123ffffffff", [Decimal("230.1"), "FFFF", "ffff"]),
    ("0201FF00", "0123ffffffff", [Decimal("230.1"), "raw:ffff", "n/a"]),
    ("0201FF00", "0123ffffffff", "0123ffffffff"),
    ("02020100", "341280", Decimal("-1.234")),
    ("02030000", "000080", Decimal("0")),
    ("0001FF00", "00000e0001000000", ["raw:00000e00", Decimal("0.01")]),
    ("04000503", "5000", "0050"),
    ("04000503", "5000", 0x50),
    ("04000503", "5000", "raw:5000"),
    ("040005FF", "00000000500000000000000000" + "00", ["0000", "0000", "0050", "0000", "0000", "0000", "0000"]),
    ("04000101", "05201126", "26112005"),
    ("04000101", "05201126", "2026-11-20 w5"),
    ("04000101", "05201126", "2026-11-20"),
    ("0400010C", "00300905201126", "2026-11-20 w5 09:30:00"),
    ("04000102", "325318", "18:53:32"),
    ("04000108", "0000010127", "2027-01-01 00:00"),
    ("04000404", "56302e303232", "220.0V"),
    ("04000401", "120000001020", "201000000012"),
    ("04000409", "001200", 1200),
    ("0400040E", "563412000000", "000000123456"),
    ("0E0E0E0E", "0102ff", "0102ff"),
    ("0E0E0E0E", "0102ff", "raw:0102FF"),
    ("02800007", "5182", Decimal("-25.1")),
]
REFUSED: list[tuple[str, str, Json]] = [
    ("00900200", "56980100", Decimal("198.57")),
    ("00900200", "56980100", "00019856"),
    ("00900200", "56980100", None),
    ("0001FF00", "2600000001000000", [Decimal("0.26")]),
    ("0001FF00", "2600000001000000", [Decimal("0.01"), Decimal("0.26")]),
    ("0201FF00", "0123ffffffff", [Decimal("230.1"), 0, 0]),
    ("02020100", "341280", Decimal("1.234")),
    ("04000503", "5000", "5000"),
    ("04000503", "5000", "0040"),
    ("04000101", "05201126", "2026-11-20 w4"),
    ("04000101", "05201126", "2026-11-21"),
    ("04000102", "325318", "18:53:33"),
    ("04000401", "120000001020", "120000001020"),
    ("0E0E0E0E", "0102ff", "ff0201"),
]


@pytest.mark.parametrize(("di", "data", "value"), TAKEN)
def test_a_value_may_be_spelled_in_any_of_these_ways(di: str, data: str, value: Json) -> None:
    assert value_passes(di, data, value)


@pytest.mark.parametrize(("di", "data", "value"), REFUSED)
def test_a_value_that_is_not_in_the_bytes_fails_however_it_is_spelled(di: str, data: str, value: Json) -> None:
    assert not value_passes(di, data, value)


def test_words_of_bits_are_glosses_of_the_error_word() -> None:
    both: JsonObject = {"kind": "serr", "serr": "0022", "n": 2}
    assert verdict_on_645(0xC3, "2200", {**both, "bits": ["duplicate recharge", "purchase count"]}).passed
    assert not verdict_on_645(0xC3, "2200", {**both, "bits": ["duplicate recharge"]}).passed
    assert not verdict_on_645(0xC3, "2200", {**both, "bits": ["duplicate recharge", "hung"]}).passed
    assert verdict_on_645(0xC3, "22", {**both, "serr": "22", "n": 1}).passed
    strange = verdict_on_645(0xD4, "08", {"kind": "err", "err": "08", "bits": ["speed is what it is"]})
    assert strange.passed
    assert strange.remarks


def test_what_a_file_does_not_take_apart_is_compared_as_bytes() -> None:
    assert verdict_on_645(
        0x18, "0401000c020000000200112233"[:24], {"kind": "other", "body": "0401000c0200000002001122"}
    ).passed
    assert verdict_on_645(0x96, "", {"kind": "ok"}).passed
    assert not verdict_on_645(
        0x18, "0401000c0200000002001122", {"kind": "read", "body": "0401000c0200000002001122"}
    ).passed


def verdict_on_1376(afn: int, point: int, function: int, data: str, said: JsonObject, *, up: bool = True) -> Verdict:
    body = unit_to_bytes(unit(point, function)) + bytes.fromhex(data)
    control = outer.Control(up, not up, 8 if up else 11)
    raw = outer.encode(outer.Frame(outer.Terminal("3201", 18), control, afn, outer.Seq(1), body))
    told: JsonObject = {"hex": raw.hex(), "decoded": {"units": [{"p": [point], "f": [function], **said}]}}
    (verdict,) = run([Entry("it", told)], Family.GDW1376)
    return verdict


PURCHASE = "2509201126" + "0200" + "0099490100" + "0000500100" + "ee" * 24
NAMED: JsonObject = {
    "read": "2611200925",
    "count": 2,
    "balance": Decimal("149.99"),
    "cumulative": 150,
    **dict.fromkeys(("remain_kwh", "overdraft_kwh", "cum_kwh", "credit_kwh", "alarm_kwh", "fault_kwh"), None),
}


def test_names_of_nobody_are_matched_in_the_order_of_the_wire() -> None:
    strange: JsonObject = {f"{name}_x": value for name, value in NAMED.items()}
    assert verdict_on_1376(0x0C, 2, 167, PURCHASE, {"v": NAMED}).passed
    assert verdict_on_1376(0x0C, 2, 167, PURCHASE, {"v": strange}).passed
    assert verdict_on_1376(0x0C, 2, 167, PURCHASE, {"v": {**strange, "count_x": 2}}).passed
    assert not verdict_on_1376(0x0C, 2, 167, PURCHASE, {"v": {**strange, "count_x": 3}}).passed
    assert not verdict_on_1376(0x0C, 2, 167, PURCHASE, {"v": {**strange, "one_more": 3}}).passed
    swapped = {**strange, "balance_x": 150, "cumulative_x": Decimal("149.99")}
    assert not verdict_on_1376(0x0C, 2, 167, PURCHASE, {"v": swapped}).passed


def test_a_value_may_be_given_as_a_list_in_the_order_of_the_wire() -> None:
    assert verdict_on_1376(0x0C, 2, 167, PURCHASE, {"v": [*NAMED.values()]}).passed
    assert not verdict_on_1376(0x0C, 2, 167, PURCHASE, {"v": [*reversed(NAMED.values())]}).passed


def test_a_unit_may_be_given_as_its_bytes() -> None:
    assert verdict_on_1376(0x0C, 2, 167, PURCHASE, {"raw": PURCHASE.upper()}).passed
    assert not verdict_on_1376(0x0C, 2, 167, PURCHASE, {"raw": PURCHASE[:-2] + "00"}).passed
    assert verdict_on_1376(0x0C, 2, 249 - 10, "0102", {"raw": "0102"}).passed


def test_a_unit_that_nobody_can_read_fails_where_the_file_gives_a_value() -> None:
    assert not verdict_on_1376(0x0C, 2, 239, "0102", {"v": 513}).passed


def test_the_clock_of_format_1_may_be_written_out() -> None:
    spellings: list[Json] = ["2026-11-20 w5 09:30:00", {"clock": "2026-11-20 w5 09:30:00"}, "2026-11-20 09:30:00"]
    for said in spellings:
        assert verdict_on_1376(0x0C, 0, 2, "00300920b126", {"v": said}).passed
    assert not verdict_on_1376(0x0C, 0, 2, "00300920b126", {"v": "2026-11-20 w4 09:30:00"}).passed
    assert not verdict_on_1376(0x0C, 0, 2, "00300920b126", {"v": "2026-11-21 w5 09:30:00"}).passed


def test_an_event_is_its_number_and_its_bytes_and_its_name_a_gloss() -> None:
    events = "0500" + "0405" + "0e0a" + "1109201126eeeeeeeeee"
    event: JsonObject = {
        "erc": 14,
        "name": "terminal power off/on",
        "body": "1109201126eeeeeeeeee",
        "time": "2611200911",
    }
    told: JsonObject = {"ec1": 5, "ec2": 0, "pm": 4, "pn": 5, "ev": [event]}
    assert verdict_on_1376(0x0E, 0, 1, events, {"v": told}).passed
    for wrong in ({"erc": 15}, {"name": "init/version"}, {"body": "11"}, {"time": "2611200912"}):
        assert not verdict_on_1376(0x0E, 0, 1, events, {"v": {**told, "ev": [{**event, **wrong}]}}).passed
    assert not verdict_on_1376(0x0E, 0, 1, events, {"v": {**told, "ev": []}}).passed


LARGE: JsonObject = {"v": 20, "big": 1}
SMALL: JsonObject = {"v": 10, "big": 0}
EVENTS: list[tuple[int, str, JsonObject]] = [
    (23, "3009201126" "010102" "20000040" "10000000", {"group": 1, "rounds": 1, "type": 2, "now": LARGE, "set": SMALL}),
    (14, "1109201126" "eeeeeeeeee", {"restored": None}),
    (14, "1109201126" "eeeeeeeeee", {"lost": "2611200911", "back": None}),
    (13, "1109201126" "0580" "10", {"point": 0x8005, "flags": 16}),
    (1, "1109201126" "02" "322e3031" "322e3032", {"flag": 2, "old": "2.01", "new": "2.02"}),
]  # fmt: skip


@pytest.mark.parametrize(("erc", "body", "content"), EVENTS)
def test_the_fields_of_an_event_may_be_given_beside_its_bytes(erc: int, body: str, content: JsonObject) -> None:
    def passes(**event: Json) -> bool:
        told: JsonObject = {"ec1": 5, "ec2": 0, "pm": 4, "pn": 5, "ev": [{"erc": erc, "body": body, **event}]}
        events = "05000405" + f"{erc:02x}{len(body) // 2:02x}" + body
        return verdict_on_1376(0x0E, 0, 1, events, {"v": told}).passed

    assert passes(**content)
    assert not passes(**content, more=1)
    assert not any(passes(**{**content, name: 7}) for name in content)


@pytest.mark.parametrize(
    ("body", "time", "passed"),
    [
        ("a1b2c3d4e500", "e5d4c3b2a1", True),
        ("a1b2c3d4e500", None, True),
        ("a1b2c3", "c3b2a1", True),
        ("a1b2c3d4e500", "e5d4c3b2a2", False),
        ("1109201126", None, False),
    ],
)
def test_the_time_of_an_event_that_begins_with_none(body: str, time: Json, passed: bool) -> None:
    told: JsonObject = {"ev": [{"erc": 46, "body": body, "time": time}]}
    events = "05000405" + f"2e{len(body) // 2:02x}" + body
    assert verdict_on_1376(0x0E, 0, 1, events, {"v": told}).passed is passed


ENTRY: JsonObject = {"no": 2, "pn": 1, "protocol": 30, "addr": METER, "pw": "00" * 6, "tariffs": 4, "digits": 9}


@pytest.mark.parametrize(
    ("port", "passed"),
    [
        ({"port": 0x62}, True),
        ({"port": 2, "baud": 3}, True),
        ({"port": 2, "baud": 2400}, True),
        ({"port": 2, "baud": 2}, False),
        ({"port": 3, "baud": 2400}, False),
        ({"port": 2, "baud": 0}, False),
        ({"port": 0x61}, False),
    ],
)
def test_the_port_byte_of_an_archive_entry_may_be_given_in_two_parts(port: JsonObject, passed: bool) -> None:
    entry = "02000100621e" + "120000001020" + "00" * 6 + "0409" + "00" * 6 + "51"
    said: JsonObject = {**ENTRY, **port, "collector": "000000000000", "cls": 0x51}
    assert verdict_on_1376(0x0A, 0, 10, "0100" + entry, {"v": [said]}).passed is passed


def test_a_message_may_be_given_as_the_words_that_people_read() -> None:
    for text, raw in (("please pay", b"please pay"), ("请缴费", "请缴费".encode("gb2312"))):
        data = f"01{len(raw):02x}{raw.hex()}" + "00" * 16
        assert verdict_on_1376(0x05, 0, 32, data, {"v": {"kind": 1, "text": text}}, up=False).passed
        assert not verdict_on_1376(0x05, 0, 32, data, {"v": {"kind": 1, "text": f"{text}!"}}, up=False).passed


def test_a_value_of_several_parts_may_be_given_as_its_bytes() -> None:
    assert verdict_on_1376(0x0C, 2, 167, PURCHASE, {"v": PURCHASE}).passed
    assert verdict_on_1376(0x05, 0, 32, "010241" + "42" + "00" * 16, {"v": "01024142"}, up=False).passed
    assert not verdict_on_1376(0x0C, 2, 167, PURCHASE, {"v": PURCHASE[:-2] + "00"}).passed


def test_a_value_that_is_missing_may_be_so_field_by_field() -> None:
    assert verdict_on_1376(0x0C, 1, 23, "eeeeeeee", {"v": {"remain": {"v": None, "big": None}}}).passed
    assert not verdict_on_1376(0x0C, 1, 23, "00000040", {"v": {"remain": {"v": None, "big": None}}}).passed


def test_bits_of_a_byte_may_be_given_from_either_end_under_names_that_we_do_not_know() -> None:
    order = "23" + "00" * 16
    spellings: list[tuple[JsonObject, bool]] = [
        ({"a": 2, "b": 3}, True),
        ({"a": 3, "b": 2}, True),
        ({"a": 2, "b": 2}, False),
    ]
    for said, passed in spellings:
        assert verdict_on_1376(0x05, 1, 1, order, {"v": said}, up=False).passed is passed


def test_rounds_may_be_listed() -> None:
    tail = "00" * 16
    spellings: list[tuple[Json, bool]] = [([1, 8], True), (0x81, True), ([1, 7], False), ([8], False), ([0, 7], False)]
    for said, passed in spellings:
        assert verdict_on_1376(0x04, 1, 48, "81" + tail, {"v": {"rounds": said}}, up=False).passed is passed


def test_a_password_that_only_some_frames_have_is_there_if_the_file_has_it() -> None:
    body = unit_to_bytes(unit(0, 1)) + bytes(5)
    for pw, raw, passed in (("01" * 16, "00" * 5, True), ("01" * 16, "00" * 6, False), ("02" * 16, "00" * 5, False)):
        head = outer.Frame(outer.Terminal("3201", 18), outer.Control(False, True, 11), 0x0F, outer.Seq(1), body)
        sent = outer.encode(head._replace(body=body + bytes.fromhex("01" * 16)))
        units: list[Json] = [{"p": [0], "f": [1], "raw": raw}]
        (verdict,) = run([Entry("it", {"hex": sent.hex(), "decoded": {"pw": pw, "units": units}})], Family.GDW1376)
        assert verdict.passed is passed


def test_all_points_may_be_called_so() -> None:
    body = bytes.fromhex("ff000110")
    raw = outer.encode(
        outer.Frame(outer.Terminal("3201", 18), outer.Control(False, True, 11), 0x0C, outer.Seq(1), body)
    )
    spellings: list[tuple[Json, bool]] = [(["all"], True), ("all", True), ([0], False), ([1], False)]
    for said, passed in spellings:
        told: JsonObject = {"hex": raw.hex(), "decoded": {"units": [{"p": said, "f": [129]}]}}
        (verdict,) = run([Entry("it", told)], Family.GDW1376)
        assert verdict.passed is passed


PRICES = "020001000200"  # two numbers behind their count


@pytest.mark.parametrize(
    "said", [{"n": 2, "no": [1, 2]}, [1, 2], {"list": [1, 2]}, {"count": 2, "first": 1, "second": 2}]
)
def test_the_length_of_a_list_may_be_given_or_not(said: Json) -> None:
    assert verdict_on_1376(0x0A, 0, 10, PRICES, {"v": said}, up=False).passed


@pytest.mark.parametrize("said", [{"n": 3, "no": [1, 2]}, [2, 1], [1], {"n": 2, "no": [1, 3]}])
def test_a_wrong_length_or_order_of_a_list_fails(said: Json) -> None:
    assert not verdict_on_1376(0x0A, 0, 10, PRICES, {"v": said}, up=False).passed


CURVE = "0000201126" + "0104"


@pytest.mark.parametrize(
    "said",
    [
        {"td": "2611200000", "density": 1, "n": 4},
        {"td": {"time": "2611200000", "m": 1, "n": 4}},
        {"td": ["2611200000", 1, 4]},
    ],
)
def test_a_label_may_be_one_field_or_three(said: Json) -> None:
    assert verdict_on_1376(0x0D, 2, 81, CURVE, {"v": said}, up=False).passed


def test_fields_under_names_that_we_know_may_not_change_places() -> None:
    """Bit groups of one byte have no order that everybody shares, so the names decide, and only those."""
    order = "23" + "00" * 16
    assert verdict_on_1376(0x05, 1, 1, order, {"v": {"delay": 3, "limit": 2}}, up=False).passed
    assert verdict_on_1376(0x05, 1, 1, order, {"v": {"limit": 2, "delay": 3}}, up=False).passed
    assert not verdict_on_1376(0x05, 1, 1, order, {"v": {"limit": 3, "delay": 2}}, up=False).passed


def test_a_binary_field_that_is_not_there_is_null() -> None:
    relay = "2509201126" + "ee" * 11
    absent: JsonObject = {"read": "2611200925", "state": None, "closed_at": None, "opened_at": None}
    assert verdict_on_1376(0x0C, 2, 161, relay, {"v": absent}).passed
    assert not verdict_on_1376(0x0C, 2, 161, relay, {"v": {**absent, "state": 17}}).passed


def test_a_file_that_did_not_know_where_a_unit_ends_may_give_the_rest_as_bytes() -> None:
    first, second = unit_to_bytes(unit(2, 23)) + bytes(4), unit_to_bytes(unit(2, 7)) + bytes(2)
    head = outer.Frame(outer.Terminal("3201", 18), outer.Control(True, False, 8), 0x0C, outer.Seq(1), first + second)
    rest = (bytes(4) + second).hex()
    for raw, passed in ((rest, True), (rest[:-2] + "01", False), (rest[:-2], False)):
        units: list[Json] = [{"p": [2], "f": [23], "raw": raw}]
        told: JsonObject = {"hex": outer.encode(head).hex(), "decoded": {"units": units}}
        (verdict,) = run([Entry("it", told)], Family.GDW1376)
        assert verdict.passed is passed


def test_an_answer_that_gives_itself_a_wrong_length_is_read_and_written_as_it_came() -> None:
    raw = bytearray(encode(Frame(METER, 0x91, bytes.fromhex("00029000" + "56980100"))))
    raw[9] = 4
    raw[-2] = sum(raw[:-2]) & 0xFF
    told: JsonObject = {"hex": raw.hex(), "decoded": {"kind": "data", "di": "00900200", "value": Decimal("198.56")}}
    (verdict,) = run([Entry("it", told)], Family.DLT645)
    assert verdict.passed


@pytest.mark.parametrize("expiry", ["991230000000", "991230 00:00:00", "2099-12-30 00:00:00"])
def test_an_order_of_a_dialect_is_read_as_its_meters_mean_it(expiry: str) -> None:
    """Plain under PA 98, and with an expiry that is not reversed."""
    told: JsonObject = {
        "kind": "relay",
        "pa": "98",
        "pw": "000000",
        "op": "01000000",
        "n1": "1A",
        "cmd": "trip",
        "n2": 0,
    }
    data = "98000000" + "01000000" + "1a00" + "991230000000"
    assert verdict_on_645(0x1C, data, {**told, "expiry": expiry}).passed
    assert not verdict_on_645(0x1C, data, {**told, "expiry": "991231000000"}).passed
    assert not verdict_on_645(0x1C, data, {**told, "n1": "1B", "expiry": expiry}).passed
