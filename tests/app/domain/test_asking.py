"""How far "read now" has come (SPEC R-3)."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.asking import Asking, Question, asking, worth_asking

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
OPEN, KEPT = Question(NOW, kept=False), Question(NOW, kept=True)


@pytest.mark.parametrize(
    ("question", "read_s", "now_s", "linked", "expected"),
    [
        (None, None, 0, True, Asking.IDLE),
        (OPEN, None, 5, True, Asking.ASKING),
        (OPEN, -60, 5, True, Asking.ASKING),
        (OPEN, None, 5, False, Asking.NO_LINK),
        (OPEN, None, 61, True, Asking.LATE),
        (OPEN, None, 3600, False, Asking.LATE),
        (OPEN, 4, 5, True, Asking.ANSWERED),
        (KEPT, 4, 63, True, Asking.ANSWERED),
        (KEPT, 4, 65, True, Asking.IDLE),
        (KEPT, -60, 20, True, Asking.SILENT),
        (KEPT, -60, 301, True, Asking.IDLE),
    ],
)
def test_a_question_has_an_honest_end(
    question: Question | None, read_s: int | None, now_s: int, *, linked: bool, expected: Asking
) -> None:
    read_at = None if read_s is None else NOW + timedelta(seconds=read_s)

    assert asking(question, read_at, NOW + timedelta(seconds=now_s), linked=linked) is expected


@pytest.mark.parametrize(("age_s", "worth"), [(None, True), (20, False), (21, True)])
def test_a_fresh_figure_is_not_worth_another_question(age_s: int | None, *, worth: bool) -> None:
    read_at = None if age_s is None else NOW - timedelta(seconds=age_s)

    assert worth_asking(read_at, NOW) is worth
