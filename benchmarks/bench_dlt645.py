"""DL/T 645: encoding and decoding a frame of 24 bytes, against PyPI `dlt645` in the same run.

Run it with `python -m benchmarks.bench_dlt645`. One operation builds a frame from its fields, writes it, and reads it
back into fields. Both sides take turns, and the best round of each counts: on a shared machine the others measure the
neighbours.
"""

from collections.abc import Callable
from time import perf_counter

from dlt645 import DLT645Protocol

from meters_io.dlt645.frame import Frame, decode, encode

_ADDRESS = "201000000012"
_WIRE_ADDRESS = bytes.fromhex(_ADDRESS)[::-1]
_CONTROL = 0x91
_DATA = bytes.fromhex("000290005698010000000000")
_ROUNDS = 7
_PER_ROUND = 4000


def measure() -> dict[str, float]:
    """Return operations a second of this codec and of the peer, each its best round, and their ratio."""
    if _ours() != _theirs() or len(encode(Frame(_ADDRESS, _CONTROL, _DATA))) != 24:
        raise AssertionError("the two codecs disagree")
    rounds = [(_rate(_ours), _rate(_theirs)) for _ in range(_ROUNDS)]
    ours, theirs = (max(rates) for rates in zip(*rounds, strict=True))
    return {"dlt645_per_s": ours, "dlt645_peer_per_s": theirs, "dlt645_ratio": ours / theirs}


def _ours() -> bytes:
    return decode(encode(Frame(_ADDRESS, _CONTROL, _DATA))).data


def _theirs() -> bytes:
    raw = DLT645Protocol.build_frame(_WIRE_ADDRESS, _CONTROL, _DATA, preamble_count=0)
    return bytes(DLT645Protocol.deserialize(bytes(raw)).data)


def _rate(operation: Callable[[], bytes]) -> float:
    begun = perf_counter()
    for _ in range(_PER_ROUND):
        operation()
    return _PER_ROUND / (perf_counter() - begun)


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:20} {value:12,.1f}")
