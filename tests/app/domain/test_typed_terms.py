"""Terms as staff type them."""

import pytest

from app.domain.typed_terms import MOST_TERMS, Terms, read


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("", Terms()),
        (" , ，、", Terms()),
        ("123", Terms(exact=("123",))),
        ("123，456; 123\n789", Terms(exact=("123", "456", "789"))),
        ("12%,34", Terms(exact=("34",), patterns=("12%",))),
        ("％5", Terms(patterns=("%5",))),
        ("a_b%", Terms(patterns=("a\\_b%",))),
        ("\\%", Terms(patterns=("\\\\%",))),
    ],
)
def test_commas_part_terms_and_per_cent_stands_for_anything(typed: str, terms: Terms) -> None:
    assert read(typed) == terms


def test_a_name_is_looked_for_anywhere_in_the_text() -> None:
    assert read("Lin, 王%", inside=True) == Terms(patterns=("%Lin%", "王%"))


def test_too_many_terms_are_refused() -> None:
    with pytest.raises(ValueError, match="too_many"):
        read(",".join(str(number) for number in range(MOST_TERMS + 1)))
