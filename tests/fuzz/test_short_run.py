"""The short form of `make fuzz`: all targets, led by coverage, through the same two thousand inputs each time."""

from pathlib import Path

import pytest

from tests.fuzz.run import Plan, is_possible, run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not is_possible(), reason="atheris runs on Linux on x86_64 only"),
]


def test_every_promise_is_kept_for_two_thousand_inputs(tmp_path: Path) -> None:
    assert run(["together"], Plan(runs=2_000, seed=1, kept=tmp_path, catalogue="tests.fuzz.together")) == 0


def test_a_broken_promise_is_told_with_its_input_and_how_to_see_it_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["broken"], Plan(runs=20_000, seed=1, kept=tmp_path, catalogue="tests.fuzz.broken")) == 1
    told = capsys.readouterr().out
    (kept,) = (tmp_path / "broken").glob("crash-*")
    assert kept.read_bytes()[:1] == b"\x16"
    assert f"python -m tests.fuzz --replay {kept} broken" in told
    assert "the promise that is broken on purpose" in told
    assert "0 of 1 targets kept their promises" in told
