"""How many EA11 credit tokens one core makes in a second, deriving each meter's key anew.

Run it with `python -m benchmarks.bench_sts`. Both figures come from the same run: the codec's, and that of MISTY1
written straight from its description with everything else equal.
"""

from collections.abc import Callable
from time import perf_counter

from benchmarks.misty1_reference import ReferenceMisty1
from meters_io.sts.keys import MeterConfig, VendingKey, decoder_key
from meters_io.sts.pan import luhn_digit, pan_of_drn
from meters_io.sts.transfer import encode_credit

_KEY = VendingKey(bytes(range(20)), "123457")
_METERS = 1000
_ROUNDS = 7


def measure() -> dict[str, float]:
    """Return tokens a second of the codec and of the reference, each its best round, and their ratio."""
    meters = [_meter(serial) for serial in range(_METERS)]
    ours = _best_rate(_token, meters, rounds=_ROUNDS)
    reference = _best_rate(_reference_token, meters, rounds=3)
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


def _best_rate(make: Callable[[MeterConfig, int], str], meters: list[MeterConfig], *, rounds: int) -> float:
    """Return the rate of the fastest round: on a shared machine the others measure the neighbours."""
    if make(meters[0], 1) != _reference_token(meters[0], 1):
        raise AssertionError("the two ciphers disagree")
    return max(_rate(make, meters) for _ in range(rounds))


def _rate(make: Callable[[MeterConfig, int], str], meters: list[MeterConfig]) -> float:
    begun = perf_counter()
    for tid, meter in enumerate(meters):
        make(meter, tid)
    return len(meters) / (perf_counter() - begun)


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:28} {value:12,.1f}")
