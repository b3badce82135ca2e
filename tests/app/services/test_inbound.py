"""What residents write, and what comes of it."""

from datetime import datetime
from uuid import UUID

import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import Begin
from app.domain.inbound import Understood
from app.domain.notice import MessageKind
from app.domain.suppression import SuppressionScope
from app.models import Contact, InboundMessage, Message
from app.models.account import ChannelName
from app.ports import InboundText
from app.services import inbound, letters, suppressions
from app.services.inbound import Came
from tests import build
from tests.clocks import Clock

PHONE, STRANGER = "+8613800000001", "+8613800000077"


@pytest.fixture(autouse=True)
async def utility(begin: Begin, clock: Clock) -> build.Utility:
    async with begin() as db:
        return await build.utility(db, clock())


class Writing:
    def __init__(self, begin: Begin, clock: Clock) -> None:
        self._begin, self._clock, self._count = begin, clock, 0

    async def __call__(self, sender: str, body: str, *, ref: str = "", answered: bool = False) -> InboundMessage | None:
        self._count += 1
        text = InboundText(ref or f"SM{self._count}", sender, "+15005550006", body, answered)
        async with self._begin() as db:
            return await inbound.receive(db, Came("twilio", text, "CN"), self._clock())


@pytest.fixture
def write(begin: Begin, clock: Clock) -> Writing:
    return Writing(begin, clock)


async def answers(begin: Begin) -> list[Message]:
    async with begin() as db:
        return list(await db.exec(select(Message).order_by(col(Message.created_at))))


async def left_alone(begin: Begin, phone: str = PHONE) -> SuppressionScope | None:
    async with begin() as db:
        return await suppressions.standing(db, ChannelName.SMS, phone)


async def test_stop_ends_reminders_and_start_brings_them_back(begin: Begin, write: Writing) -> None:
    await write(PHONE, "退订")
    assert await left_alone(begin) is SuppressionScope.REMINDERS
    await write(PHONE, "START")
    assert await left_alone(begin) is None
    assert await answers(begin) == []  # the provider confirms, where it is to be confirmed


async def test_start_undoes_a_stop_that_stands_on_the_contact(begin: Begin, clock: Clock, write: Writing) -> None:
    async with begin() as db:
        (contact,) = list(await db.exec(select(Contact)))
        contact.stopped_at = clock()
    await write(PHONE, "yes")
    async with begin() as db:
        assert (await db.exec(select(Contact.stopped_at))).one() is None


async def test_a_question_for_the_balance_is_answered_with_what_is_so_when_it_goes_out(
    begin: Begin, write: Writing, utility: build.Utility
) -> None:
    await write(PHONE, "BAL")
    (answer,) = await answers(begin)
    assert (answer.kind, answer.address, answer.locale) == (MessageKind.BALANCE_ANSWER, PHONE, "en")
    async with begin() as db:
        (await db.get_one(type(utility.esam), utility.esam.id)).balance_minor = 4321
    async with begin() as db:
        letter = await letters.load(db, answer.id)
        said = letter.facts.answer
        assert said is not None
        assert {m.number: m.balance_minor for m in said.meters}[utility.esam.number] == 4321
        assert (letter.recipient, letter.holds, said.more) == (PHONE, True, 0)


async def test_whoever_is_no_contact_any_more_is_told_no_balance(begin: Begin, write: Writing) -> None:
    await write(PHONE, "余额")
    (answer,) = await answers(begin)
    async with begin() as db:
        (await db.exec(select(Contact))).one().address = STRANGER
    async with begin() as db:
        assert not (await letters.load(db, answer.id)).holds


async def test_a_stranger_learns_nothing_not_even_that_it_is_one(begin: Begin, write: Writing) -> None:
    await write(STRANGER, "BAL")
    await write(PHONE, "HELP")
    strange, known = await answers(begin)
    assert (strange.kind, known.kind) == (MessageKind.HELP_ANSWER, MessageKind.HELP_ANSWER)


async def test_a_text_that_comes_twice_is_answered_once(begin: Begin, write: Writing) -> None:
    assert await write(PHONE, "BAL", ref="SM9") is not None
    assert await write(PHONE, "BAL", ref="SM9") is None
    assert len(await answers(begin)) == 1


async def test_what_nobody_understands_is_answered_once_a_day(begin: Begin, clock: Clock, write: Writing) -> None:
    for _ in range(3):
        await write(PHONE, "hello")
    assert len(await answers(begin)) == 1
    clock.forward(hours=25)
    await write(PHONE, "hello")
    assert len(await answers(begin)) == 2


async def test_balances_are_told_ten_times_a_day(begin: Begin, write: Writing) -> None:
    for _ in range(12):
        await write(PHONE, "BAL")
    assert len(await answers(begin)) == 10
    await write(STRANGER, "BAL")
    assert len(await answers(begin)) == 11


async def test_made_up_senders_cost_no_more_than_an_hours_answers(
    begin: Begin, clock: Clock, write: Writing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.domain.inbound.STRANGERS_AN_HOUR", 3)
    for number in range(5):
        await write(f"+861390000001{number}", "HELP")
    assert len(await answers(begin)) == 3
    await write(PHONE, "BAL")  # residents are answered all the same
    assert len(await answers(begin)) == 4
    clock.forward(minutes=61)
    await write("+8613900000020", "HELP")
    assert len(await answers(begin)) == 5


async def test_a_short_code_is_kept_and_never_answered(begin: Begin, write: Writing) -> None:
    kept = await write("10086", "HELP")
    assert kept is not None
    assert (kept.sender, kept.answer_id) == ("10086", None)
    assert await answers(begin) == []


async def test_a_number_of_our_country_may_come_without_its_prefix(write: Writing) -> None:
    kept = await write("13800000001", "BAL")
    assert kept is not None
    assert (kept.sender, kept.answer_id is not None) == (PHONE, True)


async def test_where_the_provider_has_answered_we_do_not_and_a_stop_counts(begin: Begin, write: Writing) -> None:
    await write(PHONE, "HELP", answered=True)
    await write(PHONE, "STOP", answered=True)
    assert await answers(begin) == []
    assert await left_alone(begin) is SuppressionScope.REMINDERS


async def test_who_stopped_reminders_is_still_answered(begin: Begin, write: Writing) -> None:
    await write(PHONE, "STOP")
    await write(PHONE, "BAL")
    assert [a.kind for a in await answers(begin)] == [MessageKind.BALANCE_ANSWER]


async def test_a_hook_may_say_that_a_text_was_no_answer(
    begin: Begin, write: Writing, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing_was_asked(_: AsyncSession, row: InboundMessage, __: datetime) -> UUID | None:
        row.understood = Understood.UNCLEAR
        return None

    monkeypatch.setitem(inbound.HOOKS, Understood.ACKNOWLEDGED, nothing_was_asked)
    kept = await write(PHONE, "1")
    assert kept is not None
    assert kept.understood == Understood.UNCLEAR
    assert [a.kind for a in await answers(begin)] == [MessageKind.HELP_ANSWER]


async def test_a_text_full_of_nonsense_is_kept_as_far_as_it_can_be(write: Writing) -> None:
    kept = await write(PHONE, "\x00" + "x" * 5000)
    assert kept is not None
    assert len(kept.body) == 1600
