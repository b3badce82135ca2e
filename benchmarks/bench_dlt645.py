"""DL/T 645: encoding and decoding frames of 24 and of 200 bytes, against PyPI `dlt645` in the same run.

Run it with `python -m benchmarks.bench_dlt645`. One operation builds a frame from its fields, writes it, and reads it
back into fields. Both sides take turns, and the best round of each counts: on a shared machine the others measure the
neighbours. Seconds are those of the processor.
"""

from collections.abc import Callable, Iterator
from itertools import count, islice
from time import process_time

from dlt645 import DLT645Protocol

from meters_io.dlt645.frame import Frame, decode, encode

_ADDRESS = "201000000012"
_WIRE_ADDRESS = bytes.fromhex(_ADDRESS)[::-1]
_CONTROL = 0x91
_DATA = bytes.fromhex("000290005698010000000000")
_LONG_DATA = (_DATA * 16)[: 200 - 12]
_ROUNDS = 25
_PER_ROUND = 1000


def measure() -> dict[str, float]:
    """Return operations a second of this codec and of the peer, each its best round, and their ratio, by frame size.

    `cold`: 24 bytes with a meter never met before in each frame, when nothing that is remembered helps.
    """
    strangers = (f"{number:012d}" for number in count())
    short, long = _compared(_DATA, 24, strangers), _compared(_LONG_DATA, 200, strangers)
    return {
        "dlt645_per_s": short[0],
        "dlt645_peer_per_s": short[1],
        "dlt645_ratio": short[0] / short[1],
        "dlt645_cold_ratio": short[2] / short[1],
        "dlt645_long_per_s": long[0],
        "dlt645_long_peer_per_s": long[1],
        "dlt645_long_ratio": long[0] / long[1],
    }


def _compared(data: bytes, size: int, strangers: Iterator[str]) -> tuple[float, ...]:
    """Return operations a second of ours, of theirs, and of ours with strangers, for frames with these data."""
    if _ours(data, _ADDRESS) != _theirs(data, _ADDRESS) or len(encode(Frame(_ADDRESS, _CONTROL, data))) != size:
        raise AssertionError("the two codecs disagree")
    one = [_ADDRESS] * _PER_ROUND
    rounds = [
        (_rate(_ours, data, one), _rate(_theirs, data, one), _rate(_ours, data, list(islice(strangers, _PER_ROUND))))
        for _ in range(_ROUNDS)
    ]
    return tuple(max(rates) for rates in zip(*rounds, strict=True))


def _ours(data: bytes, address: str) -> bytes:
    return decode(encode(Frame(address, _CONTROL, data))).data


def _theirs(data: bytes, _: str) -> bytes:
    raw = DLT645Protocol.build_frame(_WIRE_ADDRESS, _CONTROL, data, preamble_count=0)
    return bytes(DLT645Protocol.deserialize(bytes(raw)).data)


def _rate(operation: Callable[[bytes, str], bytes], data: bytes, addresses: list[str]) -> float:
    begun = process_time()
    for address in addresses:
        operation(data, address)
    return len(addresses) / (process_time() - begun)


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:24} {value:12,.1f}")
