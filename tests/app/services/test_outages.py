"""Outage notices by staff: told, moved, restored, called off; and who is still out (SPEC N-6, M-8)."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from app.db import Begin
from app.domain.announcement import AnnouncementKind, Phase
from app.domain.inbound import Understood
from app.domain.notice import MessageKind, MessageState
from app.domain.outage_notice import Fault
from app.domain.review import ReviewKind
from app.domain.terminal import Kind
from app.models import Audit, Campaign, GridNode, Kiosk, Message, Review, Staff
from app.ports import InboundText
from app.services import announcements, inbound, letters, outages, still_out
from app.services.announcements import Draft, Revision, Words
from app.services.grid import search, size_below, tree
from app.services.inbound import Came
from app.services.kiosks.journal import Entry, record_entries
from app.services.outages import NoticeRefused
from tests import build
from tests.clocks import Clock

WORDS = Words("电缆故障", "Cable fault", "正在抢修。", "We are repairing it.")


class Office:
    """A street, and somebody who tells it of outages."""

    def __init__(self, begin: Begin, clock: Clock, town: build.Utility, staff_id: UUID) -> None:
        self.begin, self.clock, self.town, self.staff_id = begin, clock, town, staff_id

    def draft(self, kind: AnnouncementKind = AnnouncementKind.UNPLANNED, ahead: timedelta = timedelta()) -> Draft:
        begins = self.clock() + ahead
        return Draft(kind, self.town.concentrator.node_id, begins, begins + timedelta(hours=2), WORDS)

    async def tells(self, draft: Draft) -> UUID:
        async with self.begin() as db:
            return (await outages.tell(db, draft, self.staff_id, self.clock())).id

    async def moves(self, notice_id: UUID, **later: float) -> bool:
        news = Revision(self.clock() + timedelta(**later), "需要更久。", "It takes longer.")
        async with self.begin() as db:
            return await outages.revise(db, notice_id, news, self.staff_id, self.clock())

    async def restores(self, notice_id: UUID) -> bool:
        async with self.begin() as db:
            return await outages.restore(db, notice_id, self.staff_id, self.clock())

    async def steps(self) -> list[tuple[str, str]]:
        """Step and state of each bulk send."""
        async with self.begin() as db:
            rows = await db.exec(select(Campaign).order_by(col(Campaign.made_at), col(Campaign.id)))
            return [(row.announcement_step, row.kind) for row in rows]


@pytest.fixture
async def office(begin: Begin, clock: Clock) -> Office:
    async with begin() as db:
        town = await build.utility(db, clock())
        person = Staff(id=uuid4(), login="lin", name="Lin", password_hash="never used here")
        db.add(person)
    return Office(begin, clock, town, person.id)


async def test_each_step_is_shown_at_once_tells_its_area_and_is_on_record(office: Office) -> None:
    told = await office.tells(office.draft())
    office.clock.forward(minutes=30)
    assert await office.moves(told, hours=4)
    office.clock.forward(hours=3)
    assert await office.restores(told)

    async with office.begin() as db:
        (view,) = await announcements.shown_for(db, office.town.esam.id, office.clock())
        acts = list(await db.exec(select(Audit.act).where(Audit.staff_id == office.staff_id).order_by(col(Audit.at))))
    assert view.phase is Phase.RESTORED
    assert await office.steps() == [
        ("published", "outage_now"),
        ("revised-1", "outage_changed"),
        ("restored", "outage_restored"),
    ]
    assert acts == ["outage_published", "outage_revised", "outage_restored"]


async def test_words_alone_are_shown_and_send_nothing(office: Office) -> None:
    told = await office.tells(office.draft())
    async with office.begin() as db:
        news = Revision(None, "正在开挖。", "Digging.")
        assert await outages.revise(db, told, news, office.staff_id, office.clock())
    assert [step for step, _ in await office.steps()] == ["published"]


async def test_an_area_without_meters_is_refused(office: Office) -> None:
    async with office.begin() as db:
        empty = GridNode(kind="area", name="New field", path="")
        empty.path = str(empty.id)
        db.add(empty)
    draft = office.draft()
    with pytest.raises(NoticeRefused) as refused:
        await office.tells(Draft(draft.kind, empty.id, draft.from_at, draft.until_at, WORDS))
    assert refused.value.faults == {"node": Fault.AREA_EMPTY}
    assert await office.steps() == []


async def test_planned_work_that_is_told_late_wants_a_reason_which_is_kept(office: Office) -> None:
    draft = office.draft(AnnouncementKind.PLANNED, timedelta(days=3))
    with pytest.raises(NoticeRefused) as refused:
        await office.tells(draft)
    assert refused.value.faults == {"short_notice_reason": Fault.LEAD_SHORT}

    late = Draft(draft.kind, draft.node_id, draft.from_at, draft.until_at, WORDS, "The pole leans over the road")
    await office.tells(late)
    async with office.begin() as db:
        audit = (await db.exec(select(Audit).where(Audit.act == "outage_published"))).one()
    assert audit.detail["short_notice_reason"] == "The pole leans over the road"
    assert await office.steps() == [("published", "outage_planned")]


@pytest.mark.parametrize(
    ("hours", "fault"), [(-1, Fault.ENDS_PAST), (-30, Fault.ENDS_BEFORE), (24 * 40, Fault.ENDS_FAR)]
)
async def test_an_end_that_cannot_be_is_refused(office: Office, hours: float, fault: Fault) -> None:
    told = await office.tells(office.draft())
    office.clock.forward(hours=1.5)
    with pytest.raises(NoticeRefused) as refused:
        await office.moves(told, hours=hours)
    assert refused.value.faults == {"until_at": fault}


async def test_what_has_not_begun_cannot_be_restored_but_called_off(office: Office) -> None:
    told = await office.tells(office.draft(AnnouncementKind.PLANNED, timedelta(days=8)))
    assert not await office.restores(told)
    office.clock.forward(minutes=1)
    async with office.begin() as db:
        assert await outages.withdraw(db, told, office.staff_id, office.clock())
        assert not await outages.withdraw(db, told, office.staff_id, office.clock())
    assert [step for step, _ in await office.steps()] == ["published", "withdrawn"]


async def message(office: Office, kind: MessageKind, notice_id: UUID) -> UUID:
    row = Message(
        id=uuid4(),
        contact_id=office.town.contact.id,
        meter_id=office.town.esam.id,
        kind=kind,
        cause_id=notice_id,
        dedupe_key=uuid4().hex,
        channel="sms",
        locale="en",
        state=MessageState.QUEUED,
        created_at=office.clock(),
        not_before=office.clock(),
        expires_at=office.clock() + timedelta(hours=2),
    )
    async with office.begin() as db:
        db.add(row)
    return row.id


async def test_a_message_says_what_is_so_when_it_goes_or_does_not_go(office: Office) -> None:
    told = await office.tells(office.draft())
    early = await message(office, MessageKind.OUTAGE_NOW, told)
    await office.moves(told, hours=5)
    async with office.begin() as db:
        letter = await letters.load(db, early)
    assert letter.holds
    assert letter.facts.outage is not None
    assert letter.facts.outage.until_at == office.clock() + timedelta(hours=5)
    assert (letter.facts.outage.area, letter.facts.outage.again) == ("Lamp Street", "It takes longer.")

    await office.restores(told)
    back = await message(office, MessageKind.OUTAGE_RESTORED, told)
    async with office.begin() as db:
        assert not (await letters.load(db, early)).holds
        assert (await letters.load(db, back)).holds


async def test_still_out_by_sms_answers_the_newest_restoration_for_every_meter_of_that_telephone(
    office: Office,
) -> None:
    phone = office.town.contact.address
    async with office.begin() as db:
        assert await still_out.said_by_phone(db, phone, office.clock()) == []
    older = await office.tells(office.draft())
    await office.restores(older)
    office.clock.forward(hours=1)
    newer = await office.tells(office.draft())
    office.clock.forward(hours=1)
    await office.restores(newer)

    async with office.begin() as db:
        said = await still_out.said_by_phone(db, phone, office.clock())
        again = await still_out.said_by_phone(db, phone, office.clock())
        nobody = await still_out.said_by_phone(db, "+8613800009999", office.clock())

    assert {each.announcement_id for each in said} == {newer}
    assert {each.meter_id for each in said} == {office.town.esam.id, office.town.sts.id}
    assert [each.new for each in said + again] == [True, True, False, False]
    assert [each.id for each in said] == [each.id for each in again]
    assert nobody == []


async def test_staff_are_asked_once_a_place_and_the_count_grows(office: Office) -> None:
    told = await office.tells(office.draft())
    await office.restores(told)
    for meter, source in ((office.town.esam, "web"), (office.town.sts, "kiosk")):
        async with office.begin() as db:
            assert await still_out.say_still_out(db, told, meter.id, office.clock(), source)
    async with office.begin() as db:
        (review,) = list(await db.exec(select(Review).where(Review.kind == ReviewKind.STILL_OUT)))
        (place,) = await still_out.by_place(db, told)
    assert (review.evidence["homes_dark"], review.evidence["homes"]) == (2, 2)
    assert (place.area, place.said, place.meters, place.review_id) == ("Lamp Street", 2, 2, review.id)


async def test_the_tree_opens_level_by_level_and_counts_what_hangs_below(office: Office) -> None:
    async with office.begin() as db:
        area = await db.get_one(GridNode, office.town.concentrator.node_id)
        top = GridNode(kind="line", name="Line 7", path="")
        top.path = str(top.id)
        db.add(top)
        await db.flush()
        area.parent_id, area.path = top.id, f"{top.id}/{area.id}"
        other = GridNode(kind="line", name="Line 8_%", path="")
        other.path = str(other.id)
        db.add(other)
    async with office.begin() as db:
        closed, opened = await tree(db, None), await tree(db, top.id)
        found, odd = await search(db, "lamp"), await search(db, "8_%")
        below, all_of_it = await size_below(db, top.id), await size_below(db, None)
    assert [(each.name, each.meters, each.children) for each in closed] == [("Line 7", 2, 1), ("Line 8_%", 0, 0)]
    assert [(each.name, each.depth, each.opened) for each in opened] == [
        ("Line 7", 0, True),
        ("Lamp Street", 1, False),
        ("Line 8_%", 0, False),
    ]
    assert [(each.name, each.above) for each in found] == [("Lamp Street", ("Line 7",))]
    assert [each.name for each in odd] == ["Line 8_%"]
    assert below == all_of_it
    assert (below.meters, below.accounts, below.contacts) == (2, 1, 1)


@pytest.mark.parametrize("words", ["0", "OUT", "还是没电"])
async def test_a_text_after_the_restoration_is_heard_and_answered(office: Office, words: str) -> None:
    told = await office.tells(office.draft())
    await office.restores(told)
    came = Came("twilio", InboundText("SM1", office.town.contact.address, "+15005550006", words), "CN")
    async with office.begin() as db:
        heard = await inbound.receive(db, came, office.clock())
    assert heard is not None
    assert heard.understood == Understood.STILL_OUT
    assert heard.answer_id is not None
    async with office.begin() as db:
        letter = await letters.load(db, heard.answer_id)
        answer = await db.get_one(Message, heard.answer_id)
    assert (answer.kind, answer.address) == (MessageKind.STILL_OUT_ANSWER, office.town.contact.address)
    assert letter.facts.answer is not None
    assert letter.facts.answer.area == "Lamp Street"


async def test_a_text_that_answers_no_restoration_is_unclear(office: Office) -> None:
    came = Came("twilio", InboundText("SM1", office.town.contact.address, "+15005550006", "OUT"), "CN")
    async with office.begin() as db:
        heard = await inbound.receive(db, came, office.clock())
    assert heard is not None
    assert heard.understood == Understood.UNCLEAR


async def test_a_terminal_beside_the_meter_tells_of_a_home_that_is_still_out(office: Office) -> None:
    told = await office.tells(office.draft())
    await office.restores(told)
    async with office.begin() as db:
        kiosk = Kiosk(id=uuid4(), name="box", concentrator_id=office.town.concentrator.id, state="active")
        db.add(kiosk)
        await db.flush()
        fact = Entry(1, Kind.STILL_OUT, office.town.esam.number, {}, office.clock())
        await record_entries(db, kiosk, [fact, fact], office.clock())
    async with office.begin() as db:
        (place,) = await still_out.by_place(db, told)
    assert place.said == 1
