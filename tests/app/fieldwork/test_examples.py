"""What the howto and the help show is what a terminal shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.fieldwork import arguments
from tests.app.fieldwork.terminal import type_in

_HOWTO = Path(__file__).parents[3] / "docs" / "howto" / "read-a-frame.md"
_SHOWN = re.findall(
    r"^\$ relight ((?:frame|token) decode [0-9A-F ]+)\n((?:.+\n)+?)```", _HOWTO.read_text("utf-8"), re.M
)
_HELP = re.findall(r"^  relight (frame decode [0-9A-F ]+)$", arguments._FRAME_EXAMPLES, re.M)


def test_the_howto_shows_something() -> None:
    assert len(_SHOWN) == 3
    assert len(_HELP) == 2


@pytest.mark.parametrize(("typed", "shown"), _SHOWN)
def test_the_howto_shows_what_a_terminal_shows(typed: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    beginning = shown.split("      ...\n", maxsplit=1)[0]
    assert type_in(capsys, *typed.split()).out.startswith(beginning)


@pytest.mark.parametrize("typed", _HELP)
def test_the_frames_in_the_help_are_good(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert type_in(capsys, *typed.split()).code == 0
