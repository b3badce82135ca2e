"""Any request by its name, and what answers it."""

from decimal import Decimal

import pytest
from hypothesis import given

from meters_io.dlt645.dialects import PAKISTAN
from meters_io.dlt645.frame import ANY_METER, BROADCAST, Frame
from meters_io.dlt645.message import Message, read_message
from meters_io.dlt645.refusals import Refusal, RefusalCode
from meters_io.dlt645.requests import CONTROLS, build_request, read_answer
from meters_io.errors import CodecError, LocalError, RemoteError
from meters_io.layout import Plain
from tests.meters_io.dlt645.strategies import FRAMES

METER = "201000000012"
READ = build_request(METER, "read", {"di": "00900200"})


def test_every_kind_of_request_is_read_as_that_kind() -> None:
    for kind, control in CONTROLS.items():
        assert read_message(Frame(METER, control)).kind == kind


def test_requests_are_built_from_their_fields() -> None:
    assert build_request(BROADCAST, "freeze", {"at": "99999999"}) == Frame(BROADCAST, 0x16, b"\x99" * 4)
    assert build_request(ANY_METER, "read_address", {}) == Frame(ANY_METER, 0x13)
    refund: dict[str, Plain] = {"amount_cents": 100, "order": "1" * 16, "zero_1": "00" * 4, "zero_2": "00" * 4}
    head: dict[str, Plain] = {"di": "070108FF", "operator": "11223344", "meter": METER}
    assert len(build_request(METER, "security", head | refund, PAKISTAN).data) == 0x22


@pytest.mark.parametrize(
    ("address", "kind", "fields", "code", "field"),
    [
        (METER, "thaw", {}, "wrong_kind", "kind"),
        (METER, "read", {"body": "00"}, "wrong_fields", "body"),
        (METER, "freeze", {"at": "tomorrow"}, "not_digits", "at"),
        (ANY_METER, "freeze", {"at": "99999999"}, "wildcard", "address"),
        (BROADCAST, "read", {"di": "00900200"}, "broadcast", "address"),
    ],
)
def test_what_cannot_be_asked_is_our_error(
    address: str, kind: str, fields: dict[str, Plain], code: str, field: str
) -> None:
    with pytest.raises(LocalError) as caught:
        build_request(address, kind, fields)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_a_meter_without_a_chip_is_not_asked_to_authenticate() -> None:
    fields: dict[str, Plain] = {"di": "070002FF", "operator": "00000000"}
    assert build_request(METER, "security", fields).control == 0x03
    with pytest.raises(LocalError, match="no chip"):
        build_request(METER, "security", fields, PAKISTAN)


def test_an_answer_is_a_message_or_a_refusal() -> None:
    balance = Frame(METER, 0x91, bytes.fromhex("00029000" + "56980100"))
    assert read_answer(READ, balance) == Message("read_reply", {"di": "00900200", "value": Decimal("198.56")})
    assert read_answer(READ, Frame(METER, 0xD1, b"\x02")) == Refusal(RefusalCode.NO_DATA, 2, 0xD1)


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Frame(METER, 0x91, bytes.fromhex("00029000" + "569801")), "bad_layout"),
        (Frame(METER, 0x91, bytes.fromhex("01029000" + "56980100")), "wrong_di"),
        (Frame("201000000013", 0x91, bytes.fromhex("00029000" + "56980100")), "wrong_address"),
        (Frame(METER, 0x94), "wrong_control"),
    ],
)
def test_what_answers_something_else_is_not_believed(reply: Frame, code: str) -> None:
    with pytest.raises(RemoteError) as caught:
        read_answer(READ, reply)
    assert caught.value.code == code


@given(FRAMES, FRAMES)
def test_any_frame_is_an_answer_or_a_codec_error(asked: Frame, reply: Frame) -> None:
    try:
        said = read_answer(asked, reply)
    except CodecError as error:
        assert error.code
        return
    assert isinstance(said, Message | Refusal)
