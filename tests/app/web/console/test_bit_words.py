"""Every bit of a meter's status words has words, and what is quiet is said so."""

from app.i18n import Locale
from app.web.console.devices.figures import text
from app.web.console.terms import Terms
from app.web.format import Format
from meters_io.dlt645.forms import Flags
from meters_io.dlt645.items.status import PHASE, WORD_1, WORD_2, WORD_3, WORD_7

FORMAT = Format.__new__(Format)  # no figure is asked of it


def test_every_bit_has_words_in_both_languages() -> None:
    for locale in (Locale.EN, Locale.ZH):
        terms = Terms(locale)
        said = [word for form in (WORD_1, WORD_2, PHASE, WORD_7) for word in _names(form)]
        said += [f"{part.name}={word}" for part in WORD_3.parts for word in part.words]
        assert len(said) > 50
        assert [word for word in said if not terms.has("bit", word)] == []


def test_a_word_is_a_list_of_what_is_the_matter() -> None:
    terms = Terms(Locale.EN)
    assert text("status_1", "overdraft,clock_error", FORMAT, terms) == "in overdraft, clock wrong"
    assert text("status_3", "relay=open,spare=1,keep_power=yes", FORMAT, terms) == "relay open, keeps power"
    assert text("status_4", "", FORMAT, terms) == "nothing is reported"
    assert text("active_days", "second", FORMAT, terms) == "the second set"


def _names(form: Flags) -> list[str]:
    return list(form.words.values())
