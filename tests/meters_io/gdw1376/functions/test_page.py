"""The page of all functions keeps step with the tables it is written from."""

from pathlib import Path

from meters_io.gdw1376.functions import CATALOGUES
from meters_io.gdw1376.functions.event_kinds import KINDS
from meters_io.gdw1376.functions.page import page

PAGE = Path(__file__).parents[4] / "docs" / "gdw1376-functions.md"


def test_the_page_is_what_make_docs_would_write_now() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_answer_and_event_has_its_row_and_every_question_its_number() -> None:
    lines = page().splitlines()
    for afn, catalogue in CATALOGUES.items():
        rows = lines[lines.index(f"## AFN {afn:02X}: {catalogue.title}") :]
        for number, function in catalogue.up.items():
            assert any(row.startswith(f"| master | {number} | {function.title} |") for row in rows), (afn, number)
    purchase = "| 47 | purchase control | `bill` 4 B, `mode` 1 B, `value` energy, `alarm` energy, `trip` energy |"
    assert [row for row in lines if row.endswith(purchase)] == [f"| terminal {purchase}", f"| master {purchase}"]
    assert "| terminal | 1-12, 25-32, 41-43, 45, 49-50, 53, 57-59" in page()
    assert [erc for erc in KINDS if not any(row.startswith(f"| {erc} | ") for row in lines)] == []
