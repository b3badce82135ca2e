"""Bounces: one mail's word about one mail, heard by its mark and by nothing else."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlmodel import select

from app.context import Deps
from app.db import Begin
from app.domain.mail_back import Purpose, return_address
from app.domain.notice import MessageKind, MessageState
from app.domain.suppression import SuppressionScope
from app.models import Message, MessageEvent, Suppression
from app.models.account import ChannelName
from app.services import suppressions
from app.services.mail_back import Heard, Letterbox, hear
from app.settings import Settings
from app.tasks.bounces import read_bounces
from tests.clocks import Clock
from tests.fakes import SilentBell
from tests.standins.mail import away, bounce

MAILBOX, SECRET, LIN = "bounce@relight.test", "k" * 32, "lin@example.com"
BOX = Letterbox(MAILBOX, SECRET)


@pytest.fixture
async def sent(begin: Begin, clock: Clock) -> Message:
    return await mail(db_message(clock), begin)


def db_message(clock: Clock, channel: ChannelName = ChannelName.EMAIL) -> Message:
    return Message(
        id=uuid4(),
        kind=MessageKind.ALARM_A,
        cause_id=uuid4(),
        dedupe_key=str(uuid4()),
        channel=channel,
        locale="en",
        address=LIN,
        state=MessageState.SENT,
        created_at=clock(),
        not_before=clock(),
        expires_at=clock() + timedelta(hours=24),
    )


async def mail(row: Message, begin: Begin) -> Message:
    async with begin() as db:
        db.add(row)
    return row


async def told(begin: Begin, raw: bytes, clock: Clock, to: str = "") -> Heard:
    async with begin() as db:
        return await hear(db, raw, to, BOX, clock())


async def state_of(begin: Begin, message: Message) -> tuple[str, str | None]:
    async with begin() as db:
        row = await db.get_one(Message, message.id)
        return row.state, row.trouble


async def test_a_mailbox_that_is_not_there_fails_the_mail_and_is_written_to_no_more(
    begin: Begin, clock: Clock, sent: Message
) -> None:
    raw = bounce(return_address(MAILBOX, SECRET, sent.id))
    assert [await told(begin, raw, clock) for _ in range(2)] == [Heard.RECORDED, Heard.RECORDED]
    assert await state_of(begin, sent) == (MessageState.FAILED, "bounced_5.1.1")
    async with begin() as db:
        assert await suppressions.standing(db, "email", LIN) is SuppressionScope.ALL
        assert len(list(await db.exec(select(Suppression)))) == 1


@pytest.mark.parametrize(
    ("status", "action", "state"),
    [
        ("4.2.2", "delayed", MessageState.SENT),
        ("2.0.0", "delivered", MessageState.DELIVERED),
        ("2.1.5", "relayed", MessageState.SENT),
        ("5.7.1", "failed", MessageState.FAILED),
    ],
)
async def test_what_a_mail_server_says_of_one_mail_bars_no_address(
    begin: Begin, clock: Clock, sent: Message, status: str, action: str, state: MessageState
) -> None:
    raw = bounce(return_address(MAILBOX, SECRET, sent.id), status, action)
    assert await told(begin, raw, clock) is Heard.RECORDED
    assert (await state_of(begin, sent))[0] == state
    async with begin() as db:
        assert await suppressions.standing(db, "email", LIN) is None
        assert len(list(await db.exec(select(MessageEvent)))) == 1


async def test_an_answering_machine_changes_nothing(begin: Begin, clock: Clock, sent: Message) -> None:
    assert await told(begin, away(return_address(MAILBOX, SECRET, sent.id)), clock) is Heard.NOTHING
    assert await state_of(begin, sent) == (MessageState.SENT, None)


async def test_what_bears_no_mark_of_ours_is_refused(begin: Begin, clock: Clock, sent: Message) -> None:
    right = return_address(MAILBOX, SECRET, sent.id)
    forged = return_address(MAILBOX, "another key", sent.id)
    text = await mail(db_message(clock, ChannelName.SMS), begin)
    for raw in (bounce(forged), bounce(MAILBOX), bounce(return_address(MAILBOX, SECRET, uuid4())), b"", b"\xff" * 99):
        assert await told(begin, raw, clock) is Heard.REFUSED
    assert await told(begin, bounce(return_address(MAILBOX, SECRET, text.id)), clock) is Heard.REFUSED
    assert await told(begin, bounce(right), clock, to=forged) is Heard.REFUSED  # the mail server knows whom it was for
    assert await state_of(begin, sent) == (MessageState.SENT, None)


async def test_a_mail_to_the_stop_address_ends_reminders(begin: Begin, clock: Clock, sent: Message) -> None:
    to = return_address(MAILBOX, SECRET, sent.id, Purpose.STOP)
    assert await told(begin, b"Subject: stop\r\n\r\n", clock, to=to) is Heard.STOPPED
    async with begin() as db:
        assert await suppressions.standing(db, "email", LIN) is SuppressionScope.REMINDERS


async def test_a_mail_in_the_maildir_is_put_aside_after_it_was_heard(
    begin: Begin, clock: Clock, sent: Message, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    new.mkdir()
    (new / "1.mail").write_bytes(bounce(return_address(MAILBOX, SECRET, sent.id)))
    (new / "2.junk").write_bytes(b"junk")
    settings = Settings(mail_bounce_address=MAILBOX, session_secret=SecretStr(SECRET), bounce_maildir=str(tmp_path))
    deps = Deps(begin, SilentBell(), clock, settings, name="office:test")
    await read_bounces(deps)
    await read_bounces(deps)
    assert list(new.iterdir()) == []
    assert sorted(each.name for each in (tmp_path / "cur").iterdir()) == ["1.mail:2,S", "2.junk:2,S"]
    assert (await state_of(begin, sent))[0] == MessageState.FAILED


async def test_a_mail_that_was_not_recorded_stays_where_it_is(clock: Clock, tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()
    (new / "1.mail").write_bytes(bounce(return_address(MAILBOX, SECRET, uuid4())))

    def away_database() -> None:
        raise OSError("the database is away")

    settings = Settings(mail_bounce_address=MAILBOX, session_secret=SecretStr(SECRET), bounce_maildir=str(tmp_path))
    deps = Deps(away_database, SilentBell(), clock, settings)  # type: ignore[arg-type]
    await read_bounces(deps)
    assert [each.name for each in new.iterdir()] == ["1.mail"]
