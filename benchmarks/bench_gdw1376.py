"""Q/GDW 1376.1: reading what a concentrator passed on, with the meter's own frame inside, down to the meter's data.

Run it with `python -m benchmarks.bench_gdw1376`. One operation takes the bytes of a forward (AFN 10 F1), checks them,
finds the inner frame, checks and reads that too. The baseline is a reader written straight from the description of both
protocols, in the same run. Both sides take turns, and the best round of each counts: on a shared machine the others
measure the neighbours. Seconds are those of the processor, on one core.
"""

from collections.abc import Callable, Iterable
from itertools import count, islice
from time import process_time
from typing import Any

from benchmarks.table import Line
from meters_io.dlt645 import frame as dlt645
from meters_io.gdw1376.clock import tag_from_bytes
from meters_io.gdw1376.frame import Terminal, decode, encode
from meters_io.gdw1376.message import read_message
from meters_io.gdw1376.passage import Passage, Passed, Route, build_passage, build_passed, parse_passage, parse_passed
from meters_io.gdw1376.reader import Reader
from meters_io.gdw1376.tail import EventCounters, Tail

_ROUNDS = 25
_PER_ROUND = 1000
_SEGMENT = 1460  # how TCP cuts a stream
_PORT = 31
_DATA = bytes.fromhex("0000010078060000")
_INNER = dlt645.encode(dlt645.Frame("125615300161", 0x91, _DATA))
_TAIL = Tail(events=EventCounters(79, 0), tag=tag_from_bytes(bytes.fromhex("000650232105")))


def _asked(number: int) -> bytes:
    route = Route(Terminal(f"{number // 60_000 % 10_000:04d}", number % 60_000 + 1), 5, 2, Tail(tag=_TAIL.tag))
    return encode(build_passage(route, Passage(_PORT, _INNER)))


_DOWN = _asked(1)
_ASKED = decode(_DOWN)
_UP = encode(build_passed(_ASKED, _PORT, _INNER, _TAIL))


def measure(rounds_each: int = _ROUNDS) -> dict[str, float]:
    """Return operations a second, each its best round, and of the first its ratio to the baseline.

    `gdw1376`: an answer that came alone, as on a quiet line. `stream`: answers glued together and cut by TCP. `down`:
    the order as a terminal reads it. `cold`: that with a terminal never met before in each. `tree`: the whole message
    as plain values.
    """
    if not _ours([_UP]) == _plain([_UP]) == _through_a_stream([_UP]) == _ordered([_DOWN]) == [_DATA]:
        raise AssertionError("the two readers disagree")
    strangers = (_asked(number) for number in count(2))
    one, orders = [_UP] * _PER_ROUND, [_DOWN] * _PER_ROUND
    rounds = [
        (
            _rate(_ours, one),
            _rate(_plain, one),
            _rate(_through_a_stream, one),
            _rate(_ordered, orders),
            _rate(_ordered, list(islice(strangers, _PER_ROUND))),
            _rate(_as_a_tree, one),
        )
        for _ in range(rounds_each)
    ]
    ours, plain, stream, down, cold, tree = (max(rates) for rates in zip(*rounds, strict=True))
    return {
        "gdw1376_per_s": ours,
        "gdw1376_baseline_per_s": plain,
        "gdw1376_ratio": ours / plain,
        "gdw1376_stream_per_s": stream,
        "gdw1376_down_per_s": down,
        "gdw1376_cold_per_s": cold,
        "gdw1376_tree_per_s": tree,
    }


def lines() -> list[Line]:
    """Return the rows of the table."""
    figures = measure()
    baseline = figures["gdw1376_baseline_per_s"]

    def row(title: str, name: str, target: float | None = None) -> Line:
        rate = figures[f"{name}_per_s"]
        return Line(title, rate, "/s", rate / baseline, target=target, more_is_better=True)

    return [
        row("1376.1 answer to a forward and its inner frame, read", "gdw1376", 250_000),
        row("  the same out of a stream cut by TCP", "gdw1376_stream"),
        row("  the forward itself, as a terminal reads it", "gdw1376_down"),
        row("  that of a new terminal each time", "gdw1376_cold"),
        row("  the whole answer as plain values", "gdw1376_tree"),
        row("  the answer, straight from the description", "gdw1376_baseline"),
    ]


def _ours(raws: Iterable[bytes]) -> list[bytes]:
    answers = (parse_passed(decode(raw), _ASKED) for raw in raws)
    return [dlt645.decode(answer.inner).data for answer in answers if isinstance(answer, Passed)]


def _through_a_stream(raws: Iterable[bytes]) -> list[bytes]:
    reader, stream = Reader(), b"".join(raws)
    segments = (stream[first : first + _SEGMENT] for first in range(0, len(stream), _SEGMENT))
    answers = (parse_passed(frame, _ASKED) for segment in segments for frame in reader.feed(segment))
    return [dlt645.decode(answer.inner).data for answer in answers if isinstance(answer, Passed)]


def _ordered(raws: Iterable[bytes]) -> list[bytes]:
    return [dlt645.decode(parse_passage(decode(raw))[0].inner).data for raw in raws]


def _as_a_tree(raws: Iterable[bytes]) -> list[bytes]:
    values = (read_message(decode(raw)).units[0].value for raw in raws)
    return [dlt645.decode(bytes.fromhex(str(value["inner"]))).data for value in values if isinstance(value, dict)]


def _plain(raws: Iterable[bytes]) -> list[bytes]:
    return [_plain_meter(_plain_terminal(raw)["inner"])["data"] for raw in raws]


def _plain_terminal(raw: bytes) -> dict[str, Any]:
    """Read a forward upwards from its description: frame, unit, tail."""
    length = int.from_bytes(raw[1:3], "little")
    if raw[0] != 0x68 or raw[5] != 0x68 or raw[1:3] != raw[3:5] or length & 3 not in (1, 2):
        raise ValueError("no frame")
    inner = raw[6:-2]
    if len(inner) != length >> 2 or raw[-1] != 0x16 or sum(inner) % 256 != raw[-2]:
        raise ValueError("a damaged frame")
    control, afn, seq, rest = inner[0], inner[6], inner[7], inner[8:]
    fields: dict[str, Any] = {
        "region": inner[2:0:-1].hex(),
        "terminal": int.from_bytes(inner[3:5], "little"),
        "master": inner[5] >> 1,
    }
    if seq & 0x80:
        tag, rest = rest[-6:], rest[:-6]
        fields["tag"] = {"count": tag[0], "time": tag[4:0:-1].hex(), "allowed": tag[5]}
    if control & 0x80 and control & 0x20:
        fields["events"], rest = tuple(rest[-2:]), rest[:-2]
    if control & 0x80 == 0 or afn != 0x10 or rest[:4] != b"\x00\x00\x01\x00":
        raise ValueError("no answer to a forward")
    if int.from_bytes(rest[5:7], "little") != len(rest) - 7 or rest[4] != _PORT or seq & 15 != 5:
        raise ValueError("another answer")
    return {"inner": rest[7:]} | fields


def _plain_meter(raw: bytes) -> dict[str, Any]:
    """Read a meter's frame from its description."""
    if raw[0] != 0x68 or raw[7] != 0x68 or len(raw) != 12 + raw[9] or raw[-1] != 0x16:
        raise ValueError("no frame")
    if sum(raw[:-2]) % 256 != raw[-2] or not raw[6:0:-1].hex().isdecimal():
        raise ValueError("a damaged frame")
    data = bytes((byte - 0x33) % 256 for byte in raw[10:-2])
    return {"address": raw[6:0:-1].hex(), "control": raw[8], "data": data}


def _rate(operation: Callable[[list[bytes]], list[bytes]], raws: list[bytes]) -> float:
    begun = process_time()
    operation(raws)
    return len(raws) / (process_time() - begun)


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:24} {value:12,.1f}")
