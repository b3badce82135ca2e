"""What staff see and do of meters whose money the ledger holds, and of the prices of tariffs (SPEC B-8, L-8)."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from app.domain.review import ReviewKind
from app.domain.roles import Role
from app.models import Audit, Operation, Purchase, Review, StaffRole, TariffSet
from app.services.fees.whereabouts import in_ledger
from app.services.staff import NewStaff, create
from tests.app.services.fees.home import Home
from tests.app.web.conftest import Browser
from tests.app.web.console.conftest import PASSWORD, open_browser, sign_in
from tests.desk import Desk

PRICES = {"price_1": "0.5683", "above_1": "200", "more_1": "0.05", "period": "month"}


@pytest.fixture
async def home(desk: Desk) -> Home:
    """The meter of the street that has a chip, with fifty yuan in it."""
    desk.bench.balance, desk.bench.now = 5_000, desk.clock
    return Home(desk.begin, desk.clock, desk.bench, desk.town)


async def test_the_statement_tells_each_day_with_its_price_and_what_is_left(officer: Browser, home: Home) -> None:
    path = f"/console/meters/{home.town.esam.number}"
    assert "the meter holds the money" in (await officer.open(path)).text
    assert "has never held money" in (await officer.open(f"{path}/statement")).text
    await home.switches("remote")
    await home.uses(10)
    home.clock.forward(minutes=1)
    await home.pays(3_000)

    await sign_in(officer)
    page = await officer.open(f"{path}/statement")

    for words in (
        "the ledger holds the money",
        "Remote fee control begins",
        "Use charged",
        "10.0 kWh × ¥0.50",
        "¥75.00",
    ):
        assert words in page.text, words
    sheet = await officer.open(f"{path}/statement.csv")
    assert [line.split(",")[5:7] for line in sheet.text.splitlines()[1:]] == [
        ["30.0", "75.0"],
        ["-5.0", "45.0"],
        ["50.0", "50.0"],
    ]
    async with home.begin() as db:
        assert (await db.exec(select(Audit).where(Audit.act == "devices_exported"))).one().detail["format"] == "csv"


async def test_its_limits_are_ours_while_the_ledger_holds_the_money(officer: Browser, home: Home) -> None:
    path = f"/console/meters/{home.town.esam.number}/statement"
    await home.switches("remote")
    page = await officer.open(path)
    for wrong in ("", "-1", "1.234", "1e3", "12.", "99999999999", "٣"):
        answer = await officer.send(path, page, overdraft=wrong, reclose="0")
        assert answer.status_code == 422, wrong

    await officer.send(path, page, overdraft="20.50", reclose="1")

    meter = await home.meter()
    assert (meter.overdraft_limit_minor, meter.reclose_limit_minor) == (2_050, 100)
    async with home.begin() as db:
        assert (await db.exec(select(Audit).where(Audit.act == "own_limits_changed"))).one().detail[
            "overdraft_minor"
        ] == 2_050
    await home.uses(110)
    assert (await home.meter()).spent_since is None  # ten fifty below zero, and twenty are allowed


async def test_what_stands_against_a_cut_is_said_on_the_statement(officer: Browser, home: Home) -> None:
    await home.switches("remote")
    await home.uses(110)
    await home.looks_for_cuts()
    await sign_in(officer)
    page = await officer.open(f"/console/meters/{home.town.esam.number}/statement")
    assert "It is not cut, because" in page.text


async def test_many_are_switched_by_an_operation_with_its_permission_and_record(officer: Browser, home: Home) -> None:
    page = await officer.open(f"/console/operations/new?kind=switch_fee_control&meter={home.town.esam.number}")
    answer = await officer.send(
        "/console/operations/new",
        page,
        kind="switch_fee_control",
        meter=home.town.esam.number,
        arg_fee_control="remote",
        act="begin",
        seen="1",
    )
    assert answer.status_code == 303, answer.text[-2500:]
    home.bench.registers |= {"energies_wh": "5000,0,0,0,5000", "alarm_1_minor": 0, "alarm_2_minor": 0}
    home.bench.registers |= {"overdraft_limit_minor": 0}
    await home.work()
    assert (await home.meter()).fee_control == "remote"
    async with home.begin() as db:
        made = (await db.exec(select(Operation))).one()
        assert (await db.exec(select(Audit).where(Audit.subject_id == made.id))).first() is not None


async def test_energy_in_doubt_is_decided_under_reviews(officer: Browser, home: Home) -> None:
    await home.switches("remote")
    await home.uses(900)
    async with home.begin() as db:
        review = (await db.exec(select(Review).where(Review.kind == ReviewKind.ENERGY_IN_DOUBT))).one()
    path = f"/console/reviews/{review.id}"
    await sign_in(officer)
    page = await officer.open(path)
    assert "more than a meter can use in a day" in page.text
    await officer.send(path, page, act="charge_it", remark="a bakery")
    await home.charge()
    assert await home.held() == 5_000 - 45_000


async def test_new_prices_begin_on_a_coming_day_and_may_be_taken_back_until_then(officer: Browser, home: Home) -> None:
    page = await officer.open("/console/tariffs")
    coming = {"tariff": str(home.town.account.tariff_id), "from_day": str(home.today + timedelta(days=3))}

    assert (await officer.send("/console/tariffs", page, **coming, **PRICES)).status_code == 303

    page = await officer.open("/console/tariffs")
    for words in ("¥0.5683", "beyond 200.0 kWh: +¥0.05", "each month", "coming", "1 account"):
        assert words in page.text, words
    (row,) = await sets(home)
    assert (row.prices_e4, row.steps) == ([5_683], [[200_000, 500]])
    await officer.send(f"/console/tariffs/{row.id}/withdraw", page)
    assert await sets(home) == []
    async with home.begin() as db:
        acts = [each.act for each in await db.exec(select(Audit)) if each.act.startswith("tariff_set")]
    assert sorted(acts) == ["tariff_set_added", "tariff_set_withdrawn"]


async def sets(home: Home) -> list[TariffSet]:
    async with home.begin() as db:
        return list(await db.exec(select(TariffSet)))


async def test_prices_that_cannot_be_are_told_and_nothing_is_saved(officer: Browser, home: Home) -> None:
    page = await officer.open("/console/tariffs")
    good = {"tariff": str(home.town.account.tariff_id), "from_day": str(home.today + timedelta(days=3)), **PRICES}
    wrongs: tuple[dict[str, str], ...] = (
        {"from_day": str(home.today)},
        {"from_day": "tomorrow"},
        {"price_1": ""},
        {"price_1": "NaN"},
        {"price_1": "0.56831"},
        {"price_1": "1e9"},
        {"price_1": "", "price_2": "0.5"},
        {"above_1": ""},
        {"above_2": "100", "more_2": "0.1"},
        {"period": "week"},
    )
    for wrong in wrongs:
        answer = await officer.send("/console/tariffs", page, **(good | wrong))
        assert (answer.status_code, "Nothing was saved." in answer.text) == (422, True), wrong
    assert await sets(home) == []


async def test_what_has_begun_stays(officer: Browser, home: Home) -> None:
    page = await officer.open("/console/tariffs")
    begun = TariffSet(
        tariff_id=home.town.account.tariff_id, from_day=date(2026, 1, 1), prices_e4=[4_000], made_at=home.clock()
    )
    async with home.begin() as db:
        db.add(begun)
    answer = await officer.send(f"/console/tariffs/{begun.id}/withdraw", page)
    assert answer.status_code == 422
    assert len(await sets(home)) == 1


@pytest.mark.parametrize(("role", "prices", "limits"), [(Role.CASHIER, 403, 403), (Role.FINANCE, 303, 403)])
async def test_a_cashier_changes_no_price(console: object, home: Home, role: Role, prices: int, limits: int) -> None:
    await home.switches("remote")
    async with home.begin() as db:
        await create(db, NewStaff("someone", "Some One", frozenset({role})), PASSWORD, home.clock())
        assert list(await db.exec(select(StaffRole)))
    async with open_browser(console) as client:  # type: ignore[arg-type]
        browser = Browser(client)
        await sign_in(browser, login="someone")
        page = await browser.open("/console/tariffs")
        coming = {"tariff": str(home.town.account.tariff_id), "from_day": str(home.today + timedelta(days=3))}
        assert (await browser.send("/console/tariffs", page, **coming, **PRICES)).status_code == prices
        path = f"/console/meters/{home.town.esam.number}/statement"
        assert (await browser.send(path, page, overdraft="1", reclose="1")).status_code == limits


async def test_a_purchase_that_the_ledger_holds_has_its_story_and_its_timeline(officer: Browser, home: Home) -> None:
    await home.switches("remote")
    purchase = await home.pays(3_000)
    await home.work()

    story = await officer.open(f"/purchases/{purchase.ref}")
    timeline = await officer.open(f"/console/purchases/{purchase.ref}")

    assert (story.status_code, timeline.status_code) == (200, 200)
    assert "The money is credited, and the meter says that it is switched on." in story.text
    assert "Sent to the meter" not in story.text
    assert "Held for the meter" in timeline.text


async def test_what_the_ledger_holds_is_not_said_to_be_in_the_meter(officer: Browser, home: Home) -> None:
    number = home.town.esam.number
    await home.switches("remote")
    await home.pays(3_000)
    async with home.begin() as db:
        purchase = (await db.exec(select(Purchase))).one()

    await sign_in(officer)
    for path in (f"purchases/{purchase.ref}", "purchases", f"meters/{number}", f"purchases/{purchase.ref}/reversal"):
        text = (await officer.open(f"/console/{path}")).text
        assert "In the ledger" in text and "In the meter" not in text, path
    told = (await officer.open(f"/console/purchases/{purchase.ref}")).text
    assert "Credited in the ledger" in told and "Proved in the meter" not in told


async def test_what_a_meter_took_stays_in_the_meter_when_the_ledger_takes_over(officer: Browser, home: Home) -> None:
    before = await home.pays(3_000)
    await home.work()
    await home.switches("remote")
    after = await home.pays(2_000)
    async with home.begin() as db:
        rows = [await db.get_one(Purchase, each.id) for each in (before, after)]
        held = await in_ledger(db, [row.id for row in rows])
    assert [row.state for row in rows] == ["credited", "credited"]
    assert held == {after.id}

    await sign_in(officer)
    page = await officer.open(f"/console/meters/{home.town.esam.number}")
    assert (page.text.count("In the meter"), page.text.count("In the ledger")) == (1, 1)
