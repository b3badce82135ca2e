"""No telephone number, address, code or secret reaches a log line, whatever happens."""

import logging
import re
from uuid import uuid4

import pytest
from sqlmodel import select

from app.domain.device_event import DeviceEventKind
from app.domain.notice import MessageKind
from app.domain.proving import event_word, login_digits
from app.models import AlarmScheme, Concentrator, LoginCode, Message, ResponsiblePerson, SchemeEvent, SchemePerson
from app.models.account import ChannelName
from app.services import device_events
from app.services.device_events import Event
from notifier.channels.console import ConsoleChannel
from notifier.ports import Rendered
from tests.app.web.conftest import Browser
from tests.app.web.console.conftest import PASSWORD, sign_in
from tests.desk import Desk

PHONE, MAIL, LI = "+8613811112222", "lin.secret@example.com", "+8613933334444"
KEY = "x" * 32


async def _resident(guest: Browser, desk: Desk) -> list[str]:
    """A resident asks for a code, types a wrong one and the right one."""
    page = await guest.open("/sign-in")
    await guest.send("/sign-in", page, phone=PHONE)
    page = await guest.open("/sign-in/code")
    async with desk.begin() as db:
        (code,) = await db.exec(select(LoginCode.id))
    digits = login_digits(KEY, code)
    for typed in ("000000", digits):
        await guest.send("/sign-in/code", page, code=typed)
    return [PHONE, PHONE.removeprefix("+86"), digits]


async def _responsible(desk: Desk) -> list[str]:
    """An event is told to somebody responsible, by text and mail."""
    async with desk.begin() as db:
        scheme = AlarmScheme(name="North")
        person = ResponsiblePerson(name="Li", phone=LI, email=MAIL)
        db.add_all([scheme, person])
        await db.flush()
        db.add(SchemeEvent(scheme_id=scheme.id, kind=DeviceEventKind.POWER_OFF))
        db.add(SchemePerson(scheme_id=scheme.id, person_id=person.id))
        (await db.get_one(Concentrator, desk.town.concentrator.id)).alarm_scheme_id = scheme.id
        await db.flush()
        await device_events.report(
            db, Event(DeviceEventKind.POWER_OFF, desk.town.concentrator.id), desk.clock(), desk.clock()
        )
        told = (await db.exec(select(Message).where(Message.kind == MessageKind.DEVICE_EVENT))).all()
    assert len(told) == 2
    return [LI, LI.removeprefix("+86"), MAIL, *(event_word(KEY, message.id) for message in told)]


async def _staff(guest: Browser) -> list[str]:
    """Somebody types a password into the field of the login, then signs in, and opens a made-up invitation."""
    await sign_in(guest, login=PASSWORD, password="wrong")
    await sign_in(guest)
    await guest.open("/console/join/0123456789abcdef-1-c2VjcmV0d29yZA")
    return [PASSWORD, "c2VjcmV0d29yZA", guest.client.cookies["staff"]]


async def test_what_is_personal_or_opens_something_is_in_no_log_line(
    guest: Browser, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    for quiet in ("sqlalchemy", "asyncio", "httpx2", "httpcore2"):
        caplog.set_level(logging.WARNING, logger=quiet)
    caplog.set_level(logging.DEBUG)
    secrets = [*await _resident(guest, desk), *await _responsible(desk), *await _staff(guest)]
    token = "5840 2217 9036 4451 8820"
    for channel, to in ((ChannelName.SMS, PHONE), (ChannelName.EMAIL, MAIL)):
        await ConsoleChannel().send(_rendered(channel, to, f"Type {token} or 123987 at the meter"))
    await desk.pays(desk.town.sts, 5000)
    await desk.works()
    written = "\n".join(f"{record.getMessage()} {record.args}" for record in caplog.records)
    assert "sms to •••• 2222" in written
    assert [secret for secret in [*secrets, token, "123987"] if secret in written] == []
    assert re.findall(r"\+\d{11,}|(?<!\d)\d{20}(?!\d)", written) == []


def _rendered(channel: ChannelName, recipient: str, body: str) -> Rendered:
    return Rendered(uuid4(), channel, recipient, "Title", body, "https://relight.test/hooks/messages/x/1")
