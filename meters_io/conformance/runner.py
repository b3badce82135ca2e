"""Runs all entries of a file, whatever it is about."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from meters_io.conformance import dlt645, gdw1376
from meters_io.conformance.shape import Entry, Family
from meters_io.conformance.sts import run_vector
from meters_io.conformance.sts_meter import Bench
from meters_io.conformance.verdict import Difference, Verdict
from meters_io.sts.ciphers.sta import StaTables

_FRAMES: Mapping[Family, Callable[[Entry], Verdict]] = {
    Family.DLT645: dlt645.run_frame,
    Family.GDW1376: gdw1376.run_frame,
}


def run(entries: Iterable[Entry], family: Family, tables: StaTables | None = None) -> Iterator[Verdict]:
    """Yield a verdict for each entry. `tables`: those of real EA07 meters; without them the published samples serve."""
    bench = Bench(tables)
    for entry in entries:
        try:
            yield run_vector(entry, bench) if family is Family.STS else _FRAMES[family](entry)
        except Exception as error:  # a fault of ours in one entry must not keep the others from being run
            yield Verdict(entry.id, (Difference("runner", "a verdict", f"{type(error).__name__}: {error}"),))
