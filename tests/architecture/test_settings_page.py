"""docs/settings.md says what there is to set."""

from app.settings import Settings
from app.settings_page import page, variable
from tests.architecture.tree import ROOT
from tests.each import each


def test_the_page_is_what_make_docs_writes() -> None:
    assert (ROOT / "docs/settings.md").read_text() == page(), "run make docs"


@each(Settings.model_fields)
def test_each_setting_says_what_it_is(name: str) -> None:
    field = Settings.model_fields[name]
    assert field.description
    assert variable(name, field).isupper()
