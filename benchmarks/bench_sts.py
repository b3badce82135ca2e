"""How many EA11 credit tokens one core makes in a second, deriving each meter's key anew.

Run it with `python -m benchmarks.bench_sts`. Both figures come from the same run: the codec's, and that of MISTY1
written straight from its description with everything else equal. Seconds are those of the processor, because a
second in which the core worked for somebody else says nothing about the code; rounds alternate, and the fastest
counts, so that what the neighbours do falls on both alike.
"""

from collections.abc import Callable
from time import process_time

from benchmarks.misty1_reference import ReferenceMisty1
from meters_io.sts.keys import MeterConfig, VendingKey, decoder_key
from meters_io.sts.pan import luhn_digit, pan_of_drn
from meters_io.sts.transfer import encode_credit

_KEY = VendingKey(bytes(range(20)), "123457")
_METERS = 500
_ROUNDS = 15


def measure() -> dict[str, float]:
    """Return tokens a second of the codec and of the reference, each its best round, and their ratio."""
    meters = [_meter(serial) for serial in range(_METERS)]
    if [_token(meter, 7) for meter in meters] != [_reference_token(meter, 7) for meter in meters]:
        raise AssertionError("the two ciphers disagree")
    rounds = [(_rate(_token, meters), _rate(_reference_token, meters)) for _ in range(_ROUNDS)]
    ours, reference = (max(rates) for rates in zip(*rounds, strict=True))
    return {
        "sts_tokens_per_s": ours,
        "sts_reference_tokens_per_s": reference,
        "sts_ratio": ours / reference,
    }


def _meter(serial: int) -> MeterConfig:
    body = f"07{serial:08d}"
    return MeterConfig(pan_of_drn(f"{body}{luhn_digit(body)}"))


def _token(meter: MeterConfig, tid: int) -> str:
    return encode_credit(decoder_key(_KEY, meter), 0, 1234, tid, 5)


def _reference_token(meter: MeterConfig, tid: int) -> str:
    return encode_credit(ReferenceMisty1(decoder_key(_KEY, meter)), 0, 1234, tid, 5)


def _rate(make: Callable[[MeterConfig, int], str], meters: list[MeterConfig]) -> float:
    begun = process_time()
    for tid, meter in enumerate(meters):
        make(meter, tid)
    return len(meters) / (process_time() - begun)


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:28} {value:12,.1f}")
