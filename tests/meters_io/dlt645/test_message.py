"""Whole frames as named fields, and back: whatever a frame carries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.dlt645.commands import COMMANDS
from meters_io.dlt645.dialects import DIALECTS, Dialect
from meters_io.dlt645.frame import Frame, decode
from meters_io.dlt645.layouts import layout_of
from meters_io.dlt645.message import Head, Message, head_of, read_message, recognise, write_message
from meters_io.errors import LocalError
from meters_io.layout import Plain
from tests.each import each
from tests.meters_io.dlt645.strategies import FRAMES, identifiers
from tests.meters_io.samples import DLT645, Sample

SAMPLE_DIALECTS = st.sampled_from(list(DIALECTS.values()))


@st.composite
def about_items(draw: st.DrawFn) -> Frame:
    """Frames about something that we know, with data that may fit or not."""
    dialect = draw(SAMPLE_DIALECTS)
    di = draw(identifiers() | st.sampled_from([*COMMANDS, *dialect.commands]))
    control = draw(st.sampled_from([0x03, 0x83, 0x11, 0x91, 0xB1, 0x92, 0xB2, 0x12, 0x14, 0x18, 0x1B]))
    level = draw(st.sampled_from([b"", b"\x02", b"\x98", b"\x99"]))
    return Frame("201000000012", control, di.to_bytes(4, "little") + level + draw(st.binary(max_size=80)))


@given(FRAMES | about_items(), SAMPLE_DIALECTS)
def test_every_frame_is_read_and_written_again_byte_for_byte(frame: Frame, dialect: Dialect) -> None:
    assert write_message(head_of(frame), read_message(frame, dialect), dialect) == frame


@each(DLT645, lambda sample: sample.id)
def test_every_published_frame_is_read_without_trouble_in_its_dialect(sample: Sample) -> None:
    frame = decode(sample.raw)
    dialect = recognise(frame)
    message = read_message(frame, dialect)
    assert message.trouble is None
    assert write_message(head_of(frame), message, dialect) == frame


METER = "201000000012"
WORDS_OF_A_BYTE: list[Plain] = [
    "no_such_data",
    "password_or_not_authorised",
    "baud_fixed",
    "too_many_year_zones",
    "too_many_day_periods",
    "too_many_tariffs",
]
AUTHORITY: dict[str, Plain] = {"level": "02", "password": "020637", "operator": "00000001"}
SIGNED = "02370602" + "01000000"
ESAM = "98370602" + "01000000"
MESSAGES: list[tuple[int, str, str, dict[str, Plain]]] = [
    (0x08, "302816071219", "set_time", {"time": "191207162830"}),
    (0x11, "00000106" + "05", "read", {"di": "06010000", "blocks": 5}),
    (0x11, "00000106" + "05" + "3009201126", "read", {"di": "06010000", "blocks": 5, "start": "2611200930"}),
    (0x12, "0100300301", "read_more", {"di": "03300001", "seq": 1}),
    (0xB1, "01003003aa", "read_reply", {"di": "03300001", "part": "aa"}),
    (0xB2, "01003003aa01", "read_more_reply", {"di": "03300001", "part": "aa", "seq": 1}),
    (0x13, "", "read_address", {}),
    (0x93, "120000001020", "read_address_reply", {"address": METER}),
    (0x94, "", "write_reply", {}),
    (0x15, "120000001020", "write_address", {"address": METER}),
    (0x95, "", "write_address_reply", {}),
    (0x16, "30092011", "freeze", {"at": "11200930"}),
    (0x96, "", "freeze_reply", {}),
    (0x17, "08", "set_baud", {"rates": ["2400"]}),
    (0x97, "20", "set_baud_reply", {"rates": ["9600"]}),
    (
        0x18,
        "030c0004" + "02370602" + "04000001",
        "set_password",
        {"di": "04000C03", "level": "02", "password": "020637", "new_level": "04", "new_password": "010000"},
    ),
    (0x98, "", "set_password_reply", {}),
    (0x98, "04000001", "set_password_reply", {"new_level": "04", "new_password": "010000"}),
    (0x19, SIGNED, "clear_demand", AUTHORITY),
    (0x99, "", "clear_demand_reply", {}),
    (0x1A, SIGNED, "clear_meter", AUTHORITY),
    (
        0x1A,
        ESAM + "0102" + "11223344",
        "clear_meter",
        {**AUTHORITY, "level": "98", "cipher": "0201", "mac": "44332211"},
    ),
    (0x9A, "", "clear_meter_reply", {}),
    (0x1B, SIGNED + "ffffffff", "clear_events", {**AUTHORITY, "di": "FFFFFFFF"}),
    (0x9B, "", "clear_events_reply", {}),
    (
        0x1C,
        SIGNED + "1d03" + "00" * 6,
        "relay",
        {**AUTHORITY, "action": "trip_for_a_time", "delay": 3, "expires": "0" * 12},
    ),
    (0x9C, "2000", "relay_reply", {"executed": ["delayed_by_high_current"]}),
    (0xDC, "2000", "refusal", {"error_word": ["trip_refused_keep_power"]}),
    (0xDC, "04002000", "refusal", {"executed": ["trip"], "error_word": ["trip_refused_keep_power"]}),
    (0x1D, "01", "set_output", {"output": "demand_period"}),
    (0x9D, "", "set_output_reply", {}),
    (0x9D, "02", "set_output_reply", {"output": "period_switch"}),
    (0xC3, "1200", "refusal", {"error_word": ["duplicate_recharge", "customer_mismatch"]}),
    (0xC3, "0080", "refusal", {"error_word": ["mac_or_password_setting"]}),
    (0x9F, "0102", "other", {"body": "0102"}),
    (0x1E, "", "other", {"body": ""}),
    (0x51, "00", "other", {"body": "00"}),
]
MESSAGES += [
    (0xC0 | function, "7f", "refusal", {"error_byte": ["other", *WORDS_OF_A_BYTE]})
    for function in (0x11, 0x12, 0x14, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1C, 0x1D)
]


@pytest.mark.parametrize(("control", "data", "kind", "fields"), MESSAGES)
def test_each_control_code_has_its_fields(control: int, data: str, kind: str, fields: dict[str, Plain]) -> None:
    frame = Frame(METER, control, bytes.fromhex(data))
    assert read_message(frame) == Message(kind, fields)
    assert write_message(head_of(frame), Message(kind, fields)) == frame


MACS: dict[str, Plain] = {"mac": "44332211"}
CHIP = "".join(f"{byte:02x}" for byte in range(8))
TURNED = bytes.fromhex(CHIP)[::-1].hex()
COMMANDS_SAID: list[tuple[str, str, dict[str, Plain], str, dict[str, Plain]]] = [
    (
        "070000FF",
        CHIP * 3,
        {"cipher1": TURNED, "random1": TURNED, "diversifier": TURNED},
        "01020304" + CHIP,
        {"random2": "04030201", "esam_serial": TURNED},
    ),
    ("070001FF", "0500" + "11223344", {"minutes": 5, **MACS}, "", {}),
    (
        "070002FF",
        "",
        {},
        "563412000000" + "10270000" + "02000000" + "01020304",
        {"customer": "000000123456", "balance_cents": 10_000, "count": 2, "key_info": "04030201"},
    ),
    (
        "078003FF",
        CHIP,
        {"random1": TURNED},
        "120000001020" + CHIP * 3,
        {"meter": METER, "esam_serial": TURNED, "cipher1": TURNED, "random2": TURNED},
    ),
    ("078003FF", "01", {"payload": "01"}, "02", {"payload": "02"}),
    ("070003FF", CHIP, {"cipher2": TURNED}, "", {}),
    ("070004FF", "180200" + "0102" + "11223344", {"file": "18", "offset": 2, "data": "0201", **MACS}, "", {}),
    ("070004FF", "18", {"payload": "18"}, "", {}),
    ("070005FF", "150000" + "0102" + "11223344", {"file": "15", "offset": 0, "cipher": "0201", **MACS}, "", {}),
    ("070201FF", "aa" * 64, {"payload": "aa" * 64}, "", {}),
    ("070301FF", "00" * 35 + "01" + "11223344", {"keys": ["01" + "00" * 35], **MACS}, "", {}),
    (
        "078001FF",
        "04000200" + "0300" + "01df",
        {"selector": {"length": 4, "offset": 2, "file": "0003", "directory": "DF01"}},
        "04000200" + "0300" + "01df" + "01020304" + "11223344",
        {"selector": {"length": 4, "offset": 2, "file": "0003", "directory": "DF01"}, "data": "04030201", **MACS},
    ),
    (
        "078002FF",
        "01020010000000200000",
        {"processor": 1, "key": 2, "factor_at": 0x1000, "data_at": 0x2000},
        "00" * 63 + "01",
        {"cipher": "01" + "00" * 63},
    ),
    ("078002FF", "0102", {"payload": "0102"}, "03", {"payload": "03"}),
    ("070190FF", "90785634129078563412", {"token": "12345678901234567890"}, "01563412", {"result": 1, "tid": 0x123456}),
]


@pytest.mark.parametrize(("di", "asked", "request_", "answered", "reply"), COMMANDS_SAID)
def test_each_security_command_has_its_fields(
    di: str, asked: str, request_: dict[str, Plain], answered: str, reply: dict[str, Plain]
) -> None:
    wire = bytes.fromhex(di)[::-1].hex()
    for control, data, message in (
        (0x03, wire + "01000000" + asked, Message("security", {"di": di, "operator": "00000001", **request_})),
        (0x83, wire + answered, Message("security_reply", {"di": di, **reply})),
        (0x83, wire, Message("security_reply", {"di": di})),
        (0x83, "", Message("security_reply", {})),
    ):
        frame = Frame(METER, control, bytes.fromhex(data))
        assert read_message(frame) == message
        assert write_message(head_of(frame), message) == frame


@pytest.mark.parametrize(
    ("control", "data", "fields", "trouble"),
    [
        (
            0x91,
            "00000100" + "563412",
            {"di": "00010000", "body": "563412"},
            "value: 4 bytes were expected and 3 are left",
        ),
        (0x91, "0000", {"body": "0000"}, "di: 4 bytes were expected and 2 are left"),
        (0x13, "00", {"body": "00"}, "1 bytes too many"),
        (
            0x03,
            "ff020107" + "00000000" + "00",
            {"di": "070102FF", "operator": "00000000", "body": "00"},
            "amount_cents",
        ),
        (0x03, "ff020107" + "00", {"di": "070102FF", "body": "00"}, "operator"),
        (0x1C, SIGNED + "1a", {**AUTHORITY, "body": "1a"}, "delay"),
        (0x14, "01100004" + "99", {"body": "0110000499"}, "password"),
    ],
)
def test_what_does_not_fit_is_kept_and_named(control: int, data: str, fields: dict[str, Plain], trouble: str) -> None:
    frame = Frame(METER, control, bytes.fromhex(data))
    message = read_message(frame)
    assert message.fields == fields
    assert message.trouble is not None
    assert message.trouble.startswith(trouble)
    assert write_message(head_of(frame), message) == frame


@pytest.mark.parametrize(
    ("control", "message", "code"),
    [
        (0x11, Message("write", {"di": "00010000"}), "wrong_kind"),
        (0x11, Message("read", {"item": "00010000"}), "wrong_fields"),
        (0x11, Message("read", {"di": "xyz"}), "not_hex"),
        (0x11, Message("read", {"di": "0001"}), "not_hex"),
        (0x91, Message("read_reply", {"di": "00010000", "value": "many"}), "not_a_number"),
        (0x17, Message("set_baud", {"rates": ["14400"]}), "unknown_word"),
        (0x1D, Message("set_output", {"output": "relay"}), "unknown_word"),
    ],
)
def test_a_message_that_cannot_be_said_is_our_error(control: int, message: Message, code: str) -> None:
    with pytest.raises(LocalError) as caught:
        write_message(Head(METER, control), message)
    assert caught.value.code == code


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_no_two_shapes_of_a_message_have_the_same_names(dialect: Dialect) -> None:
    known = [None, 0x00010000, *COMMANDS, *dialect.commands]
    for control in range(256):
        for di in known:
            layout = layout_of(control, di, dialect)
            names = [frozenset(name for name, _ in shape.fields) for shape in (*layout.whole, *layout.partial)]
            assert len(set(names)) == len(names), (control, di)
