"""The utility's rules: their defaults hold until somebody sets them, and what held before stays on record."""

from datetime import date, time

import pytest
from sqlmodel import col, select

from app.db import Begin
from app.domain.rules import RULE_SETS, CutRules, NoticeRules, Rules, SendingRules
from app.models import Audit
from app.services import rulebook
from tests.clocks import Clock


@pytest.mark.parametrize("wanted", RULE_SETS)
async def test_what_nobody_set_has_its_defaults(begin: Begin, wanted: type[Rules]) -> None:
    async with begin() as db:
        assert await rulebook.rules(db, wanted) == wanted()


async def test_what_was_set_holds_and_reads_as_it_was_written(begin: Begin, clock: Clock) -> None:
    new = CutRules(no_cut_from=None, no_cut_to=None, no_cut_weekdays=(6,), holidays=(date(2026, 10, 1),), grace_min=45)
    async with begin() as db:
        await rulebook.save(db, new, None, clock())
    async with begin() as db:
        assert await rulebook.rules(db, CutRules) == new


async def test_what_held_before_is_in_the_audit_log(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        await rulebook.save(db, NoticeRules(quiet_from=time(21)), None, clock())
        await rulebook.save(db, NoticeRules(cap_a_day=2), None, clock())
    async with begin() as db:
        written = (await db.exec(select(Audit).where(Audit.act == "rules_changed").order_by(col(Audit.at)))).all()
    assert any('"quiet_from":"21:00:00"' in str(each.detail["before"]) for each in written)


async def test_the_audit_log_holds_nobodys_number(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        await rulebook.save(db, SendingRules(listed=("+8613900000001", "lin@example.com")), None, clock())
        await rulebook.save(db, SendingRules(), None, clock())
    async with begin() as db:
        written = "".join(str(each.detail) for each in await db.exec(select(Audit)))
        assert (await rulebook.rules(db, SendingRules)).listed == ()
    assert "0001" in written
    assert "139000" not in written
    assert "lin@" not in written


@pytest.mark.parametrize("wrong", [{"grace_min": -1}, {"no_cut_weekdays": (7,)}, {"warnings_needed": 11}])
def test_a_rule_that_cannot_hold_is_named(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        CutRules(**wrong)  # type: ignore[arg-type]  # that is the point
