"""A file that says how meters hang: what it would change is shown first, and what is shown is what is applied."""

from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from app.db import Begin
from app.domain.archive import Hanging, Line, Protocol
from app.domain.meter_life import MeterLife
from app.domain.purchase_control import CountedIn, GroupTerms
from app.models import ArchiveFile, ArchiveRow, Audit, Meter, MeterLine, Staff
from app.services import groups
from app.services.archive import bulk, filing, hanging, masters, sheet
from app.services.archive.filing import FileRefused, Handed
from app.services.archive.masters import MasterWish
from app.services.archive.meter_file import METERS
from app.services.collection.points import assign
from tests import build
from tests.clocks import Clock
from tests.desk import Desk, open_desk
from tests.fakes import Bench

HEAD = "meter,line,port,protocol,baud,collector,point\n"


@pytest.fixture
async def desk(begin: Begin, clock: Clock) -> Desk:
    return await open_desk(begin, clock, Bench())


async def hand_in(desk: Desk, rows: str, *, staff_id: UUID | None = None) -> UUID:
    """Hand a file in; its id."""
    async with desk.begin() as db:
        handed = Handed(METERS, "hangs.csv", sheet.read((HEAD + rows).encode(), METERS.layout))
        return (await filing.take(db, handed, staff_id or desk.staff_id, desk.clock())).id


async def apply(desk: Desk, file_id: UUID) -> int:
    async with desk.begin() as db:
        return await filing.apply(db, METERS, file_id, desk.staff_id, desk.clock())


async def findings(desk: Desk, file_id: UUID) -> list[str]:
    async with desk.begin() as db:
        rows = await filing.rows_of(db, file_id)
        counts = await filing.counts(db, file_id)
    assert sum(counts.values()) == len(rows)
    return [str(row.finding) for row in rows]


async def meter(desk: Desk, meter_id: UUID) -> tuple[int, int | None, MeterLine | None]:
    async with desk.begin() as db:
        row = await db.get_one(Meter, meter_id)
        return row.port, row.point, await db.get(MeterLine, meter_id)


async def test_nothing_changes_before_somebody_applies_it_and_then_each_change_is_on_record(desk: Desk) -> None:
    esam, sts = desk.town.esam, desk.town.sts
    rows = f"{esam.number},rs485,3,,2400,,17\n{sts.number},carrier,31,,,,\n"
    file_id = await hand_in(desk, rows)
    assert await findings(desk, file_id) == ["change", "same"]
    assert await meter(desk, esam.id) == (31, None, None)

    assert await apply(desk, file_id) == 1

    assert await findings(desk, file_id) == ["done", "same"]
    port, point, line = await meter(desk, esam.id)
    assert line is not None
    assert (port, point, line.line, line.baud) == (3, 17, "rs485", 2400)
    async with desk.begin() as db:
        notes = list(await db.exec(select(Audit).order_by(col(Audit.at), col(Audit.act))))
        file = await db.get_one(ArchiveFile, file_id)
    assert {note.act for note in notes} >= {"hanging_file_taken", "hanging_file_applied", "meter_hung"}
    (hung,) = (note for note in notes if note.act == "meter_hung")
    assert hung.subject_id == esam.id
    assert hung.detail["after"] == "rs485 3 dlt645_2007 2400 #17"
    assert (file.applied_by, file.applied_at) == (desk.staff_id, desk.clock())
    with pytest.raises(FileRefused, match="file_applied"):
        await apply(desk, file_id)


async def test_a_row_that_cannot_be_used_harms_no_other(desk: Desk) -> None:
    esam, sts = desk.town.esam, desk.town.sts
    rows = f"{esam.number},rs485,,,,,\n{sts.number},,,,,000000000009,\n99990000,carrier,,,,,\nx,,,,,,\n"
    file_id = await hand_in(desk, rows)
    assert await findings(desk, file_id) == ["bad_port", "change", "meter_unknown", "number_bad"]
    assert await apply(desk, file_id) == 1
    assert (await meter(desk, esam.id))[0] == 31


async def test_a_file_without_a_change_is_not_applied(desk: Desk) -> None:
    file_id = await hand_in(desk, f"{desk.town.esam.number},carrier,,,,,\n")
    with pytest.raises(FileRefused, match="file_nothing"):
        await apply(desk, file_id)


async def test_what_was_changed_meanwhile_is_not_overwritten(desk: Desk) -> None:
    esam = desk.town.esam
    file_id = await hand_in(desk, f"{esam.number},rs485,3,,,,\n{desk.town.sts.number},rs485,4,,,,\n")
    async with desk.begin() as db:
        await hanging.hang(db, esam.id, Hanging(esam.address, Line.RS485, 2), desk.staff_id, desk.clock())
        (await db.get_one(Meter, desk.town.sts.id)).life = MeterLife.REMOVED
    assert await apply(desk, file_id) == 0
    assert await findings(desk, file_id) == ["overtaken", "meter_removed"]
    assert (await meter(desk, esam.id))[0] == 2


async def test_two_meters_change_their_points_and_nobody_takes_that_of_another(desk: Desk) -> None:
    esam, sts = desk.town.esam, desk.town.sts
    async with desk.begin() as db:
        await assign(db, desk.town.concentrator.id)
        wish = MasterWish("Master 1", Hanging("999900000001", Line.RS485, 2))
        master = await masters.add_master(db, desk.town.concentrator.id, wish, None, desk.clock())
    one, other = (await meter(desk, esam.id))[1], (await meter(desk, sts.id))[1]
    file_id = await hand_in(desk, f"{esam.number},,,,,,{other}\n{sts.number},,,,,,{one}\n")
    assert await apply(desk, file_id) == 2
    assert ((await meter(desk, esam.id))[1], (await meter(desk, sts.id))[1]) == (other, one)

    taken = await hand_in(desk, f"{esam.number},,,,,,{master.point}\n")
    assert await findings(desk, taken) == ["point_taken"]


async def test_a_point_that_was_taken_meanwhile_stays_with_whoever_has_it(desk: Desk) -> None:
    esam, sts = desk.town.esam, desk.town.sts
    file_id = await hand_in(desk, f"{esam.number},,,,,,5\n")
    async with desk.begin() as db:
        (await db.get_one(Meter, sts.id)).point = 5
    assert await apply(desk, file_id) == 0
    assert await findings(desk, file_id) == ["point_taken"]
    assert ((await meter(desk, esam.id))[1], (await meter(desk, sts.id))[1]) == (None, 5)


async def test_the_point_under_which_a_terminal_keeps_purchases_is_not_moved(desk: Desk) -> None:
    esam = desk.town.esam
    async with desk.begin() as db:
        await groups.set_group(db, esam.id, GroupTerms(1, (1,), CountedIn.MONEY, 5000), None, desk.clock())
    file_id = await hand_in(desk, f"{esam.number},,,,,,40\n")
    assert await findings(desk, file_id) == ["point_kept"]


async def test_who_hands_in_another_file_has_given_the_first_one_up_and_nobody_elses(desk: Desk) -> None:
    async with desk.begin() as db:
        colleague = Staff(id=uuid4(), login="zhao", name="Zhao", password_hash="never used here")
        db.add(colleague)
    theirs = await hand_in(desk, f"{desk.town.esam.number},rs485,3,,,,\n", staff_id=colleague.id)
    first = await hand_in(desk, f"{desk.town.esam.number},rs485,3,,,,\n")
    applied = await hand_in(desk, f"{desk.town.esam.number},rs485,4,,,,\n")
    await apply(desk, applied)
    last = await hand_in(desk, f"{desk.town.esam.number},rs485,2,,,,\n")
    async with desk.begin() as db:
        left = set(await db.exec(select(ArchiveFile.id)))
        rows = set(await db.exec(select(ArchiveRow.file_id)))
    assert left == rows == {theirs, applied, last}
    assert first not in left


async def test_rules_of_the_meters_own_concentrator_hold(desk: Desk) -> None:
    other = build.numbered("20100000088")
    async with desk.begin() as db:
        known = await bulk.by_number(db, [desk.town.esam.number, other])
    assert set(known) == {desk.town.esam.number}
    assert known[desk.town.esam.number].standing.hanging.protocol is Protocol.DLT645_2007
