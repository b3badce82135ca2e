"""How many credit tokens one core makes and reads in a second, under EA11 and EA07.

Run it with `python -m benchmarks.bench_sts`. Each figure stands beside that of the same token with a cipher written
straight from its description, everything else equal, from the same run. "A new key": the meter's key is derived
(DKGA04) and its cipher keyed for each token; "a kept key": the keyed cipher was there before. EA07 goes with the
standard's sample tables; those of real meters have the same shape. Seconds are those of the processor, because a
second in which the core worked for somebody else says nothing about the code; rounds alternate, and the fastest
counts, so that what the neighbours do falls on all alike.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from time import process_time

from benchmarks.misty1_reference import ReferenceMisty1
from benchmarks.sta_reference import ReferenceSta
from benchmarks.table import Line, show
from meters_io.sts.ciphers import Algorithm, BlockCipher
from meters_io.sts.ciphers.misty1 import Misty1
from meters_io.sts.ciphers.sta import SAMPLE_TABLES, Sta
from meters_io.sts.keys import MeterConfig, VendingKey, decoder_key
from meters_io.sts.pan import luhn_digit, pan_of_drn
from meters_io.sts.transfer import Credit, CreditToken, decode_credit, encode_credit

_KEY = VendingKey(bytes(range(20)), "123457")
_METERS = 200
_FOR_REFERENCE = 20  # it is slow enough for so few to give a figure
_ROUNDS = 25
_AMOUNT, _RND = 1234, 5

_Keyed = Callable[[bytes], BlockCipher]
_Source = Callable[[], BlockCipher]
_Acts = Sequence[Callable[[], object]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of token. `kept`: the cipher is keyed beforehand. `target`: tokens a second."""

    name: str
    title: str
    ea: Algorithm
    ciphers: tuple[_Keyed, _Keyed]  # ours and the reference
    target: int
    kept: bool = False


_STA = partial(Sta, tables=SAMPLE_TABLES), partial(ReferenceSta, tables=SAMPLE_TABLES)
_KINDS = (
    Kind("sts_ea11", "STS EA11 token, a new key each", Algorithm.MISTY1, (Misty1, ReferenceMisty1), 40_000),
    Kind("sts_ea07", "STS EA07 token, a new key each", Algorithm.STA, _STA, 20_000),
    Kind("sts_ea07_kept", "STS EA07 token, a kept key", Algorithm.STA, _STA, 55_000, kept=True),
)


@dataclass(frozen=True, slots=True)
class Case:
    """One thing measured: making tokens of a kind, or reading them."""

    name: str
    title: str
    target: int
    ours: _Acts
    reference: _Acts


def measure() -> dict[str, float]:
    """Return, by case, tokens a second of the codec and of the reference, each its best round, and their ratio."""
    figures: dict[str, float] = {}
    for case, ours, reference in _measured():
        figures |= {f"{case.name}_per_s": ours, f"{case.name}_reference_per_s": reference}
        figures[f"{case.name}_ratio"] = ours / reference
    return figures


def lines() -> list[Line]:
    """Return the rows of the table."""
    return [
        Line(case.title, ours, "/s", ours / reference, target=case.target, more_is_better=True)
        for case, ours, reference in _measured()
    ]


def _measured() -> Iterator[tuple[Case, float, float]]:
    cases = [case for kind in _KINDS for case in _cases(kind)]
    rounds = [[(_rate(case.ours), _rate(case.reference)) for case in cases] for _ in range(_ROUNDS)]
    for case, rates in zip(cases, zip(*rounds, strict=True), strict=True):
        yield case, max(ours for ours, _ in rates), max(reference for _, reference in rates)


def _cases(kind: Kind) -> Iterator[Case]:
    meters = [_meter(serial, kind.ea) for serial in range(_METERS)]
    ours, reference = ([_source(cipher, meter, kept=kind.kept) for meter in meters] for cipher in kind.ciphers)
    digits = [_made(source, 7) for source in ours]
    if [_made(source, 7) for source in reference] != digits:
        raise AssertionError("the two ciphers disagree")
    makes = [[partial(_made, source, tid) for tid, source in enumerate(side)] for side in (ours, reference)]
    reads = [[partial(_read, *each) for each in zip(side, digits, strict=True)] for side in (ours, reference)]
    yield Case(f"{kind.name}_made", f"{kind.title}, made", kind.target, makes[0], makes[1][:_FOR_REFERENCE])
    yield Case(f"{kind.name}_read", f"{kind.title}, read", kind.target, reads[0], reads[1][:_FOR_REFERENCE])


def _source(cipher: _Keyed, meter: MeterConfig, *, kept: bool) -> _Source:
    """Return what gives a meter's keyed cipher: derived anew at each call, or once."""
    if not kept:
        return lambda: cipher(decoder_key(_KEY, meter))
    keyed = cipher(decoder_key(_KEY, meter))
    return lambda: keyed


def _meter(serial: int, ea: Algorithm) -> MeterConfig:
    body = f"07{serial:08d}"
    return MeterConfig(pan_of_drn(f"{body}{luhn_digit(body)}"), ea=ea)


def _made(source: _Source, tid: int) -> str:
    return encode_credit(source(), Credit.ELECTRICITY, _AMOUNT, tid, _RND)


def _read(source: _Source, digits: str) -> CreditToken:
    return decode_credit(source(), digits)


def _rate(acts: _Acts) -> float:
    begun = process_time()
    for act in acts:
        act()
    return len(acts) / (process_time() - begun)


if __name__ == "__main__":
    show(lines())
