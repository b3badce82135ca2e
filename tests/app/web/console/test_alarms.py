"""Alarm levels in the console: policies as rows, one account, many accounts, and homes without money."""

from sqlmodel import col, select

from app.db import Begin
from app.domain.level_change import ChangeState
from app.models import Account, AccountLevel, AlarmPolicy, AlarmPolicyLevel, Audit, Disconnection, LevelChange, Meter
from app.services import disconnections
from tests.app.web.conftest import Browser
from tests.clocks import Clock
from tests.desk import Desk
from tests.notifier import stories

ROWS = {
    "name": "Farms",
    "margin": "2",
    "tone_1": "notice",
    "value_1": "50.50",
    "unit_1": "money",
    "on_1": "1",
    "cycle_1": "daily",
    "hour_1": "18",
    "tone_3": "urgent",
    "value_3": "3",
    "unit_3": "days",
    "on_3": "1",
    "cycle_3": "once",
    "hour_3": "9",
}
NEW = "/console/alarms/policies/new"


async def levels(begin: Begin) -> list[tuple[int, str, int, str, int]]:
    """Depth, unit, value, cycle and hour of every policy's levels."""
    async with begin() as db:
        rows = await db.exec(select(AlarmPolicyLevel).order_by(col(AlarmPolicyLevel.depth)))
        return [(row.depth, row.unit, row.value, row.cycle, row.hour) for row in rows]


async def test_a_policy_is_written_as_rows_and_the_first_is_the_usual_one(officer: Browser, begin: Begin) -> None:
    assert "¥20.00" in (await officer.open("/console/alarms")).text  # the levels that hold before there is any
    page = await officer.open(NEW)
    answer = await officer.send(NEW, page, **ROWS)
    assert answer.status_code == 303
    assert await levels(begin) == [(1, "money", 5_050, "daily", 18), (2, "days", 3, "once", 9)]
    listed = (await officer.open("/console/alarms")).text
    assert "Farms" in listed
    assert "1 accounts" in listed  # the town's account names none
    async with begin() as db:
        policy = (await db.exec(select(AlarmPolicy))).one()
        acts = list(await db.exec(select(Audit.act).where(Audit.act == "policy_saved")))
    assert (policy.usual, policy.margin_minor, len(acts)) == (True, 200, 1)


WRONG_POLICIES = (
    ({"name": " "}, "A policy needs a name."),
    ({"value_1": "x"}, "An amount like 20"),
    ({"value_3": "1000"}, "A whole number of days"),
    ({"hour_1": "24"}, "An hour from 0 to 23"),
    ({"value_1": "", "value_3": ""}, "At least one level"),
    ({"unit_3": "money", "value_3": "60"}, "This must be lower than the level before it."),
    ({"margin": "-1"}, "An amount like 20"),
)


async def test_what_is_wrong_stands_beside_its_field_and_nothing_is_saved(officer: Browser, begin: Begin) -> None:
    page = await officer.open(NEW)
    for wrong, said in WRONG_POLICIES:
        answer = await officer.send(NEW, page, **(ROWS | wrong))
        assert (answer.status_code, said in answer.text) == (422, True), wrong
    assert await levels(begin) == []


async def test_a_policy_in_use_or_usual_is_not_taken_away(officer: Browser, begin: Begin, desk: Desk) -> None:
    for name in ("Farms", "Shops"):
        await officer.send(NEW, await officer.open(NEW), **(ROWS | {"name": name}))
    async with begin() as db:
        ids = dict((await db.exec(select(AlarmPolicy.name, AlarmPolicy.id))).all())
        (await db.get_one(Account, desk.town.account.id)).alarm_policy_id = ids["Shops"]
    for name, status in (("Farms", 422), ("Shops", 422)):
        path = f"/console/alarms/policies/{ids[name]}"
        assert (await officer.send(path, await officer.open(path), act="take_away", **ROWS)).status_code == status
    async with begin() as db:
        (await db.get_one(Account, desk.town.account.id)).alarm_policy_id = None
    path = f"/console/alarms/policies/{ids['Shops']}"
    assert (await officer.send(path, await officer.open(path), act="take_away", **ROWS)).status_code == 303
    assert (await officer.open(path)).status_code == 404


async def test_one_account_is_set_and_judged_at_once(officer: Browser, begin: Begin, desk: Desk, clock: Clock) -> None:
    await stories.read(begin, desk.town.esam, 3_000, clock())
    number = desk.town.account.number
    assert f"Levels of account {number}" in (await officer.open(f"/console/alarms/accounts?number={number}")).text
    assert "There is no account with that number." in (await officer.open("/console/alarms/accounts?number=77")).text
    path = f"/console/alarms/accounts/{number}"
    page = await officer.open(path)
    wrong = await officer.send(path, page, policy="usual", how_1="own", value_1="4", unit_1="money")
    assert (wrong.status_code, "must be lower" in wrong.text) == (422, True)
    assert (await officer.send(path, page, policy="usual", how_1="own", value_1="x")).status_code == 422
    done = await officer.send(path, page, policy="usual", how_1="own", value_1="40", unit_1="money", how_2="off")
    assert done.status_code == 303
    async with begin() as db:
        rows = await db.exec(select(AccountLevel).order_by(col(AccountLevel.depth)))
        assert [(row.depth, row.value, row.on) for row in rows] == [(1, 4_000, True), (2, 500, False)]
        assert (await db.get_one(Meter, desk.town.esam.id)).alarm_depth == 1
    assert 'value="40"' in (await officer.open(path)).text


async def test_many_are_looked_at_before_anything_is_set(
    officer: Browser, begin: Begin, desk: Desk, clock: Clock
) -> None:
    await stories.read(begin, desk.town.esam, 3_000, clock())
    form = await officer.open("/console/alarms/many")
    asked = {"kind": "levels", "value_1": "40", "unit_1": "money", "numbers": desk.town.account.number}
    answer = await officer.send("/console/alarms/many", form, **asked)
    path = answer.headers["location"]
    page = await officer.open(path)
    assert "Apply to 1 accounts" in page.text
    assert "¥40.00" in page.text
    listed = await officer.open(f"{path}.csv")
    async with begin() as db:
        assert (await db.exec(select(Audit).where(Audit.act == "levels_exported"))).one().staff_id
    assert f"{desk.town.account.number}" in listed.text
    assert "20 / 5 / 0,40 / 5 / 0" in listed.text

    async with begin() as db:
        db.add(AccountLevel(account_id=desk.town.account.id, depth=2, value=300))
    stale = await officer.send(path, page, act="apply")
    assert (stale.status_code, "Please do it again" in stale.text) == (409, True)

    path = (await officer.send("/console/alarms/many", form, **asked)).headers["location"]
    assert (await officer.send(path, await officer.open(path), act="apply")).status_code == 303
    assert "0 of 1" in (await officer.open(path)).text
    await officer.send(path, await officer.open(path), act="stop")
    async with begin() as db:
        states = {row.state for row in await db.exec(select(LevelChange))}
    assert states == {ChangeState.DRAFTED, ChangeState.STOPPED}


WRONG_CHANGES = (
    {"numbers": "123"},
    {"numbers": "1 " * 301},
    {"from": "9", "to": "1"},
    {"value_2": "50"},
    {"value_1": "x"},
    {"value_1": ""},
    {"kind": "volts"},
    {"kind": "policy", "policy": "x"},
    {"kind": "use", "days_1": "3", "days_2": "5"},
)


async def test_a_change_that_makes_no_sense_is_not_worked_out(officer: Browser, begin: Begin) -> None:
    form = await officer.open("/console/alarms/many")
    for wrong in WRONG_CHANGES:
        asked = {"kind": "levels", "value_1": "40", "unit_1": "money"} | wrong
        assert (await officer.send("/console/alarms/many", form, **asked)).status_code == 422, wrong
    async with begin() as db:
        assert list(await db.exec(select(LevelChange))) == []


async def test_a_home_without_money_is_closed_with_a_word(
    officer: Browser, begin: Begin, desk: Desk, clock: Clock
) -> None:
    await stories.read(begin, desk.town.esam, 0, clock())
    async with begin() as db:
        await disconnections.walk(db, clock())
        incident = (await db.exec(select(Disconnection).where(Disconnection.meter_id == desk.town.esam.id))).one()
    path = f"/console/disconnections/{incident.id}"
    page = await officer.open(path)
    assert "needs a remark" in (await officer.send(path, page, outcome="other", remark="")).text
    assert (await officer.send(path, page, outcome="helped", remark="a loan")).status_code == 303
    assert "a loan" in (await officer.open(path)).text
