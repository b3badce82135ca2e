"""What the papers may call a metering point and a meter (SPEC B-1)."""

import pytest

from app.domain.metering_point import BadPaper, PaperRefused, Papers, read


def test_what_is_typed_is_taken_without_the_blanks_around_it() -> None:
    assert read(" P-2010/3 ", "Lamp  Street 1,  shop ", "A.77") == Papers("P-2010/3", "Lamp Street 1, shop", "A.77")
    assert read("", " ", "") == Papers()


@pytest.mark.parametrize(
    ("typed", "bad"),
    [
        (("a%", "", ""), BadPaper.CODE),
        (("a,b", "", ""), BadPaper.CODE),
        (("-1", "", ""), BadPaper.CODE),
        (("1" * 33, "", ""), BadPaper.CODE),
        (("", "x" * 61, ""), BadPaper.NAME),
        (("", "\x00", ""), BadPaper.NAME),
        (("", "", "电表"), BadPaper.ASSET),
    ],
    ids=["wildcard", "comma", "hyphen-first", "long-code", "long-name", "unprintable-name", "letters-of-others"],
)
def test_what_a_search_could_not_find_is_refused(typed: tuple[str, str, str], bad: BadPaper) -> None:
    with pytest.raises(PaperRefused) as refused:
        read(*typed)
    assert refused.value.code is bad
