"""What the kinds send and what is recorded of each: tariffs, frozen days, archives, downloads, tokens, events."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
from sqlmodel import select

from app import outbox
from app.domain.operation import TRAITS, DeviceItemState, OperationKind, OperationState, Subject
from app.domain.operation_arguments import Arguments, BadArgument, read
from app.domain.purchase import PurchaseState
from app.domain.wallet import ReadingKind
from app.models import AmiHeadEnd, Concentrator, Meter, Note, Purchase, Reading
from app.outbox import Job
from app.ports import (
    EnterTokens,
    IssuedToken,
    KeyChanged,
    KeyChangeRequest,
    ManagementRequest,
    Readings,
    Refused,
    Write,
)
from app.services.operations import ordering
from app.services.operations.whom import Whom
from app.services.purchases import new_ref
from app.terminal_words import ArchiveEntry, ChangeArchive, ReadArchive, SetParameters
from tests.app.services.operations.yard import Yard

K, S = OperationKind, DeviceItemState
SAMPLES: dict[OperationKind, Arguments] = {
    K.READ_FROZEN: {"days_ago": 1},
    K.SET_LIMITS: {"alarm_1_minor": 100},
    K.SET_TARIFFS: {"prices_backup_e4": "5283, 4000", "prices_switch_at": "2026-04-01T00:00"},
    K.SET_RUNNING: {"port": 31, "read_at": "00:20", "interval_min": 60, "clock_at": "03:00"},
    K.SET_MASTER_INTERVAL: {"interval_min": 15},
    K.CLEAR_ARCHIVE: {"history": "no"},
}
OWN_WAY = {K.TRIP_RELAY, K.READ_WALLET, K.READ_RELAY, K.DOWNLOAD, K.SEND_SETTING, K.CHANGE_KEY, K.COLLECT_EVENTS}
OWN_WAY |= {K.READ_RECORDS, K.DOWNLOAD_ARCHIVE, K.DELETE_FROM_ARCHIVE, K.SWITCH_FEE_CONTROL}


def esam(yard: Yard) -> Whom:
    return Whom(meter_ids=(yard.town.esam.id,))


def sts(yard: Yard) -> Whom:
    return Whom(meter_ids=(yard.town.sts.id,))


def place(yard: Yard) -> Whom:
    return Whom(concentrator_ids=(yard.town.concentrator.id,))


@pytest.mark.parametrize("kind", [kind for kind in K if kind not in OWN_WAY])
def test_every_kind_is_an_order(kind: OperationKind) -> None:
    given = read(kind, SAMPLES.get(kind, {}))
    if TRAITS[kind].subject is Subject.METER:
        assert ordering.meter_order(kind, given) is not None
    else:
        assert ordering.terminal_order(kind, given) is not None


async def test_the_tariff_set_that_waits_is_written_with_the_moment_at_which_it_takes_over(yard: Yard) -> None:
    operation_id = await yard.plan(K.SET_TARIFFS, esam(yard), arguments=SAMPLES[K.SET_TARIFFS])
    await yard.run(operation_id)

    (order,) = yard.line.at(yard.town.esam.address).operated
    assert order == Write((("prices_backup_e4", "5283,4000"), ("prices_switch_at", "2604010000")))


@pytest.mark.parametrize("text", ["", "5283;4000", "x", "1," * 20])
async def test_prices_that_are_none_are_refused(yard: Yard, text: str) -> None:
    with pytest.raises(BadArgument, match="prices_backup_e4"):
        await yard.plan(K.SET_TARIFFS, esam(yard), arguments={"prices_backup_e4": text})


async def test_running_parameters_are_set_for_one_port(yard: Yard) -> None:
    yard.line.answers[SetParameters] = Readings({"F33.0.port": 31})
    operation_id = await yard.plan(K.SET_RUNNING, place(yard), arguments=SAMPLES[K.SET_RUNNING])
    await yard.run(operation_id)
    assert await yard.states(operation_id) == {(S.DONE, ""): 1}


async def test_a_frozen_day_stands_under_the_day_that_it_ended(yard: Yard) -> None:
    frozen: dict[str, int | str | None] = {
        "frozen_at": "2603020000",
        "energy_wh": 123_000,
        "balance_minor": 900,
        "purchase_count": 3,
    }
    yard.line.at(yard.town.esam.address).registers.update(frozen)
    operation_id = await yard.plan(K.READ_FROZEN, esam(yard), arguments={"days_ago": "1"})
    await yard.run(operation_id)

    async with yard.begin() as db:
        rows = {(row.day, row.kind): row.value for row in await db.exec(select(Reading))}
    assert rows == {
        (date(2026, 3, 1), ReadingKind.ENERGY): 123_000,
        (date(2026, 3, 1), ReadingKind.BALANCE): 900,
    }


async def test_energy_that_is_read_is_todays(yard: Yard) -> None:
    yard.line.at(yard.town.esam.address).registers["energy_wh"] = 5000
    operation_id = await yard.plan(K.READ_ENERGY, esam(yard))
    await yard.run(operation_id)
    async with yard.begin() as db:
        (row,) = (await db.exec(select(Reading))).all()
    assert (row.day, row.kind, row.value) == (date(2026, 3, 2), ReadingKind.ENERGY, 5000)


async def test_an_archive_is_compared_with_what_hangs_there(yard: Yard) -> None:
    known = ArchiveEntry(sequence=2, point=2, address=yard.town.esam.address)
    yard.line.answers[ReadArchive] = Readings({}, archive=(known, replace(known, sequence=3, address="000000000042")))
    operation_id = await yard.plan(K.READ_ARCHIVE, place(yard))
    await yard.run(operation_id)

    (item,) = await yard.items(operation_id)
    assert item.values == {
        "entries": 2,
        "missing": 1,
        "strange": 1,
        "missing_meters": yard.town.sts.number,
        "strange_meters": "000000000042",
    }


async def test_only_what_a_concentrator_lacks_is_downloaded(yard: Yard) -> None:
    asked: list[ChangeArchive] = []
    yard.line.answers[ReadArchive] = Refused("denied")
    yard.line.answers[ChangeArchive] = Readings({})
    yard.line.seen = asked
    operation_id = uuid4()
    for _ in range(2):
        operation_id = await yard.plan(K.DOWNLOAD_ARCHIVE, place(yard), arguments={"which": "missing"})
        await yard.run(operation_id)
        yard.line.answers[ReadArchive] = Readings({}, archive=asked[0].entries[:1])

    assert [len(order.entries) for order in asked] == [2, 1]
    (item,) = await yard.items(operation_id)
    assert (item.state, item.values) == (S.DONE, {"added": 1})


async def test_meters_that_are_taken_out_have_no_point_there_any_more(yard: Yard) -> None:
    yard.line.answers[ChangeArchive] = Readings({})
    await yard.run(await yard.plan(K.DOWNLOAD_ARCHIVE, place(yard), arguments={"which": "all"}))
    given = {"meters": [yard.town.esam.number]}
    for expected in ({(S.DONE, ""): 1}, {(S.LEFT_OUT, "no_meters_there"): 1}):
        operation_id = await yard.plan(K.DELETE_FROM_ARCHIVE, place(yard), arguments=given)
        await yard.run(operation_id)
        assert await yard.states(operation_id) == expected

    async with yard.begin() as db:
        assert (await db.get_one(Meter, yard.town.esam.id)).point is None
        assert (await db.get_one(Meter, yard.town.sts.id)).point is not None


async def test_a_download_hurries_what_is_paid_and_waits_until_it_is_in(yard: Yard) -> None:
    meter_id, now = yard.town.esam.id, yard.clock()
    purchase = Purchase(ref=new_ref(), meter_id=meter_id, amount_minor=500, credit_minor=500, created_at=now)
    async with yard.begin() as db:
        db.add(purchase)
        await db.flush()
        later = yard.clock().replace(hour=23)
        link = yard.town.concentrator.id
        await outbox.promise(db, Job.DOWNLOAD_PURCHASE, purchase.id, later, concentrator_id=link)
    operation_id = await yard.plan(K.DOWNLOAD, esam(yard))
    await yard.work()
    async with yard.begin() as db:
        note = (await db.exec(select(Note).where(Note.job == Job.DOWNLOAD_PURCHASE))).one()
        assert note.due_at == yard.clock()
    assert await yard.states(operation_id) == {(S.UNDER_WAY, ""): 1}

    async with yard.begin() as db:
        (await db.get_one(Purchase, purchase.id)).state = PurchaseState.CREDITED
    assert await yard.run(operation_id) is OperationState.DONE
    (item,) = await yard.items(operation_id)
    assert (item.state, item.values) == (S.DONE, {"purchases": 1, "waiting": 0})


async def test_where_nothing_is_paid_there_is_nothing_to_download(yard: Yard) -> None:
    operation_id = await yard.plan(K.DOWNLOAD, esam(yard))
    await yard.run(operation_id)
    assert await yard.states(operation_id) == {(S.LEFT_OUT, "nothing_to_download"): 1}


class Module:
    """Makes tokens, and the same for the same request."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def issue_management(self, request: ManagementRequest) -> tuple[IssuedToken, ...]:
        self.asked.append(request.request_id)
        assert (request.subclass, request.value) == (1, 0xFFFF)
        return (IssuedToken("0" * 19 + "7", 2000, request.subclass, 0, 2),)

    async def issue_key_change(self, request: KeyChangeRequest) -> tuple[IssuedToken, ...]:
        self.asked.append(request.request_id)
        change = KeyChanged(request.to, 255, rollover=False)
        first = IssuedToken("0" * 19 + "8", None, 3, 0, 2, change)
        return first, IssuedToken("0" * 19 + "9", None, 4, 0, 2)


async def test_a_setting_is_made_once_and_entered_until_the_meter_says_so(yard: Yard) -> None:
    module = Module()
    yard.with_security(module)
    bench = yard.line.at(yard.town.sts.address)
    bench.deaf = True
    operation_id = await yard.plan(K.SEND_SETTING, sts(yard), arguments={"setting": "clear_credit"})
    await yard.work()
    bench.deaf = False
    await yard.run(operation_id)

    (item,) = await yard.items(operation_id)
    assert (item.state, set(module.asked)) == (S.DONE, {str(item.id)})
    assert len({order.digits for order in bench.operated if isinstance(order, EnterTokens)}) == 1
    async with yard.begin() as db:
        assert (await db.get_one(Meter, yard.town.sts.id)).last_tid == 2000


async def test_a_meter_that_took_a_key_change_is_asked_under_the_new_key(yard: Yard) -> None:
    yard.with_security(Module())
    given = {"sgc": "201458", "krn": "2", "ti": "1"}
    await yard.run(await yard.plan(K.CHANGE_KEY, sts(yard), arguments=given))
    async with yard.begin() as db:
        meter = await db.get_one(Meter, yard.town.sts.id)
    assert (meter.sgc, meter.krn, meter.ti) == ("201458", 2, 1)


async def test_a_meter_without_a_vending_key_gets_no_tokens(yard: Yard) -> None:
    yard.with_security(Module())
    operation_id = await yard.plan(K.SEND_SETTING, esam(yard), arguments={"setting": "clear_tamper"})
    await yard.run(operation_id)
    assert await yard.states(operation_id) == {(S.LEFT_OUT, "no_supply_group"): 1}


async def test_events_that_are_fetched_end_the_item(yard: Yard) -> None:
    operation_id = await yard.plan(K.COLLECT_EVENTS, place(yard))
    await yard.work()
    assert await yard.states(operation_id) == {(S.UNDER_WAY, ""): 1}
    async with yard.begin() as db:
        (await db.get_one(Concentrator, yard.town.concentrator.id)).events_asked_at = yard.clock()
    await yard.run(operation_id)
    assert await yard.states(operation_id) == {(S.DONE, ""): 1}


async def test_what_is_asked_of_a_concentrator_is_left_out_at_once_where_there_is_none_of_ours(yard: Yard) -> None:
    """A gateway and a place of an existing head end: nothing is promised, and the others go on."""
    there = [await yard.concentrator(200 + n, 1) for n in range(3)]
    async with yard.begin() as db:
        head_end = AmiHeadEnd(name="Harbour", url="https://ami.example", key_id="relight", secret_sealed="never used")
        db.add(head_end)
        await db.flush()
        gateway, behind = [await db.get_one(Concentrator, each) for each in there[:2]]
        gateway.driver, gateway.host, gateway.port = "dlt645_tcp", "gate", 8899
        behind.driver, behind.ami_head_end_id = "ami", head_end.id
    yard.line.answers[ReadArchive] = Readings({})
    operation_id = await yard.plan(K.READ_ARCHIVE, Whom(concentrator_ids=tuple(there)))
    assert await yard.states(operation_id) == {
        (S.LEFT_OUT, "not_offered"): 2,
        (S.UNDER_WAY, ""): 1,
    }
    assert all(item.ended_at for item in await yard.items(operation_id) if item.state == S.LEFT_OUT)
    assert await yard.run(operation_id) is OperationState.DONE
    assert [what for _, what in yard.line.told] == ["ReadArchive"]
    only = await yard.plan(K.COLLECT_EVENTS, Whom(concentrator_ids=tuple(there[:1])))
    assert await yard.run(only) is OperationState.DONE
    assert await yard.states(only) == {(S.LEFT_OUT, "not_offered"): 1}


async def test_one_that_becomes_a_gateway_after_the_order_is_told_nothing(yard: Yard) -> None:
    operation_id = await yard.plan(K.READ_ARCHIVE, place(yard))
    async with yard.begin() as db:
        row = await db.get_one(Concentrator, yard.town.concentrator.id)
        row.driver, row.host, row.port = "dlt645_tcp", "gate", 8899
    await yard.run(operation_id)
    assert await yard.states(operation_id) == {(S.LEFT_OUT, "not_offered"): 1}
    assert yard.line.told == []
