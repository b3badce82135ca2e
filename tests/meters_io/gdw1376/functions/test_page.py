"""The page of all functions keeps step with the tables it is written from."""

from pathlib import Path

from meters_io.gdw1376.functions import CATALOGUES
from meters_io.gdw1376.functions.page import page

PAGE = Path(__file__).parents[4] / "docs" / "gdw1376-functions.md"


def test_the_page_is_what_make_docs_would_write_now() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_function_and_event_has_its_row() -> None:
    rows = [line for line in page().splitlines() if line.startswith(("| terminal |", "| master |"))]
    functions = sum(len(each.down) + len(each.up) for each in CATALOGUES.values())
    others = sum(bool(each.any_down) + bool(each.any_up) for each in CATALOGUES.values())
    assert len(rows) == functions + others
    purchase = "| 47 | purchase control | `bill` 4 B, `mode` 1 B, `value` energy, `alarm` energy, `trip` energy |"
    assert [row for row in rows if row.endswith(purchase)] == [f"| terminal {purchase}", f"| master {purchase}"]
