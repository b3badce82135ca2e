"""Answers in several frames, and files of tables: joined, dropped or refused, and never beyond their limit."""

from contextlib import suppress

from meters_io.dlt645.check import read_checked
from meters_io.dlt645.frame import Frame as MeterFrame
from meters_io.dlt645.longread import LongRead
from meters_io.errors import CodecError
from meters_io.gdw1376.frame import Control, Frame, Seq, Terminal
from meters_io.gdw1376.joining import MAX_PARTS, Joiner
from meters_io.gdw1376.message import read_message
from meters_io.sts.ciphers.sta import SAMPLE_TABLES, parse_tables
from tests.meters_io.parsers import METER

_HEAD = Frame(Terminal("3201", 18), Control(up=True, starts=False, function=8), 0x0C, Seq(0), b"")
_DI = 0x05060101


def check_joining(raw: bytes) -> None:
    """Whatever parts come in whatever order: joining raises nothing, loses none, and holds no more than it may.

    Four bytes a part: SEQ, and as many bytes of body as the second says.
    """
    joiner, taken, given_back = Joiner(), 0, 0
    for at in range(0, len(raw) - 3, 4):
        bits = raw[at]
        seq = Seq(bits & 15, tagged=bool(bits & 128), first=bool(bits & 64), final=bool(bits & 32))
        joined = joiner.take(_HEAD._replace(seq=seq, body=raw[at : at + raw[at + 1]]))
        held = joiner.held
        taken, given_back = taken + 1, given_back + len(joined.dropped)
        assert held <= MAX_PARTS
        if joined.whole is not None:
            read_message(joined.whole)
            given_back = taken - held  # the whole stands for its parts
        assert taken == given_back + held


def check_long_read(raw: bytes) -> None:
    """Whatever answers a long reading, it ends, goes on, or says `CodecError`; and so does a checked reading."""
    reading = LongRead(METER, _DI)
    for at in range(0, len(raw), 12):
        reply = MeterFrame(METER, raw[at], _DI.to_bytes(4, "little") + raw[at + 1 : at + 12])
        with suppress(CodecError):
            read_checked(reading.ask(), reply)
        if reading.done:
            break
        with suppress(CodecError):
            joined = reading.join(reply)
            reading = joined if isinstance(joined, LongRead) else reading
        assert reading.seq <= 255


def check_tables(raw: bytes) -> None:
    """Any file is a set of tables or a `CodecError`."""
    with suppress(CodecError):
        tables = parse_tables(raw.decode("utf-8", "replace"))
        assert sorted(tables.perm) == list(range(64))


def parts() -> list[bytes]:
    """Return rows of parts: one alone, a first with a middle and a last."""
    return [bytes((0x60, 4, 0, 0)), bytes((0x40, 0, 0, 0, 1, 0, 0, 0, 0x22, 0, 0, 0)), bytes((0x41, 9, 1, 1) * 3)]


def long_answers() -> list[bytes]:
    """Return the answers of a meter in two and three parts."""
    return [
        bytes((0xB1, *range(11), 0x92, *range(10), 1)),
        bytes((0xB1, *range(11), 0xB2, *range(10), 1, 0x92, *range(10), 2)),
    ]


def tables() -> list[bytes]:
    """Return the published sample tables as a file, and what is none."""
    lists = {"sub1": SAMPLE_TABLES.sub1, "sub2": SAMPLE_TABLES.sub2, "perm": SAMPLE_TABLES.perm}
    whole = "{" + ", ".join(f'"{name}": {list(entries)}' for name, entries in lists.items()) + "}"
    return [whole.encode(), b"[]", b'{"sub1": [1]}']
