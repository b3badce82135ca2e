"""DL/T 645: encoding and decoding a frame of 24 bytes, against PyPI `dlt645` in the same run.

Run it with `python -m benchmarks.bench_dlt645`. One operation builds a frame from its fields, writes it, and reads it
back into fields. Both sides take turns, and the best round of each counts: on a shared machine the others measure the
neighbours.
"""

from collections.abc import Callable
from itertools import count, islice
from time import perf_counter

from dlt645 import DLT645Protocol

from meters_io.dlt645.frame import Frame, decode, encode

_ADDRESS = "201000000012"
_WIRE_ADDRESS = bytes.fromhex(_ADDRESS)[::-1]
_CONTROL = 0x91
_DATA = bytes.fromhex("000290005698010000000000")
_ROUNDS = 25
_PER_ROUND = 1000


def measure() -> dict[str, float]:
    """Return operations a second of this codec and of the peer, each its best round, and their ratio.

    `cold`: the same with a meter never met before in each frame, when nothing that is remembered helps.
    """
    if _ours(_ADDRESS) != _theirs(_ADDRESS) or len(encode(Frame(_ADDRESS, _CONTROL, _DATA))) != 24:
        raise AssertionError("the two codecs disagree")
    one, strangers = [_ADDRESS] * _PER_ROUND, (f"{number:012d}" for number in count())
    rounds = [
        (_rate(_ours, one), _rate(_theirs, one), _rate(_ours, list(islice(strangers, _PER_ROUND))))
        for _ in range(_ROUNDS)
    ]
    ours, theirs, cold = (max(rates) for rates in zip(*rounds, strict=True))
    return {
        "dlt645_per_s": ours,
        "dlt645_peer_per_s": theirs,
        "dlt645_ratio": ours / theirs,
        "dlt645_cold_ratio": cold / theirs,
    }


def _ours(address: str) -> bytes:
    return decode(encode(Frame(address, _CONTROL, _DATA))).data


def _theirs(_: str) -> bytes:
    raw = DLT645Protocol.build_frame(_WIRE_ADDRESS, _CONTROL, _DATA, preamble_count=0)
    return bytes(DLT645Protocol.deserialize(bytes(raw)).data)


def _rate(operation: Callable[[str], bytes], addresses: list[str]) -> float:
    begun = perf_counter()
    for address in addresses:
        operation(address)
    return len(addresses) / (perf_counter() - begun)


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:20} {value:12,.1f}")
