"""A file of master meters adds some and changes others; what is shown before is what is done, each row for itself."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlmodel import col, select

from app.db import Begin
from app.domain.archive import ArchiveTerms, Hanging, Line
from app.models import ArchiveFile, Audit, Concentrator, MasterMeter, Meter
from app.services.archive import filing, masters, masters_many, rules, sheet
from app.services.archive.filing import FileRefused, Handed
from app.services.archive.master_file import MASTERS
from app.services.archive.masters import MasterWish
from app.services.archive.masters_many import New
from app.services.archive.meter_file import METERS
from app.services.archive.rules import RulesWish
from app.services.collection.points import assign
from tests.clocks import Clock
from tests.desk import Desk, open_desk
from tests.fakes import Bench

HEAD = "concentrator,address,name,port,protocol,baud,point\n"
ONE, OTHER, THIRD = "999900000001", "999900000002", "999900000003"
HERE, THERE = "3201-00001", "3201-00002"
HANGING = Hanging(ONE, Line.RS485, 2, baud=2400)


@pytest.fixture
async def desk(begin: Begin, clock: Clock) -> Desk:
    return await open_desk(begin, clock, Bench())


@pytest.fixture
async def there(desk: Desk) -> UUID:
    """A second concentrator, where nothing hangs; its id."""
    async with desk.begin() as db:
        row = Concentrator(node_id=desk.town.concentrator.node_id, name="Lamp Street 2", region="3201", terminal=2)
        db.add(row)
    return row.id


async def hand_in(desk: Desk, rows: str) -> UUID:
    """Hand a file in; its id."""
    async with desk.begin() as db:
        handed = Handed(MASTERS, "masters.csv", sheet.read((HEAD + rows).encode(), MASTERS.layout))
        return (await filing.take(db, handed, desk.staff_id, desk.clock())).id


async def apply(desk: Desk, file_id: UUID) -> int:
    async with desk.begin() as db:
        return await filing.apply(db, MASTERS, file_id, desk.staff_id, desk.clock())


async def findings(desk: Desk, file_id: UUID) -> list[str]:
    async with desk.begin() as db:
        return [str(row.finding) for row in await filing.rows_of(db, file_id)]


async def all_of(desk: Desk) -> dict[str, MasterMeter]:
    async with desk.begin() as db:
        return {row.address: row for row in await db.exec(select(MasterMeter))}


async def add(desk: Desk, wish: MasterWish) -> MasterMeter:
    async with desk.begin() as db:
        return await masters.add_master(db, desk.town.concentrator.id, wish, desk.staff_id, desk.clock())


async def test_nothing_is_added_before_somebody_applies_it_and_then_each_one_is_on_record(
    desk: Desk, there: UUID
) -> None:
    async with desk.begin() as db:
        await assign(db, desk.town.concentrator.id)  # its two meters have points 2 and 3
    rows = f"{HERE},{ONE},Lamp 1,,,2400,\n{THERE},{OTHER},Lamp 2,,,,7\n{HERE},{THIRD},Lamp 1b,,,,\n"
    file_id = await hand_in(desk, rows)
    assert await findings(desk, file_id) == ["add", "add", "add"]
    assert await all_of(desk) == {}

    assert await apply(desk, file_id) == 3

    found = await all_of(desk)
    told = {address: (row.name, row.port, row.baud, row.point, row.held_at) for address, row in found.items()}
    assert told == {
        ONE: ("Lamp 1", 2, 2400, 4, None),
        OTHER: ("Lamp 2", 2, 0, 7, None),
        THIRD: ("Lamp 1b", 2, 0, 5, None),
    }
    assert found[OTHER].concentrator_id == there
    async with desk.begin() as db:
        after = [row.after for row in await filing.rows_of(db, file_id)]
        acts = [note.act for note in await db.exec(select(Audit)) if note.staff_id == desk.staff_id]
    assert await findings(desk, file_id) == ["added"] * 3
    assert after[0] == f"{HERE} 2 dlt645_2007 2400 4 Lamp 1"
    assert sorted(acts) == ["master_file_applied", "master_file_taken", *["master_meter_added"] * 3]
    with pytest.raises(FileRefused, match="file_applied"):
        await apply(desk, file_id)


async def test_one_that_is_there_is_changed_and_what_its_row_leaves_open_stays(desk: Desk) -> None:
    row = await add(desk, MasterWish("Lamp 1", HANGING))
    file_id = await hand_in(desk, f"{HERE},{ONE},,,1997,,\n")
    assert await findings(desk, file_id) == ["change"]
    assert await apply(desk, file_id) == 1
    changed = (await all_of(desk))[ONE]
    assert (changed.id, changed.protocol, changed.baud, changed.point) == (row.id, "dlt645_1997", 2400, row.point)
    same = await hand_in(desk, f",{ONE},Lamp 1,2,1997,2400,{row.point}\n")
    assert await findings(desk, same) == ["same"]
    with pytest.raises(FileRefused, match="file_nothing"):
        await apply(desk, same)


async def test_a_new_name_takes_no_proof_away_and_another_speed_does(desk: Desk) -> None:
    row = await add(desk, MasterWish("Lamp 1", HANGING))
    async with desk.begin() as db:
        (await db.get_one(MasterMeter, row.id)).held_at = desk.clock()
    await apply(desk, await hand_in(desk, f",{ONE},Main,,,,\n"))
    assert (await all_of(desk))[ONE].held_at == desk.clock()
    async with desk.begin() as db:
        renamed = MasterWish("Lamp 1", HANGING)
        assert (await masters.change_master(db, row.id, renamed, None, desk.clock())).held_at == desk.clock()
    await apply(desk, await hand_in(desk, f",{ONE},,,,9600,\n"))
    assert (await all_of(desk))[ONE].held_at is None


async def test_a_row_that_cannot_be_used_says_why_and_harms_no_other(desk: Desk, there: UUID) -> None:
    row = await add(desk, MasterWish("Lamp 1", HANGING))
    rows = {
        f",{OTHER},A,,,,": "no_concentrator",
        f"3201-00009,{OTHER[:-1]}3,A,,,,": "concentrator_unknown",
        f"{HERE},{OTHER[:-1]}4,,,,,": "no_name",
        f"{HERE},{desk.town.esam.address},A,,,,": "address_taken",
        f"{HERE},{OTHER[:-1]}5,A,3,,,": "bad_port",
        f"{HERE},{OTHER[:-1]}6,A,,carrier_module,,": "bad_protocol",
        f"{HERE},{OTHER[:-1]}7,A,,,1234,": "bad_baud",
        f"{HERE},{OTHER[:-1]}8,A,,,,{row.point}": "point_taken",
        f"{THERE},{ONE},,,,,": "master_elsewhere",
        f"{THERE},{OTHER[:-1]}9,A,,,,": "add",
    }
    file_id = await hand_in(desk, "\n".join(rows))
    assert await findings(desk, file_id) == list(rows.values())
    assert await apply(desk, file_id) == 1
    assert set(await all_of(desk)) == {ONE, f"{OTHER[:-1]}9"}
    moved = await hand_in(desk, f"{HERE},{ONE},,,,,99\n")
    assert await findings(desk, moved) == ["point_stays"]


async def test_what_was_changed_meanwhile_is_not_overwritten(desk: Desk, there: UUID) -> None:
    row = await add(desk, MasterWish("Lamp 1", HANGING))
    rows = f",{ONE},Main,,,,\n{HERE},{OTHER},Second,,,,\n{HERE},{THIRD},Third,2,,,\n{THERE},999900000004,Fourth,,,,5\n"
    file_id = await hand_in(desk, rows)
    assert await findings(desk, file_id) == ["change", "add", "add", "add"]
    async with desk.begin() as db:
        other = MasterWish("Lamp 1", replace(HANGING, baud=9600))
        await masters.change_master(db, row.id, other, None, desk.clock())
        second = MasterWish("Mine", replace(HANGING, address=OTHER))
        await masters.add_master(db, there, second, None, desk.clock())
        (await db.get_one(Meter, desk.town.esam.id)).concentrator_id = there
        await db.flush()
        (await db.get_one(Meter, desk.town.esam.id)).point = 5
        own = await rules.save_rules(db, None, RulesWish("Own", ArchiveTerms(master_port=3)), None, desk.clock())
        await rules.give_rules(db, own.id, [desk.town.concentrator.id], None, desk.clock())
    assert await apply(desk, file_id) == 0
    assert await findings(desk, file_id) == ["overtaken", "overtaken", "bad_port", "point_taken"]
    assert {row.name for row in (await all_of(desk)).values()} == {"Lamp 1", "Mine"}


async def test_one_that_was_taken_away_meanwhile_is_not_added_again(desk: Desk) -> None:
    row = await add(desk, MasterWish("Lamp 1", HANGING))
    file_id = await hand_in(desk, f",{ONE},Main,,,,\n")
    async with desk.begin() as db:
        await masters.remove_master(db, row.id, None, desk.clock())
    assert await apply(desk, file_id) == 0
    assert (await findings(desk, file_id), await all_of(desk)) == (["overtaken"], {})


async def test_whoever_adds_an_address_at_the_same_moment_has_it(desk: Desk) -> None:
    there = await add(desk, MasterWish("Lamp 1", HANGING))
    mine = [
        New(there.concentrator_id, MasterWish("Mine", replace(HANGING, address=address)), point)
        for address, point in ((OTHER, 40), (ONE, 41))
    ]
    async with desk.begin() as db:
        assert await masters_many.add_many(db, mine) == {OTHER}
        assert await masters_many.add_many(db, []) == set()
    assert (await all_of(desk))[ONE].name == "Lamp 1"


async def test_a_file_of_one_kind_is_none_of_the_other(desk: Desk) -> None:
    file_id = await hand_in(desk, f"{HERE},{ONE},Lamp 1,,,,\n")
    async with desk.begin() as db:
        hangs = sheet.read(f"meter,line,port\n{desk.town.esam.number},rs485,3\n".encode(), METERS.layout)
        other = (await filing.take(db, Handed(METERS, "hangs.csv", hangs), desk.staff_id, desk.clock())).id
    async with desk.begin() as db:
        assert set(await db.exec(select(ArchiveFile.id))) == {file_id, other}
        assert [each.file.id for each in await filing.files(db, MASTERS.kind)] == [file_id]
    assert await apply(desk, file_id) == 1
    async with desk.begin() as db:
        assert (await db.exec(select(ArchiveFile.applied_at).where(col(ArchiveFile.id) == other))).one() is None
