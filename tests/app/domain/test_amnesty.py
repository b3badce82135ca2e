"""For how long an amnesty that began by itself holds (SPEC M-5)."""

from datetime import UTC, datetime, timedelta

from app.domain.amnesty import Term, followed

NOW = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
REST = timedelta(hours=4)


def test_it_stays_open_while_the_trouble_lasts() -> None:
    assert followed(Term(None), REST, NOW, down=True) == Term(None)


def test_recovery_gives_it_an_end_which_then_stays() -> None:
    ends = followed(Term(None), REST, NOW, down=False)

    assert ends == Term(NOW + REST)
    assert followed(ends, REST, NOW + timedelta(hours=1), down=False) == ends
    assert followed(ends, REST, NOW + REST, down=False) == Term(NOW + REST, NOW + REST)


def test_trouble_that_comes_back_takes_the_end_away() -> None:
    assert followed(Term(NOW + REST), REST, NOW, down=True) == Term(None)


def test_without_a_rest_it_ends_at_once() -> None:
    assert followed(Term(None), timedelta(), NOW, down=False) == Term(None, NOW)
