"""`relight token`: reading and making tokens, with keys from anywhere but the command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.fieldwork.arguments import KEY_VARIABLE, NEW_KEY_VARIABLE
from app.fieldwork.sheet import HIDDEN
from tests.app.fieldwork.terminal import Said, type_in

VENDING_KEY = "ABABABABABABABAB949494949494949401234567"
DECODER_KEY = "929BD3A415C9420A05EC5EE9F3CE91C3"
CREDIT = "58625789986991357486"
METER = ("--meter", "00000000000", "--sgc", "201457")

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def key_file(tmp_path: Path) -> str:
    file = tmp_path / "key.txt"
    file.write_text(f"{DECODER_KEY}\n", encoding="utf-8")
    return str(file)


def digits_in(said: Said) -> list[str]:
    return [line.replace(" ", "")[5:] for line in said.out.splitlines() if re.fullmatch(r"token( \d{4}){5}", line)]


def test_without_a_key_a_token_shows_its_class(capsys: Capture) -> None:
    said = type_in(capsys, "token", "decode", CREDIT)
    assert said.code == 0
    assert said.row("class") == "0  credit"
    assert "--ask-key" in said.out


def test_a_test_token_shows_everything_without_a_key(capsys: Capture) -> None:
    said = type_in(capsys, "token", "decode", "5649", "3153", "7254", "5031", "3471")
    assert said.row("subclass").startswith("0  ")
    assert said.row("tests") == "everything"


def test_a_token_may_be_grouped_by_dashes(capsys: Capture) -> None:
    assert type_in(capsys, "token", "decode", "5649-3153-7254-5031-3471").row("tests") == "everything"


def test_a_key_from_a_file_reads_it(capsys: Capture, key_file: str) -> None:
    said = type_in(capsys, "token", "decode", CREDIT, "--key-file", key_file)
    assert said.row("amount") == "0.1 kWh"
    assert said.row("token identifier") == "014EEC  2014-03-01 13:00, counted from 2014"


def test_a_key_from_the_environment_reads_it(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, VENDING_KEY)
    assert type_in(capsys, "token", "decode", CREDIT, *METER).row("amount") == "0.1 kWh"


def test_a_key_from_a_prompt_reads_it(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.fieldwork.doors.getpass", lambda prompt: DECODER_KEY)
    assert type_in(capsys, "token", "decode", CREDIT, "--ask-key").row("amount") == "0.1 kWh"


def test_no_option_takes_a_key(capsys: Capture) -> None:
    with pytest.raises(SystemExit):
        type_in(capsys, "token", "decode", CREDIT, "--key", DECODER_KEY)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("decode", "123"), "there are 3"),
        (("decode", "5649315372545031347x"), "character 20 is not a digit"),
        (("decode", CREDIT, "--key-file", "nowhere"), "nowhere: No such file"),
        (("encode", "elektricity", "1"), "is none of electricity"),
        (("encode", "electricity", "1"), "takes the meter's key"),
        (("encode", "test", "99"), "no such test"),
    ],
)
def test_what_cannot_be_done_says_why_in_a_sentence(words: tuple[str, ...], reason: str, capsys: Capture) -> None:
    said = type_in(capsys, "token", *words)
    assert said.code == 2
    assert reason in said.err


def test_a_wrong_key_is_said_and_not_shown(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "00" * 16)
    said = type_in(capsys, "token", "decode", CREDIT)
    assert said.code == 2
    assert "CRC" in said.err
    monkeypatch.setenv(KEY_VARIABLE, "C0FFEE")
    assert "C0FFEE" not in type_in(capsys, "token", "decode", CREDIT).err


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        (("electricity", "12.5"), "amount", "12.5 kWh"),
        (("electricity", "12.51"), "amount", "12.6 kWh"),
        (("water", "3"), "amount", "3.0 m3"),
        (
            ("electricity", "100", "--currency"),
            "amount",
            "100.00624 of the currency",
        ),  # the step of the field is that coarse
        (("power-limit", "5000"), "value", "5000 W"),
        (("clear-credit", "all"), "value", "FFFF"),
        (("clear-credit", "water"), "value", "0001  water"),
        (("clear-tamper",), "subclass", "5  clear tamper"),
        (("flag", "0=on"), "flag", "0  conformance test"),
    ],
)
def test_a_made_token_reads_as_it_was_asked_for(
    words: tuple[str, ...], name: str, value: str, capsys: Capture, key_file: str
) -> None:
    said = type_in(capsys, "token", "encode", *words, "--key-file", key_file, "--at", "2026-11-20T09:30")
    (digits,) = digits_in(said)
    again = type_in(capsys, "token", "decode", digits, "--key-file", key_file)
    assert again.row(name).startswith(value)
    assert again.row("token identifier").endswith("2026-11-20 09:30, counted from 2014")


def test_a_token_made_one_minute_past_midnight_carries_the_next_minute(capsys: Capture, key_file: str) -> None:
    said = type_in(capsys, "token", "encode", "water", "1", "--key-file", key_file, "--at", "2026-11-20T00:01")
    assert "2026-11-20 00:02" in said.row("token identifier")


def test_a_test_is_made_for_both_kinds_of_meter_and_takes_no_key(capsys: Capture) -> None:
    said = type_in(capsys, "token", "encode", "test")
    assert digits_in(said) == ["56493153725450313471", "02305843005052951967"]


def test_a_key_change_is_the_published_set_and_hides_the_new_key(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, VENDING_KEY)
    monkeypatch.setenv(NEW_KEY_VARIABLE, VENDING_KEY)
    moved = ("--to-sgc", "203557", "--to-krn", "6", "--to-ti", "2", "--to-base", "2035")
    said = type_in(capsys, "token", "encode", "key-change", *METER, *moved)
    assert digits_in(said) == [
        "39536809214641544852",
        "23263472884016433225",
        "45268691985939334940",
        "65389277406881242890",
    ]
    assert said.row("part of the new key") == HIDDEN
    shown = type_in(capsys, "token", "encode", "key-change", *METER, *moved, "--secrets")
    assert shown.row("part of the new key") == "39FA45A3"


def test_ea07_asks_for_tables(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "0ABC12DEF3456789")
    assert "tables" in type_in(capsys, "token", "encode", "water", "1").err
    assert type_in(capsys, "token", "encode", "water", "1", "--sample-tables").row("amount") == "1.0 m3"
