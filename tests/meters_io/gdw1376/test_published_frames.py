"""Every sample frame: its fields as published, and rebuilt byte for byte."""

from dataclasses import replace
from typing import Any

import pytest

from meters_io.dlt645.frame import decode as decode_inner
from meters_io.gdw1376 import link, passage
from meters_io.gdw1376.frame import Afn, Frame, decode, encode, take_frame
from meters_io.gdw1376.tail import split_tail, with_tail
from meters_io.gdw1376.units import UNIT_BYTES, Unit, unit_from_bytes, unit_to_bytes
from tests.each import each
from tests.meters_io.samples import CHINA, GDW1376, Sample

# Inside the subset to the last byte: links, confirmations, passages. Of all others the outer frame, the tail and the
# first unit identifier are checked, and what the first unit holds is left to the full catalogue: resets, parameters,
# control of the terminal itself, current data, history, events.
INSIDE = {Afn.CONFIRM, Afn.LINK, Afn.FORWARD}
OUTSIDE = {
    "reset-hw",
    "ctl-keep-power-on",
    "ctl-keep-power-off",
    "rt-F33",
    "set-F22-tariffs",
    "rt-F193",
    "set-F24",
    "set-F29",
    "set-F38",
    "rt-two-units",
    "rt-F129",
    "rt-F2-b",
    "old-hist-F161-F163",
    "ev-erc1",
    "hist-F51-F49",
    "c-F10-two",
    "c-F47",
    "c-F48",
    "c-F16",
    "c-F24",
    "c-F31",
    "c-0C-F167",
    "c-0C-F167-r",
    "c-0C-F23-r",
    "c-0C-F129-r",
    "c-0E-erc14",
    "c-0E-erc23",
}
everything = each(GDW1376, lambda sample: sample.id)


def of(afn: Afn, *, up: bool | None = None) -> pytest.MarkDecorator:
    chosen = [s for s in GDW1376 if int(s.decoded["afn"], 16) == afn and up in (None, bool(s.decoded["dir"]))]
    assert chosen
    return pytest.mark.parametrize("sample", chosen, ids=lambda sample: sample.id)


def test_every_sample_is_inside_the_subset_or_named_as_outside() -> None:
    assert {s.id for s in GDW1376 if int(s.decoded["afn"], 16) not in INSIDE} == OUTSIDE


@everything
def test_the_outer_frame_is_read_and_rebuilt_byte_for_byte(sample: Sample) -> None:
    frame, told = decode(sample.raw), sample.decoded
    assert (frame.protocol, f"{sample.raw[6]:02X}") == (told["proto"], told["c"])
    control, seq = frame.control, frame.seq
    assert [control.up, control.starts, control.function] == [told["dir"], told["prm"], told["func"]]
    assert [control.flag5, control.flag4] == [told["b5"], told["b4"]]
    assert (frame.terminal.region, f"{frame.terminal.number:04X}") == (told["region"], told["term"])
    assert (f"{frame.a3:02X}", f"{frame.afn:02X}") == (told["a3"], told["afn"])
    assert (frame.master << 1 | frame.to_group) == frame.a3
    assert [seq.tagged, seq.first, seq.final, seq.confirm] == [told[name] for name in ("tpv", "fir", "fin", "con")]
    assert seq.number == told["seq"]
    assert encode(frame) == sample.raw
    assert take_frame(sample.raw) == (frame, len(sample.raw))


@everything
def test_the_tail_is_read_and_rebuilt(sample: Sample) -> None:
    frame, told = decode(sample.raw), sample.decoded
    units, tail = split_tail(frame)
    assert (tail.password.hex() if tail.password else None) == told.get("pw")
    assert (bytes((tail.events.important, tail.events.normal)).hex() if tail.events else None) == told.get("ec")
    if tail.tag is None:
        assert "tp" not in told
    else:
        time = f"{tail.tag.day:02d}{tail.tag.hour:02d}{tail.tag.minute:02d}{tail.tag.second:02d}"
        assert {"pfc": tail.tag.count, "time": time, "delay": tail.tag.allowed_min} == told["tp"]
    assert with_tail(frame, units, tail) == frame


@everything
def test_the_first_unit_identifier_is_read_and_rebuilt(sample: Sample) -> None:
    units, _ = split_tail(decode(sample.raw))
    first = unit_from_bytes(units[:UNIT_BYTES])
    assert first == named(sample.decoded["units"][0])
    assert unit_to_bytes(first) == units[:UNIT_BYTES]


@of(Afn.LINK)
def test_link_messages_are_read_and_rebuilt(sample: Sample) -> None:
    frame, told = decode(sample.raw), sample.decoded["units"][0]
    message = link.parse_link(frame, CHINA)
    assert {1: link.Login, 3: link.Heartbeat}[told["f"][0]] is type(message)
    if "v" in told:
        assert isinstance(message, link.Heartbeat)
        assert message.clock is not None
        assert f"{message.clock.astimezone(CHINA):%Y-%m-%d w%u %H:%M:%S}" == told["v"]
    built = link.build_link(frame.terminal, message, frame.seq.number, CHINA)
    assert encode(built._replace(protocol=frame.protocol)) == sample.raw


@of(Afn.CONFIRM)
def test_confirmations_are_read_and_rebuilt(sample: Sample) -> None:
    frame, told = decode(sample.raw), sample.decoded["units"][0]
    asked = frame._replace(control=replace(frame.control, up=not frame.control.up), afn=0x04)
    confirmation = link.parse_confirm(frame)
    assert {1: link.Confirmed, 2: link.Denied, 3: link.PerUnit}[told["f"][0]] is type(confirmation)
    match confirmation:
        case link.Confirmed():
            assert encode(link.build_confirm(asked)) == sample.raw
        case link.Denied():
            assert encode(link.build_denial(asked)) == sample.raw
        case link.PerUnit(afn, results):
            items = told["v"]["items"]
            assert afn == told["v"]["afn"]
            assert results == tuple(link.UnitResult(named(item), item["err"]) for item in items)
            assert encode(link.build_per_unit(asked, results)) == sample.raw


@of(Afn.FORWARD, up=False)
def test_passages_down_are_read_and_rebuilt(sample: Sample) -> None:
    frame, told = decode(sample.raw), sample.decoded["units"][0]["v"]
    sent, tail = passage.parse_passage(frame)
    assert (sent.port, sent.line, sent.inner.hex()) == (told["port"], told["ctl"], told["frame"])
    assert sent.frame_timeout_ms == (told["to"] & 0x7F) * (1000 if told["to"] & 0x80 else 10)
    assert sent.byte_timeout_ms == told["bto"] * 10
    assert len(decode_inner(sent.inner).address) == 12
    route = passage.Route(frame.terminal, frame.seq.number, frame.master, tail)
    assert encode(passage.build_passage(route, sent)) == sample.raw


@of(Afn.FORWARD, up=True)
def test_passages_up_are_read_and_rebuilt(sample: Sample) -> None:
    frame, told = decode(sample.raw), sample.decoded["units"][0]["v"]
    asked = request_for(frame, told["port"])
    inner = bytes.fromhex(told["frame"])
    _, tail = split_tail(frame)
    expected = passage.Passed(inner, tail.events) if inner else passage.NoAnswer(tail.events)
    assert passage.parse_passed(frame, asked) == expected
    built = passage.build_passed(asked, told["port"], inner, tail)
    assert encode(built._replace(a3=frame.a3)) == sample.raw


def request_for(reply: Frame, port: int) -> Frame:
    route = passage.Route(reply.terminal, reply.seq.number, reply.master or 1)
    return passage.build_passage(route, passage.Passage(port, b"\x68"))


def named(told: dict[str, Any]) -> Unit:
    return Unit(tuple(told["p"]), tuple(told["f"]))
