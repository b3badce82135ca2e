"""Looking after colleagues, one's own account, the audit log and the rules."""

import re

import pytest
from sqlmodel import col, select
from starlette.applications import Starlette

from app.domain.roles import Role
from app.domain.rules import RULE_SETS, CutRules, NoticeRules, Rules
from app.i18n import Locale
from app.models import Audit, Staff
from app.services import colleagues, rulebook, staff
from app.services.staff import NewStaff, StaffError
from app.web.console.people.audit_words import ACTED
from app.web.console.people.rule_form import RuleWrong, read, shown
from app.web.console.terms import Terms
from tests.app.web.conftest import Browser
from tests.app.web.console.conftest import PASSWORD, open_browser, sign_in
from tests.desk import Desk

NEW = "山高水长 and a kettle"
_LINK = re.compile(r"http://relight\.test(/console/join/[^<\s]+)")


async def _anna(desk: Desk) -> Staff:
    async with desk.begin() as db:
        return (await db.exec(select(Staff).where(Staff.login == "anna"))).one()


async def _acts(desk: Desk) -> list[str]:
    async with desk.begin() as db:
        return [each.act for each in await db.exec(select(Audit).order_by(col(Audit.at)))]


async def test_somebody_invited_chooses_a_password_once_and_signs_in(
    officer: Browser, guest: Browser, desk: Desk
) -> None:
    page = await officer.open("/console/staff")
    made = await officer.send("/console/staff", page, login="Wei.Chen", name="Wei Chen", role_cashier="on")
    link = _LINK.search(made.text)
    assert link
    assert (await sign_in(guest, login="wei.chen", password="")).status_code == 422

    join = await guest.open(link[1])
    weak = await guest.send(link[1], join, new="wei.chen-2026")
    assert (weak.status_code, "your own login" in weak.text) == (422, True)
    assert (await guest.send(link[1], join, new=NEW)).headers["location"] == "/console/sign-in"
    assert (await guest.client.get(link[1])).status_code == 404
    assert (await sign_in(guest, login="wei.chen", password=NEW)).status_code == 303
    assert (await guest.client.get("/console/staff")).status_code == 403
    assert {"staff_added", "invitation_accepted"} <= set(await _acts(desk))


@pytest.mark.parametrize("word", ["x", "0-1-x", "é-1-2", f"{'0' * 32}-99999999999-x", f"{'0' * 32}-{'9' * 30}-x"])
async def test_a_made_up_invitation_is_over(guest: Browser, word: str) -> None:
    assert (await guest.client.get(f"/console/join/{word}")).status_code == 404


async def test_an_invitation_ends_by_itself_and_by_the_next(officer: Browser, guest: Browser, desk: Desk) -> None:
    page = await officer.open("/console/staff")
    made = await officer.send("/console/staff", page, login="wei", name="Wei", role_cashier="on")
    person = re.search(r'action="(/console/staff/[^"]+)"', made.text)
    first = _LINK.search(made.text)
    assert person and first
    second = _LINK.search((await officer.send(person[1], made, act="invite")).text)
    assert second
    assert (await guest.client.get(first[1])).status_code == 404
    assert (await guest.client.get(second[1])).status_code == 200
    desk.clock.forward(days=3)
    assert (await guest.client.get(second[1])).status_code == 404


async def test_who_has_left_is_out_at_once_and_comes_back_by_an_invitation(
    officer: Browser, console: Starlette, desk: Desk
) -> None:
    async with desk.begin() as db:
        wei = await staff.create(db, NewStaff("wei", "Wei", frozenset({Role.SERVICE})), PASSWORD, desk.clock())
    async with open_browser(console) as client:
        other = Browser(client)
        await sign_in(other, login="wei")
        page = await officer.open(f"/console/staff/{wei.id}")
        await officer.send(f"/console/staff/{wei.id}", page, act="leave")
        assert (await client.get("/console/reviews")).status_code == 303
        assert (await sign_in(other, login="wei")).status_code == 422
        back = await officer.send(f"/console/staff/{wei.id}", page, act="return")
        assert _LINK.search(back.text)


async def test_roles_change_at_once_with_before_and_after_on_record(
    officer: Browser, console: Starlette, desk: Desk
) -> None:
    async with desk.begin() as db:
        wei = await staff.create(db, NewStaff("wei", "Wei", frozenset({Role.SERVICE})), PASSWORD, desk.clock())
    async with open_browser(console) as client:
        await sign_in(Browser(client), login="wei")
        page = await officer.open(f"/console/staff/{wei.id}")
        await officer.send(f"/console/staff/{wei.id}", page, act="roles", role_admin="on", role_finance="on")
        assert (await client.get("/console/staff")).status_code == 200
    async with desk.begin() as db:
        (written,) = await db.exec(select(Audit).where(Audit.act == "roles_changed"))
    assert written.detail == {"before": "service", "after": "admin,finance"}


async def test_nobody_takes_the_administrators_role_from_themselves_or_from_the_last_one(
    officer: Browser, desk: Desk
) -> None:
    anna = await _anna(desk)
    page = await officer.open(f"/console/staff/{anna.id}")
    own = await officer.send(f"/console/staff/{anna.id}", page, act="roles", role_service="on")
    none = await officer.send(f"/console/staff/{anna.id}", page, act="roles")
    leave = await officer.send(f"/console/staff/{anna.id}", page, act="leave")
    assert [each.status_code for each in (own, none, leave)] == [409, 409, 409]
    async with desk.begin() as db:
        with pytest.raises(StaffError, match="last_admin"):
            await colleagues.deactivate(db, anna.id, desk.staff_id, desk.clock())


async def test_a_password_is_changed_with_the_old_one_and_ends_other_sessions(
    officer: Browser, console: Starlette
) -> None:
    async with open_browser(console) as client:
        await sign_in(Browser(client))
        me = await officer.open("/console/me")
        assert (await officer.send("/console/me/password", me, password="wrong", new=NEW)).status_code == 422
        common = await officer.send("/console/me/password", me, password=PASSWORD, new="Password2026!")
        assert "one of the first" in common.text
        done = await officer.send("/console/me/password", me, password=PASSWORD, new=NEW)
        assert done.headers["location"] == "/console/me?done=password"
        assert (await client.get("/console/reviews")).status_code == 303
    assert (await officer.client.get("/console/reviews")).status_code == 200


async def test_a_wrong_current_password_is_counted_as_at_the_door(officer: Browser) -> None:
    me = await officer.open("/console/me")
    answers = [await officer.send("/console/me/password", me, password="wrong", new=NEW) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 4 + [429] * 2


async def test_signing_out_everywhere_ends_every_session(officer: Browser, console: Starlette) -> None:
    async with open_browser(console) as client:
        await sign_in(Browser(client))
        me = await officer.open("/console/me")
        assert (await officer.send("/console/me/sessions", me)).headers["location"] == "/console/sign-in"
        for each in (client, officer.client):
            assert (await each.get("/console/reviews")).status_code == 303


async def test_a_name_is_changed_and_the_one_before_stays_on_record(officer: Browser, desk: Desk) -> None:
    me = await officer.open("/console/me")
    assert (await officer.send("/console/me", me, name=" ")).status_code == 422
    await officer.send("/console/me", me, name="Anna  Bergmann")
    assert "Anna Bergmann" in (await officer.open("/console/me?done=renamed")).text
    assert "staff_renamed" in await _acts(desk)


async def test_the_audit_log_is_searched_page_by_page_and_taken_away(officer: Browser, desk: Desk) -> None:
    anna = await _anna(desk)
    async with desk.begin() as db:
        for number in range(60):
            act = "cash_taken" if number % 2 else "token_seen"
            detail: dict[str, str | int | None] = {"remark": f"=SUM({number})"}
            db.add(Audit(staff_id=anna.id, act=act, detail=detail, at=desk.clock.forward(seconds=1)))
    first = await officer.open(f"/console/audit?person={anna.id}")
    older = re.search(r'href="(/console/audit\?[^"]+)" rel="next"', first.text)
    assert older
    second = await officer.open(older[1].replace("&amp;", "&"))
    assert first.text.count("data-row") == 50
    assert second.text.count("data-row") in range(10, 20)
    only = await officer.open("/console/audit?act=cash_taken")
    assert only.text.count("data-row") == 30
    nothing = await officer.open("/console/audit?since=2030-01-01&until=nonsense&below=x&person=y&subject=z")
    assert "Nothing that fits" in nothing.text
    file = await officer.client.get("/console/audit.csv?act=cash_taken")
    assert file.text.count("\r\n") == 31
    assert "audit_exported" in await _acts(desk)


@pytest.mark.parametrize("kind", RULE_SETS)
def test_every_rule_has_a_control_and_words(kind: type[Rules]) -> None:
    terms = Terms(Locale.EN)
    assert terms.has("rules", kind.code)
    for each in shown(kind()):
        assert terms.has("rule", f"{kind.code}_{each.name}"), f"{kind.code}_{each.name}"


@pytest.mark.parametrize("kind", RULE_SETS)
def test_a_form_that_is_sent_back_untouched_changes_nothing(kind: type[Rules]) -> None:
    form = {each.name: each.value for each in shown(kind()) if each.value or each.control != "switch"}
    form |= {f"{each.name}_{day}": "on" for each in shown(kind()) for day in each.ticked}
    assert read(kind, form) == kind()


async def test_a_rule_is_saved_and_holds(officer: Browser, desk: Desk) -> None:
    page = await officer.open("/console/rules")
    form = {"set": "notice", "quiet_from": "21:30", "quiet_to": "06:00", "cap_a_day": "2"}
    form |= {"falls_back_after_min": "10", "rate_a_second": "20", "unasked_a_second": "200"}
    assert (await officer.send("/console/rules", page, **form)).status_code == 303
    async with desk.begin() as db:
        assert (await rulebook.rules(db, NoticeRules)).cap_a_day == 2
    assert "by Anna Berg" in (await officer.open("/console/rules")).text


@pytest.mark.parametrize(
    ("field", "typed"), [("cap_a_day", "0"), ("cap_a_day", "many"), ("quiet_from", "25:00"), ("rate_a_second", "")]
)
async def test_a_rule_that_cannot_hold_is_named_and_nothing_is_saved(
    officer: Browser, desk: Desk, field: str, typed: str
) -> None:
    form = {each.name: each.value for each in shown(NoticeRules())} | {"set": "notice", field: typed}
    answer = await officer.send("/console/rules", await officer.open("/console/rules"), **form)
    assert (answer.status_code, "cannot be this" in answer.text) == (422, True)
    async with desk.begin() as db:
        assert await rulebook.rules(db, NoticeRules) == NoticeRules()


def test_days_and_lines_are_read_one_by_one() -> None:
    form = {each.name: each.value for each in shown(CutRules())}
    assert [str(day) for day in read(CutRules, form | {"holidays": "2026-10-02, 2026-10-01\n"}).holidays] == [  # type: ignore[union-attr]
        "2026-10-01",
        "2026-10-02",
    ]
    with pytest.raises(RuleWrong, match="holidays"):
        read(CutRules, form | {"holidays": "soon"})


def test_every_act_of_the_log_has_words() -> None:
    assert all(Terms(Locale.EN).has("acted", act) for act in ACTED)
