"""The benchmark measures what it says."""

from benchmarks.bench_sts import measure

CASES = [f"sts_{kind}_{verb}" for kind in ("ea11", "ea07", "ea07_kept") for verb in ("made", "read")]


def test_the_benchmark_gives_both_rates_and_their_ratio_for_each_case() -> None:
    figures = measure()
    assert len(figures) == 3 * len(CASES)
    for case in CASES:
        ours, reference = figures[f"{case}_per_s"], figures[f"{case}_reference_per_s"]
        assert figures[f"{case}_ratio"] == ours / reference
        assert ours > reference > 0
