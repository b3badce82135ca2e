"""The pages about the codecs are true: their code runs, their tables are those of the code."""

import re
from pathlib import Path

import pytest

from meters_io.handheld.columns import COMMANDS, RESULTS, Kind
from meters_io.handheld.commands import ORDERS

_DOCS = Path(__file__).resolve().parents[2] / "docs"
_CODE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", ["handheld.md", "meters_io.md"])
def test_the_code_of_a_page_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = _CODE.findall((_DOCS / page).read_text(encoding="utf-8"))
    assert blocks
    for number, block in enumerate(blocks, 1):
        exec(compile(block, f"{page}, block {number}", "exec"), {})  # noqa: S102 -- our own page


def test_the_page_of_hand_held_files_names_every_column_and_order() -> None:
    page = (_DOCS / "handheld.md").read_text(encoding="utf-8")
    for column in COMMANDS + RESULTS:
        size = f"{column.width},{column.decimals}" if column.kind is Kind.NUMBER else f"{column.width}"
        assert re.search(rf"`{column.name}`.*(\| {column.kind}\({size}\) \||as above)", page), column.name
    assert all(f"`{code}`" in page for code in ORDERS)
