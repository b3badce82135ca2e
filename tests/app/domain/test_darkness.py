"""One cause for a dark home, and never a guess (SPEC M-1)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.darkness import NEXT, Cause, Next, Signs, cause, next_step
from app.domain.relay import Supply

NOW = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
JUST_NOW = NOW - timedelta(minutes=2)
EARLIER = NOW - timedelta(hours=3)
OFF = Signs(
    supply=Supply.OFF,
    supply_read_at=JUST_NOW,
    balance_minor=3000,
    balance_read_at=JUST_NOW,
    reclose_limit_minor=0,
    overdraft_limit_minor=0,
    linked=True,
    silent=False,
)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"balance_minor": -100}, Cause.CREDIT),
        ({"balance_minor": 0}, Cause.CREDIT),
        ({"balance_minor": -100, "supply": Supply.UNKNOWN}, Cause.CREDIT),
        ({"balance_minor": -100, "money_coming": True}, Cause.ON_ITS_WAY),
        ({"money_coming": True}, Cause.ON_ITS_WAY),
        ({}, Cause.FAULT),
        ({"supply": Supply.UNKNOWN, "fault_known": True}, Cause.FAULT),
        ({"supply": Supply.ARMED, "balance_minor": 5000}, Cause.ARMED),
        ({"supply": Supply.ON}, Cause.NOT_DARK),
        ({"supply": Supply.KEEP_POWER, "balance_minor": -100}, Cause.NOT_DARK),
        ({"supply": Supply.ON, "supply_read_at": EARLIER}, Cause.UNKNOWN),
        ({"supply": Supply.ON, "supply_read_at": EARLIER, "linked": False}, Cause.LINE_DOWN),
        ({"supply": Supply.ON, "supply_read_at": EARLIER, "silent": True}, Cause.LINE_DOWN),
        ({"supply": Supply.ON, "supply_read_at": EARLIER, "balance_minor": -100}, Cause.CREDIT),
        ({"supply": Supply.UNKNOWN, "balance_minor": None, "balance_read_at": None}, Cause.UNKNOWN),
        ({"supply_read_at": EARLIER}, Cause.UNKNOWN),  # money came since: somebody may have closed it
        ({"outage_since": EARLIER, "supply_read_at": EARLIER - timedelta(days=1)}, Cause.AREA_OUTAGE),
        ({"outage_since": EARLIER, "supply_read_at": None, "outage_planned": True}, Cause.PLANNED_WORK),
        ({"outage_since": EARLIER, "supply": Supply.ON, "supply_read_at": EARLIER}, Cause.AREA_OUTAGE),
    ],
)
def test_one_cause_explains_it(known: dict[str, object], expected: Cause) -> None:
    assert cause(replace(OFF, **known), NOW) is expected  # type: ignore[arg-type]


def test_a_meter_that_answers_in_the_middle_of_an_outage_has_power_at_its_door() -> None:
    signs = replace(OFF, outage_since=EARLIER, balance_minor=-100)

    assert cause(signs, NOW) is Cause.CREDIT


def test_a_meter_that_runs_on_its_overdraft_is_not_cut_before_the_overdraft_is_used() -> None:
    signs = replace(OFF, supply=Supply.ON, supply_read_at=EARLIER, balance_minor=-300, overdraft_limit_minor=500)

    assert cause(signs, NOW) is Cause.UNKNOWN
    assert cause(replace(signs, balance_minor=-500), NOW) is Cause.CREDIT


def test_after_a_restoration_that_we_cannot_see_people_are_asked_whether_it_reached_them() -> None:
    signs = replace(OFF, supply=Supply.UNKNOWN, restored=True, linked=False)

    assert next_step(cause(signs, NOW), signs) is Next.SAY_STILL_OUT


def test_every_cause_says_what_to_do() -> None:
    assert set(NEXT) == set(Cause)
