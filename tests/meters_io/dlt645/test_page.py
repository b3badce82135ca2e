"""The page of all items keeps step with the tables it is written from."""

from pathlib import Path

from meters_io.dlt645.commands import COMMANDS
from meters_io.dlt645.items import ITEMS
from meters_io.dlt645.page import page

PAGE = Path(__file__).parents[3] / "docs" / "dlt645-items.md"


def test_the_page_is_what_make_docs_would_write_now() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_item_and_command_has_its_row() -> None:
    lines = page().splitlines()
    for item in ITEMS:
        assert any(line.startswith(f"| {item.pattern} | {item.title} |") for line in lines), item.pattern
    for di, command in COMMANDS.items():
        assert any(line.startswith(f"| {di:08X} | {command.title} |") for line in lines), command.title


def test_an_item_says_its_form_its_unit_and_its_class() -> None:
    assert "| 04001001 | alarm amount 1 | XXXXXX.XX | yuan | 1 |" in page()
    assert "| 0202pp00 | current | ±XXX.XXX | A |  |" in page()
