"""What concentrators are told of meters: by their rules, checked on entry; and which are not downloaded yet."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlmodel import select

from app.db import Begin
from app.domain.archive import STANDARD_NUMBERS, ArchiveTerms, BadHanging, Hanging, Line, Protocol
from app.models import Audit, MasterMeter, Meter
from app.services.archive import hanging, holding, masters, rules
from app.services.archive.masters import MasterRefused, MasterWish
from app.services.archive.rules import RulesRefused, RulesWish
from app.services.collection.points import assign
from app.terminal_words import ArchiveEntry
from tests import build
from tests.clocks import Clock

MASTER = Hanging("999900000001", Line.RS485, 2, baud=2400)
OTHERS = ArchiveTerms(dict(STANDARD_NUMBERS) | {Protocol.DLT645_2007: 32}, zigbee_prefix="9900")


@pytest.fixture
async def town(begin: Begin, clock: Clock) -> build.Utility:
    async with begin() as db:
        return await build.utility(db, clock())


async def archive(begin: Begin, town: build.Utility) -> dict[str, ArchiveEntry]:
    async with begin() as db:
        return {each.address: each for each in await assign(db, town.concentrator.id)}


async def waiting(begin: Begin, town: build.Utility) -> list[str]:
    async with begin() as db:
        wanted = holding.Wanted(node_id=town.concentrator.node_id)
        found = await holding.not_held(db, wanted)
        assert await holding.count_not_held(db, wanted) == len(found)
        return [each.number for each in found]


async def told(begin: Begin, town: build.Utility, clock: Clock, *entries: ArchiveEntry) -> None:
    async with begin() as db:
        await holding.record_archive(db, town.concentrator.id, entries, clock())


async def hang(begin: Begin, meter_id: UUID, how: Hanging, clock: Clock) -> None:
    async with begin() as db:
        await hanging.hang(db, meter_id, how, None, clock())


async def test_a_concentrator_is_told_by_its_own_rules(begin: Begin, town: build.Utility, clock: Clock) -> None:
    esam = town.esam
    assert (await archive(begin, town))[esam.address].protocol == 30
    await hang(begin, esam.id, Hanging(esam.address, Line.ZIGBEE, 31), clock)
    async with begin() as db:
        made = await rules.save_rules(db, None, RulesWish("Maker B", OTHERS), None, clock())
        assert await rules.give_rules(db, made.id, [town.concentrator.id], None, clock()) == 1
    found = (await archive(begin, town))[esam.address]
    assert (found.protocol, found.collector) == (32, "9900" + esam.address[4:])
    assert (await archive(begin, town))[town.sts.address].collector == "000000000000"

    async with begin() as db:
        await rules.give_rules(db, None, [town.concentrator.id], None, clock())
    assert (await archive(begin, town))[esam.address].protocol == 30


async def test_the_usual_rules_hold_where_none_are_named_and_there_is_one_set_of_them(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        await rules.save_rules(db, None, RulesWish("A", OTHERS, usual=True), None, clock())
        second = await rules.save_rules(db, None, RulesWish("B", ArchiveTerms(), usual=True), None, clock())
        assert await rules.terms_for(db, town.concentrator.id) == ArchiveTerms()
        assert [(line.row.name, line.row.usual) for line in await rules.list_rules(db)] == [("A", False), ("B", True)]
    async with begin() as db:
        changed = RulesWish("B", OTHERS, usual=True)
        await rules.save_rules(db, second.id, changed, None, clock())
        assert await rules.terms_for(db, town.concentrator.id) == OTHERS


async def test_rules_are_refused_by_name_and_while_they_are_used(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        made = await rules.save_rules(db, None, RulesWish("A", OTHERS), None, clock())
        await rules.give_rules(db, made.id, [town.concentrator.id], None, clock())
        for name, code in (("", "rules_name"), ("x" * 61, "rules_name"), ("A", "rules_taken")):
            with pytest.raises(RulesRefused, match=code):
                await rules.save_rules(db, None, RulesWish(name, OTHERS), None, clock())
        with pytest.raises(RulesRefused, match="rules_used"):
            await rules.remove_rules(db, made.id, None, clock())
        await rules.give_rules(db, None, [town.concentrator.id], None, clock())
        await rules.remove_rules(db, made.id, None, clock())
        assert await rules.list_rules(db) == []


async def test_how_a_meter_hangs_is_checked_before_it_is_written_down_and_is_on_record(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    meter = town.esam
    for how, field in (
        (Hanging(meter.address, Line.RS485, 31), "port"),
        (Hanging(meter.address, Line.CARRIER, 31, baud=2400), "baud"),
        (Hanging(meter.address, Line.ZIGBEE, 31, collector="12"), "collector"),
    ):
        with pytest.raises(BadHanging, match=field):
            await hang(begin, meter.id, how, clock)
    await hang(begin, meter.id, Hanging(meter.address, Line.RS485, 3, Protocol.DLT645_1997, 1200), clock)
    async with begin() as db:
        assert (await db.get_one(Meter, meter.id)).port == 3
        acts = list(await db.exec(select(Audit).where(Audit.act == "meter_hung")))
    assert [act.detail["after"] for act in acts] == ["rs485 3 dlt645_1997 1200"]
    found = (await archive(begin, town))[meter.address]
    assert (found.port, found.protocol, found.baud) == (3, 1, 1200)


async def test_what_a_concentrator_was_not_proved_to_have_is_not_downloaded_yet(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    both = sorted([town.esam.number, town.sts.number])
    assert await waiting(begin, town) == both
    entries = await archive(begin, town)
    await told(begin, town, clock, entries[town.esam.address])
    assert await waiting(begin, town) == [town.sts.number]
    await told(begin, town, clock, *entries.values())
    assert await waiting(begin, town) == []

    await hang(begin, town.esam.id, Hanging(town.esam.address, Line.RS485, 2), clock)
    assert await waiting(begin, town) == [town.esam.number]
    await told(begin, town, clock, *entries.values())  # it still has the old way
    assert await waiting(begin, town) == [town.esam.number]
    await told(begin, town, clock, *(await archive(begin, town)).values())
    assert await waiting(begin, town) == []
    async with begin() as db:
        await holding.forget_archive(db, town.concentrator.id)
    assert await waiting(begin, town) == both


async def test_other_rules_make_everything_wait_again(begin: Begin, town: build.Utility, clock: Clock) -> None:
    await told(begin, town, clock, *(await archive(begin, town)).values())
    async with begin() as db:
        await rules.save_rules(db, None, RulesWish("B", OTHERS, usual=True), None, clock())
    assert len(await waiting(begin, town)) == 2


async def test_a_changed_set_makes_only_the_meters_of_its_own_concentrators_wait(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    """Sets that nobody names here, and the usual one where another is named, say nothing of this concentrator."""
    whole = [*(await archive(begin, town)).values()]
    await told(begin, town, clock, *whole)
    async with begin() as db:
        own = await rules.save_rules(db, None, RulesWish("Own", ArchiveTerms()), None, clock())
        other = await rules.save_rules(db, None, RulesWish("Other", ArchiveTerms()), None, clock())
        await rules.save_rules(db, other.id, RulesWish("Other", OTHERS), None, clock())
    assert await waiting(begin, town) == []
    async with begin() as db:
        await rules.give_rules(db, own.id, [town.concentrator.id], None, clock())
    await told(begin, town, clock, *whole)
    async with begin() as db:
        await rules.save_rules(db, other.id, RulesWish("Other", OTHERS, usual=True), None, clock())
    assert await waiting(begin, town) == []
    async with begin() as db:
        await rules.save_rules(db, own.id, RulesWish("Own", OTHERS), None, clock())
    assert len(await waiting(begin, town)) == 2


async def test_usual_rules_that_are_taken_away_or_handed_on_make_the_nameless_wait(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    whole = [*(await archive(begin, town)).values()]
    async with begin() as db:
        same = await rules.save_rules(db, None, RulesWish("Same", ArchiveTerms(), usual=True), None, clock())
        other = await rules.save_rules(db, None, RulesWish("Other", OTHERS), None, clock())
    await told(begin, town, clock, *whole)
    async with begin() as db:
        await rules.remove_rules(db, same.id, None, clock())
    assert await waiting(begin, town) == []  # without any, the standard's hold, which are the same
    async with begin() as db:
        await rules.save_rules(db, other.id, RulesWish("Other", OTHERS, usual=True), None, clock())
    assert len(await waiting(begin, town)) == 2
    await told(begin, town, clock, *(await archive(begin, town)).values())
    assert await waiting(begin, town) == []
    async with begin() as db:
        await rules.remove_rules(db, other.id, None, clock())
    assert len(await waiting(begin, town)) == 2


async def test_a_master_meter_has_a_point_of_its_own_and_hangs_on_the_first_rs485_port(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    await archive(begin, town)
    async with begin() as db:
        with pytest.raises(BadHanging, match="port"):
            await masters.add_master(db, town.concentrator.id, MasterWish("M", replace(MASTER, port=3)), None, clock())
        row = await masters.add_master(db, town.concentrator.id, MasterWish("M", MASTER), None, clock())
    entries = await archive(begin, town)
    assert sorted(each.point for each in entries.values()) == [2, 3, 4]
    assert (entries[MASTER.address].port, entries[MASTER.address].baud, row.point) == (2, 2400, 4)
    await told(begin, town, clock, *entries.values())
    async with begin() as db:
        assert (await db.get_one(MasterMeter, row.id)).held_at == clock()
        changed = MasterWish("Master", replace(MASTER, baud=9600))
        assert (await masters.change_master(db, row.id, changed, None, clock())).held_at is None
        assert [each.name for each in await masters.masters_of(db, town.concentrator.id)] == ["Master"]
        await masters.remove_master(db, row.id, None, clock())
    assert MASTER.address not in await archive(begin, town)


async def test_a_master_meter_is_no_other_meter(begin: Begin, town: build.Utility, clock: Clock) -> None:
    async with begin() as db:
        place = town.concentrator.id
        for wish, code in (
            (MasterWish("", MASTER), "master_name"),
            (MasterWish("M", replace(MASTER, address=town.esam.address)), "master_address_taken"),
        ):
            with pytest.raises(MasterRefused, match=code):
                await masters.add_master(db, place, wish, None, clock())
        await masters.add_master(db, place, MasterWish("M", MASTER), None, clock())
        with pytest.raises(MasterRefused, match="master_address_taken"):
            await masters.add_master(db, place, MasterWish("N", MASTER), None, clock())
