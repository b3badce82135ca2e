"""Meter exchange, commissioning and reversals as staff do them (SPEC H-7, H-13, M-12)."""

from uuid import UUID

from sqlmodel import select

from app.domain.meter_life import MeterLife
from app.domain.purchase import PurchaseState
from app.domain.reversing import ReversalState
from app.domain.review import ReviewKind
from app.domain.rules import SaleRules
from app.domain.swapping import SwapState
from app.models import Audit, CommissioningRun, Meter, MeterSwap, Purchase, Reversal
from app.services import rulebook
from app.web.console.listing import BOM
from tests import build
from tests.app.services.commissioning.test_commissioning import works as tries
from tests.app.services.swaps.workshop import NEW, hold_by_ledger, works
from tests.app.services.test_several_meters import beside
from tests.app.web.conftest import Browser
from tests.desk import Desk
from tests.fakes import Bench


async def begins(officer: Browser, desk: Desk, **more: str) -> str:
    """Fill in the form of a new exchange; return where it leads."""
    page = await officer.open(f"/console/swaps/new?meter={desk.town.esam.number}")
    told = {"old": desk.town.esam.number, "number": NEW, "address": "", "model": str(desk.town.esam.model_id)}
    sent = await officer.send("/console/swaps", page, **told, way="carry", reason="display broken", **more)
    assert sent.status_code == 303, sent.text
    return str(sent.headers["location"])


async def acts(officer: Browser, path: str, **form: str) -> str:
    page = await officer.open(path)
    sent = await officer.send(path, page, **form)
    return sent.text if sent.status_code != 303 else (await officer.open(path)).text


async def test_an_exchange_from_its_form_to_the_new_meter(officer: Browser, desk: Desk, bench: Bench) -> None:
    bench.balance, bench.count = 4200, 0
    path = await begins(officer, desk)
    assert "It is being read." in (await officer.open(path)).text
    await works(desk)
    assert "42.00" in (await officer.open(path)).text
    bench.balance = 0
    done = await acts(officer, path, act="finish")
    assert "Commission the new meter" in done
    assert "Waits to be sent" in done
    page = await officer.open(f"/console/meters/{desk.town.esam.number}")
    assert "Off the wall" in page.text
    assert NEW in page.text
    sheet = await officer.open("/console/swaps.csv")
    assert sheet.text.startswith(BOM)
    assert f"{desk.town.esam.number},{NEW}" in sheet.text
    assert NEW in (await officer.open("/console/swaps?state=done")).text
    assert NEW not in (await officer.open("/console/swaps?state=open")).text


async def test_figures_off_the_display_and_a_purchase_in_doubt(officer: Browser, desk: Desk, bench: Bench) -> None:
    purchase_id = await desk.pays(desk.town.esam, 1000)
    bench.deaf = True
    await desk.works()
    path = await begins(officer, desk)
    assert "display" in await acts(officer, path, act="seen", balance="x", remark="Lin stood there")
    await acts(officer, path, act="seen", balance="42.00", count="", energy="12.5", remark="Lin stood there")
    assert "Say where it is" in await acts(officer, path, act="finish")
    said = {f"found_{purchase_id}": "not_in_meter"}
    await acts(officer, path, act="finish", **said)
    async with desk.begin() as db:
        swap = (await db.exec(select(MeterSwap))).one()
    assert (swap.state, swap.last_balance_minor, swap.last_energy_wh) == (SwapState.DONE, 4200, 12_500)
    assert (await desk.purchase(purchase_id)).meter_id == swap.new_meter_id


async def test_an_exchange_can_be_called_off(officer: Browser, desk: Desk) -> None:
    path = await begins(officer, desk)
    assert "Called off" in await acts(officer, path, act="cancel")
    assert (await desk.meter(desk.town.esam.id)).life == MeterLife.LIVE


async def test_what_cannot_be_is_said_beside_what_was_typed(officer: Browser, desk: Desk) -> None:
    page = await officer.open("/console/swaps/new")
    told = {"old": desk.town.esam.number, "number": "123", "model": str(desk.town.esam.model_id), "way": "carry"}
    sent = await officer.send("/console/swaps", page, **told, reason="why not")
    assert sent.status_code == 422
    assert 'value="123"' in sent.text
    assert "no number of a meter of this make" in sent.text


async def test_old_numbers_lead_residents_to_the_new_meter(officer: Browser, desk: Desk, bench: Bench) -> None:
    path = await begins(officer, desk)
    await works(desk)
    await acts(officer, path, act="finish")
    async with desk.begin() as db:
        await rulebook.save(db, SaleRules(sell_untried=True), desk.staff_id, desk.clock())
    page = await officer.open(f"/m/{desk.town.esam.number}/pay")
    assert page.status_code == 200
    assert f"/m/{NEW}/pay" in page.text


async def test_nothing_is_sold_before_commissioning_and_the_pages_say_so(officer: Browser, desk: Desk) -> None:
    async with desk.begin() as db:
        (await db.get_one(Meter, desk.town.esam.id)).life = MeterLife.NEW
    number = desk.town.esam.number
    assert "Nothing can be paid for this meter now" in (await officer.open(f"/m/{number}/pay")).text
    page = await officer.open(f"/console/cash/{number}")
    assert "has not passed its commissioning" in page.text
    sent = await officer.send(f"/console/cash/{number}", page, form_token="a" * 20, amount="50", by="cash")
    assert sent.status_code == 409


async def test_a_meter_is_commissioned_from_its_page(officer: Browser, desk: Desk, bench: Bench) -> None:
    async with desk.begin() as db:
        (await db.get_one(Meter, desk.town.esam.id)).life = MeterLife.NEW
    number = desk.town.esam.number
    page = await officer.open(f"/console/commissioning?meter={number}")
    assert "Hung, not tried yet" in page.text
    sent = await officer.send("/console/commissioning", page, meter=number, arg_overdraft_limit_minor="8")
    path = sent.headers["location"]
    await tries(desk)
    page = await officer.open(path)
    assert "Passed" in page.text
    assert (await desk.meter(desk.town.esam.id)).life == MeterLife.LIVE
    assert (await desk.meter(desk.town.esam.id)).overdraft_limit_minor == 800
    assert f"{number},Lamp Street 1,Passed" in (await officer.open(f"{path}.csv")).text
    assert "is over" in (await officer.send(f"{path}/stop", page)).text


async def test_a_commissioning_of_nobody_is_none(officer: Browser, desk: Desk) -> None:
    page = await officer.open("/console/commissioning")
    sent = await officer.send("/console/commissioning", page, meter=desk.town.esam.number)
    assert sent.status_code == 422
    assert "no meter that waits" in sent.text
    async with desk.begin() as db:
        assert (await db.exec(select(CommissioningRun))).first() is None


async def ref_of(desk: Desk, purchase_id: UUID) -> str:
    async with desk.begin() as db:
        return (await db.get_one(Purchase, purchase_id)).ref


async def test_a_reversal_is_asked_for_and_decided_by_somebody_else(officer: Browser, desk: Desk) -> None:
    purchase_id = await desk.pays(desk.town.esam)
    path = f"/console/purchases/{await ref_of(desk, purchase_id)}"
    assert f"{path}/reversal" in (await officer.open(path)).text
    page = await officer.open(f"{path}/reversal")
    assert "it is never sent" in page.text
    assert (await officer.send(f"{path}/reversal", page, reason="wrong meter")).status_code == 303
    listed = await officer.open("/console/reversals")
    assert "wrong meter" in listed.text
    assert "A second person decides" in listed.text
    story = (await officer.open(path)).text
    assert "Waits for a second person" in story and f"{path}/reversal" not in story
    async with desk.begin() as db:
        row = (await db.exec(select(Reversal))).one()
    own = await officer.send(f"/console/reversals/{row.id}", listed, act="approve", remark="I say so")
    assert own.status_code == 409
    async with desk.begin() as db:
        (await db.get_one(Reversal, row.id)).asked_by = desk.staff_id  # somebody else asked
    done = await officer.send(f"/console/reversals/{row.id}", listed, act="approve", remark="seen the slip")
    assert done.status_code == 303
    assert (await desk.purchase(purchase_id)).state == PurchaseState.REFUNDED
    sheet = await officer.open("/console/reversals.csv?state=decided")
    assert sheet.text.startswith(BOM)
    assert "wrong meter" in sheet.text
    assert "seen the slip" in sheet.text
    assert len((await officer.open("/console/reversals.csv")).text.splitlines()) == 1  # nothing waits
    decided = await officer.open("/console/reversals?state=decided")
    assert "seen the slip" in decided.text
    story = (await officer.open(path)).text
    assert '<a href="/console/reversals?state=decided"' in story and f"{path}/reversal" not in story
    async with desk.begin() as db:
        assert (await db.get_one(Reversal, row.id)).state == ReversalState.DONE
        acts_ = list(await db.exec(select(Audit.act).where(Audit.subject_id == purchase_id)))
    assert sorted(acts_) == ["reversal_asked", "reversal_done"]


async def test_a_review_lets_staff_choose_the_meter(officer: Browser, desk: Desk, bench: Bench) -> None:
    second, first = build.numbered("20100000002"), desk.town.esam
    async with desk.begin() as db:
        db.add(beside(first, second))
    assert "Your account has several meters" in (await officer.open(f"/m/{first.number}/pay")).text
    assert "several meters" in (await officer.open(f"/console/cash/{first.number}")).text
    purchase_id = await desk.pays(first)
    review = await desk.review(ReviewKind.WHICH_METER)
    page = await officer.open(f"/console/reviews/{review.id}")
    assert f'<option value="{second}">' in page.text
    sent = await officer.send(f"/console/reviews/{review.id}", page, act="move", meter=second, remark="they said so")
    assert sent.status_code == 303
    await desk.works()
    assert (await desk.meter((await desk.purchase(purchase_id)).meter_id)).number == second


async def test_an_exchange_where_the_ledger_holds_the_money(officer: Browser, desk: Desk, bench: Bench) -> None:
    await hold_by_ledger(desk, desk.town.esam.id, 5_000)
    path = await begins(officer, desk)
    assert "The new meter begins at, in kWh" in (await officer.open(path)).text
    assert "figure cannot be right" in await acts(officer, path, act="seen_energy", energy="x", remark="Lin was there")
    await acts(officer, path, act="seen_energy", energy="8100", remark="Lin was there")
    jumped = await officer.open(path)
    assert "It was looked at, and it is right." in jumped.text
    assert "No rule charges" in await acts(officer, path, act="finish", start="3.5")
    await acts(officer, path, act="seen_energy", energy="104.00", remark="Lin was there")
    assert "48.00" in (await officer.open(path)).text
    assert "where the registers of the new meter begin" in await acts(officer, path, act="finish")
    done = await acts(officer, path, act="finish", start="3.5")
    assert "are in the fund of the new meter" in done
    async with desk.begin() as db:
        swap = (await db.exec(select(MeterSwap))).one()
    assert (swap.new_total_wh, swap.last_energy_wh, swap.last_balance_minor) == (3_500, 104_000, 4_800)
    assert "48.00" in (await officer.open(f"/console/meters/{NEW}/statement")).text
