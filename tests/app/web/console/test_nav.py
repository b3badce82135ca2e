"""The head of the console: groups by kind of work, parts by task, and never more pages in a row than one can hold."""

import re
from pathlib import Path
from uuid import uuid4

import pytest

from app.domain.roles import Role
from app.services.staff import Officer
from app.web.console.nav import GROUPS, group_of, open_groups, part_of
from tests.app.web.conftest import Browser

_PAGES = Path(__file__).resolve().parents[4] / "app/web/templates/console"
_MANY = 7
"""Links in a row: what was seen to fit at 1280 px in both languages."""


def _officer(*roles: Role) -> Officer:
    return Officer(uuid4(), "anna", "Anna Berg", frozenset(roles))


def _row(text: str, name: str) -> list[str]:
    """The words of the links of a nav."""
    (found,) = re.findall(rf'<nav class="{name}".*?</nav>', text, re.DOTALL)
    return re.findall(r"<a[^>]*>([^<]+)</a>", found)


def test_no_row_has_more_links_than_it_can_hold() -> None:
    for group in GROUPS:
        assert len(group.parts) <= _MANY
        assert all(len(part.entries) <= _MANY for part in group.parts)


def test_each_page_is_in_one_part_of_one_group() -> None:
    entries = [entry for group in GROUPS for entry in group.entries]
    assert len({entry.code for entry in entries}) == len({entry.path for entry in entries}) == len(entries)
    for entry in entries:
        group = group_of(GROUPS, entry.code)
        assert group is not None
        part = part_of(group, entry.code)
        assert part is not None and entry in part.entries


def test_each_template_says_of_which_page_of_the_head_it_is() -> None:
    entries = {entry.code for group in GROUPS for entry in group.entries}
    said = {
        code for page in _PAGES.rglob("*.html") for code in re.findall(r"set here = '([^']+)'", page.read_text("utf-8"))
    }
    assert said == entries


@pytest.mark.parametrize("role", Role)
def test_a_role_is_shown_no_part_without_a_page_for_it(role: Role) -> None:
    officer = _officer(role)
    for group in open_groups(officer):
        for part in group.parts:
            assert part.entries and all(officer.may(entry.needs) for entry in part.entries)


async def test_a_page_about_devices_shows_the_parts_and_the_pages_of_its_own(officer: Browser) -> None:
    page = await officer.open("/console/swaps")
    assert _row(page.text, "parts") == ["Find", "Work", "Collection", "Events and alarms", "Ways in"]
    assert "Meter exchange" in _row(page.text, "near") and "Gateways" not in _row(page.text, "near")
    assert '<a href="/console/operations" aria-current="true">Work</a>' in page.text
    assert '<a href="/console/swaps" aria-current="page">Meter exchange</a>' in page.text


async def test_a_group_of_one_part_has_one_row(officer: Browser) -> None:
    page = await officer.open("/console/customers")
    assert 'class="parts"' not in page.text
    assert "Bulk sends" in _row(page.text, "near")
