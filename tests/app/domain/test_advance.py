"""When a meter may have emergency credit (SPEC R-10)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.advance import Case, Refusal, Terms, refusal
from app.domain.reach import Reach

NOW = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
TERMS = Terms(2000, timedelta(days=7))
EMPTY = Case(balance_minor=-300, reclose_limit_minor=0, reach=Reach.GOOD, takes_tokens=False)


def test_an_empty_meter_may_have_it() -> None:
    assert refusal(TERMS, EMPTY, NOW) is None


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"balance_minor": None}, Refusal.NOT_READ),
        ({"balance_minor": 1}, Refusal.NOT_NEEDED),
        ({"open": True}, Refusal.TAKEN),
        ({"money_coming": True}, Refusal.MONEY_COMING),
        ({"last_granted_at": NOW - timedelta(days=6)}, Refusal.TOO_SOON),
        ({"last_granted_at": NOW - timedelta(days=7)}, None),
        ({"balance_minor": -2000}, Refusal.TOO_LITTLE),
        ({"balance_minor": -1999}, None),
        ({"reach": Reach.DOWN}, Refusal.METER_DOWN),
        ({"reach": Reach.DOWN, "takes_tokens": True}, None),
        ({"reach": Reach.POOR}, None),
    ],
)
def test_everything_else_has_a_reason(known: dict[str, object], expected: Refusal | None) -> None:
    assert refusal(TERMS, replace(EMPTY, **known), NOW) is expected  # type: ignore[arg-type]


def test_the_utility_may_have_switched_it_off() -> None:
    assert refusal(Terms(0, timedelta()), EMPTY, NOW) is Refusal.SWITCHED_OFF
