"""The benchmark measures what it says."""

from benchmarks.bench_gdw1376 import measure


def test_the_benchmark_gives_a_rate_for_each_way_to_read_and_the_ratio_to_its_baseline() -> None:
    figures = measure(rounds_each=2)
    rates = [figures[f"gdw1376{way}_per_s"] for way in ("", "_baseline", "_stream", "_down", "_cold", "_tree")]
    assert min(rates) > 0
    assert figures["gdw1376_ratio"] == rates[0] / rates[1]
