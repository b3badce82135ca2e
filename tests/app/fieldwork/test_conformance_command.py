"""`relight conformance`: exit codes, and a sentence for what cannot be run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from meters_io.conformance.shape import Family
from meters_io.sts.ciphers.sta import SAMPLE_TABLES
from tests.app.fieldwork.terminal import type_in
from tests.meters_io.conformance.flips import FILES

Capture = pytest.CaptureFixture[str]


def test_published_frames_pass(capsys: Capture) -> None:
    said = type_in(capsys, "conformance", "dlt645", str(FILES[Family.DLT645]))
    assert (said.code, said.out) == (0, "87 passed, 0 failed\n")


def test_a_failure_is_exit_code_1_and_names_the_entry(capsys: Capture, tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    vector = {"id": "AMT", "kind": "amount_field", "inputs": {"units": 16384}, "expected": {"field": "4001"}}
    file.write_text(json.dumps([vector]), encoding="utf-8")
    said = type_in(capsys, "conformance", "sts", str(file))
    assert (said.code, said.out) == (1, "FAIL AMT\n  field: expected 4001, got 4000\n0 passed, 1 failed\n")


def test_tables_are_read_from_a_file(capsys: Capture, tmp_path: Path) -> None:
    tables, file = tmp_path / "tables.json", tmp_path / "one.json"
    shifted = [*SAMPLE_TABLES.sub1[1:], SAMPLE_TABLES.sub1[0]]
    tables.write_text(
        json.dumps({"sub1": shifted, "sub2": SAMPLE_TABLES.sub2, "perm": SAMPLE_TABLES.perm}), encoding="utf-8"
    )
    block = {"key": "0ABC12DEF3456789", "plaintext": "0B19EB230100C207"}
    published = {"ciphertext": "C45ED1619406DF95"}
    vectors = [
        {"id": "with", "kind": "sta_block", "inputs": block, "expected": published},
        {"id": "sample", "kind": "sta_block_sample_tables", "inputs": block, "expected": published},
    ]
    file.write_text(json.dumps(vectors), encoding="utf-8")
    assert type_in(capsys, "conformance", "sts", str(file)).code == 0
    said = type_in(capsys, "conformance", "sts", str(file), "--sta-tables", str(tables))
    assert said.code == 1
    assert said.out.startswith("FAIL with\n")
    assert said.out.endswith("1 passed, 1 failed\n")


@pytest.mark.parametrize(
    ("family", "content", "sentence"),
    [
        ("sts", "{", "no JSON"),
        ("sts", "[NaN]", "no JSON"),
        ("sts", "[]", "nothing in this file"),
        ("sts", "[3]", "entry 1 is not an object"),
        ("sts", '{"frames": []}', "a file of STS vectors is a list; its frames ask for dlt645 or gdw1376"),
        ("dlt645", "[]", "lists named frames and constructed"),
        ("dlt645", '{"frames": 3}', "frames is no list"),
        ("dlt645", FILES[Family.GDW1376].read_text(encoding="utf-8"), "frames of gdw1376, not of dlt645"),
        ("gdw1376", FILES[Family.DLT645].read_text(encoding="utf-8"), "frames of dlt645, not of gdw1376"),
        ("sts", "[" * 100_000, "no JSON"),
    ],
)
def test_a_file_that_cannot_be_run_is_exit_code_2(
    family: str, content: str, sentence: str, capsys: Capture, tmp_path: Path
) -> None:
    file = tmp_path / "file.json"
    file.write_text(content, encoding="utf-8")
    said = type_in(capsys, "conformance", family, str(file))
    assert said.code == 2
    assert sentence in said.out


def test_a_file_that_is_not_there_is_exit_code_2(capsys: Capture, tmp_path: Path) -> None:
    said = type_in(capsys, "conformance", "sts", str(tmp_path / "none.json"))
    assert said.code == 2
    assert "No such file" in said.out


def test_an_unknown_protocol_is_exit_code_2(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as stopped:
        type_in(capsys, "conformance", "modbus", "file.json")
    assert stopped.value.code == 2
    assert "modbus" in capsys.readouterr().err
