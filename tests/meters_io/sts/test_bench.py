"""The benchmark measures what it says."""

from benchmarks.bench_sts import measure


def test_the_benchmark_gives_both_rates_and_their_ratio() -> None:
    figures = measure()
    ours, reference = figures["sts_tokens_per_s"], figures["sts_reference_tokens_per_s"]
    assert figures["sts_ratio"] == ours / reference
    assert ours > reference > 0
