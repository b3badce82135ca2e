"""A sign-in code on its way: to the phone at any hour, whole there, and nowhere else."""

import logging

import pytest
from sqlmodel import select

from app.context import Deps
from app.db import Begin
from app.domain.notice import MessageState
from app.domain.proving import login_digits, same
from app.models import LoginCode, Message
from app.models.account import ChannelName
from app.outbox import Job
from app.services.sign_in import Asker, ask_code
from notifier.channels.console import ConsoleChannel
from notifier.channels.memory import MemoryChannel
from notifier.worker import sender
from tests.app.web.world import make_settings
from tests.clocks import Clock
from tests.fakes import SilentBell
from tests.work import Work, worker

PHONE = "+8613800000009"
SECRET = make_settings().session_secret.get_secret_value()


@pytest.fixture
def deps(begin: Begin, clock: Clock) -> Deps:
    return Deps(begin, SilentBell(), clock, make_settings(), name="notifier:test")


def sending(deps: Deps, channel: MemoryChannel | ConsoleChannel) -> Work:
    return worker(deps, {Job.SEND_MESSAGE: sender(dict.fromkeys(ChannelName, channel))})


async def asked(begin: Begin, clock: Clock) -> str:
    async with begin() as db:
        return login_digits(SECRET, await ask_code(db, Asker(PHONE, "en"), SECRET, clock()))


async def test_a_code_comes_whole_at_night_and_is_kept_masked(begin: Begin, clock: Clock, deps: Deps) -> None:
    clock.forward(hours=17)  # two in the morning
    phone, digits = MemoryChannel(), await asked(begin, clock)

    await sending(deps, phone)()

    async with begin() as db:
        kept = (await db.exec(select(Message))).one()
    assert [(sms.recipient, digits in sms.body) for sms in phone.sent] == [(PHONE, True)]
    assert (kept.state, digits in kept.body, "••••••" in kept.body) == (MessageState.SENT, False, True)


async def test_a_code_that_is_over_is_not_sent(begin: Begin, clock: Clock, deps: Deps) -> None:
    phone = MemoryChannel()
    await asked(begin, clock)
    clock.forward(minutes=5)

    await sending(deps, phone)()

    assert phone.sent == []


async def test_a_code_whose_answer_was_lost_goes_out_with_the_same_digits(
    begin: Begin, clock: Clock, deps: Deps
) -> None:
    phone, digits = MemoryChannel(), await asked(begin, clock)
    async with begin() as db:
        (await db.exec(select(Message))).one().state = MessageState.SENDING

    await sending(deps, phone)()

    assert [digits in sms.body for sms in phone.sent] == [True]


async def test_the_log_of_a_first_start_has_no_digits(
    begin: Begin, clock: Clock, deps: Deps, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    digits = await asked(begin, clock)

    await sending(deps, ConsoleChannel())()

    assert "electricity self-service" in caplog.text
    assert digits not in caplog.text
    assert PHONE not in caplog.text


async def test_every_code_has_digits_of_its_own(begin: Begin, clock: Clock) -> None:
    first = await asked(begin, clock)
    clock.forward(minutes=1)
    second = await asked(begin, clock)
    async with begin() as db:
        assert len(list(await db.exec(select(LoginCode)))) == 2
    assert first != second


@pytest.mark.parametrize(
    ("typed", "right"), [("012 345", True), ("０１２３４５", True), ("012-345", True), ("12345", False), ("", False)]
)
def test_digits_are_read_as_keyboards_make_them(typed: str, right: bool) -> None:
    assert same(typed, "012345") is right
