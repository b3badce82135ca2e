"""Recipient files: every broken line is named, the others are kept, nothing is sent (SPEC N-5)."""

import time

import pytest
from sqlmodel import col, select

from app.db import Begin
from app.domain.campaign import CampaignState, CannotAct
from app.models import Campaign, CampaignItem, Message
from app.services.campaigns import drafts, files, recipients
from app.services.campaigns.files import Taken
from app.services.campaigns.recipients import FileRefused, FileTrouble, LineFault
from tests.app.services.campaigns.street import Street, open_street
from tests.clocks import Clock

LINES = 5000
MANY = 100_000
MIXED = """meter,account,channel,address,locale
{meter},,,,
,{account},,,
,,sms,13812345678,en
,,email,anna@example.com,zh
,,email,not a mail,zh
,,sms,12,zh
,,pigeon,13812345679,zh
,,sms,+8613812345678,en
,,sms,13812345670,klingon
999999999999,,,,
,9999999999,,,
12x,,,,
,,,,

,,"",,
,,sms,"138
12345671",en
"""


@pytest.fixture
async def street(begin: Begin, clock: Clock) -> Street:
    return await open_street(begin, clock, 3)


async def taken(street: Street, data: bytes) -> tuple[Campaign, Taken]:
    async with street.begin() as db:
        row = await drafts.new(db, "From a file", street.staff_id, street.clock())
        done = await files.take(db, row.id, recipients.read(data, "CN"), street.staff_id, street.clock())
    return row, done


def mixed(street: Street) -> str:
    return MIXED.format(meter=street.meters[0].number, account=street.town.account.number)


async def test_each_broken_line_has_its_own_error_and_the_others_are_kept(street: Street) -> None:
    row, done = await taken(street, mixed(street).encode())

    async with street.begin() as db:
        faults = {each.line: each.code for each in await files.faults_of(db, row.id, 0, 100)}
        wanted = select(CampaignItem.line, CampaignItem.address).where(CampaignItem.campaign_id == row.id)
        kept = list(await db.exec(wanted.order_by(col(CampaignItem.line), col(CampaignItem.place))))
        assert list(await db.exec(select(Message.id))) == []
    assert faults == {
        6: LineFault.MAIL_BAD,
        7: LineFault.PHONE_BAD,
        8: LineFault.CHANNEL_UNKNOWN,
        9: LineFault.DUPLICATE,
        10: LineFault.LANGUAGE_UNKNOWN,
        11: LineFault.METER_UNKNOWN,
        12: LineFault.ACCOUNT_UNKNOWN,
        13: LineFault.NUMBER_BAD,
        17: LineFault.PHONE_BAD,
    }
    assert kept == [(2, None), (3, None), (3, None), (4, "+8613812345678"), (5, "anna@example.com")]
    assert done == Taken(5, 9)
    assert row.state == CampaignState.DRAFT


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_a_file_is_read_as_spreadsheets_write_it(encoding: str, between: str) -> None:
    data = between.join(("电表", "语言")) + "\r\n" + between.join(("201000000014", "中文")) + "\r\n"
    assert [each.number for each in recipients.read(data.encode(encoding), "CN").meters] == ["201000000014"]


@pytest.mark.parametrize(
    ("data", "trouble"),
    [
        (b"", FileTrouble.EMPTY),
        (b" \r\n ", FileTrouble.EMPTY),
        (b"a,b\n1,2\n", FileTrouble.NO_COLUMNS),
        (b"meter\n\x00\x01\x02", FileTrouble.NOT_TEXT),
        (b"\xff\xd8\xff\xe0\x80\x00", FileTrouble.NOT_TEXT),
        (b"meter\n" + b"x" * recipients.MOST_BYTES, FileTrouble.TOO_LARGE),
    ],
)
def test_what_is_no_recipient_file_is_refused_as_a_whole(data: bytes, trouble: FileTrouble) -> None:
    with pytest.raises(FileRefused) as refused:
        recipients.read(data, "CN")
    assert refused.value.trouble is trouble


def test_a_quote_that_never_closes_is_named_where_it_opens() -> None:
    read = recipients.read(b'meter\n201000000014\n"201000000022\n201000000030\n', "CN")
    assert [(each.line, each.code) for each in read.faults] == [(3, LineFault.QUOTES)]
    assert [each.number for each in read.meters] == ["201000000014"]


@pytest.mark.parametrize("length", [LINES, pytest.param(MANY, marks=pytest.mark.long)])
async def test_a_long_file_with_broken_lines_is_answered_in_seconds(street: Street, length: int) -> None:
    lines = [f",,sms,{13_800_000_000 + number},zh" if number % 10 else f",,sms,{number},zh" for number in range(length)]
    began = time.perf_counter()

    row, done = await taken(street, ("meter,account,channel,address,locale\n" + "\n".join(lines)).encode())

    assert time.perf_counter() - began < 10 * length / LINES
    assert done == Taken(length - length // 10, length // 10)
    assert row.item_count == length - length // 10
    async with street.begin() as db:
        faults = await files.faults_of(db, row.id, length - 10, 10)
        assert (await db.exec(select(Message.id))).first() is None  # nobody is told before somebody lets it go
    assert [fault.line for fault in faults] == [length - 8]


async def test_a_second_file_takes_the_place_of_the_first(street: Street) -> None:
    row, _ = await taken(street, mixed(street).encode())
    async with street.begin() as db:
        read = recipients.read(f"meter\n{street.meters[1].number}\n".encode(), "CN")
        assert await files.take(db, row.id, read, street.staff_id, street.clock()) == Taken(1, 0)
        assert await files.faults_of(db, row.id, 0, 10) == []


async def test_a_send_that_has_begun_takes_no_more_files(street: Street) -> None:
    campaign_id = await street.going()
    with pytest.raises(CannotAct):
        async with street.begin() as db:
            await files.take(db, campaign_id, recipients.Recipients(), street.staff_id, street.clock())
