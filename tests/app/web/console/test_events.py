"""Events, schemes and responsible persons on the console, and the link that takes an event in hand."""

import re
from datetime import time

import pytest
from sqlmodel import col, select

from app.domain.device_event import DeviceEventKind
from app.domain.proving import event_word
from app.models import AlarmScheme, Audit, Concentrator, DeviceAlarm, Message, ResponsiblePerson, SchemePerson
from app.services import device_events
from app.services.device_events import Event
from tests.app.web.conftest import Browser
from tests.desk import Desk

LI = "+8613900000001"
KEY = "x" * 32


async def _scheme(officer: Browser, desk: Desk) -> str:
    """A scheme that tells Li of power cuts at the desk's concentrator, made on its pages; return its page's address."""
    new = await officer.open("/console/persons/new")
    await officer.send("/console/persons/new", new, name="Li", phone="139 0000 0001", locale="en")
    lists = await officer.open("/console/schemes")
    made = (await officer.send("/console/schemes", lists, name="North")).headers["location"]
    page = await officer.open(made)
    person = re.search(r'name="(step_[0-9a-f-]+)"', page.text)
    assert person
    await officer.send(made, page, act="events", tell_power_off="on", after_power_off="15", residents_power_off="on")
    await officer.send(made, page, **{"act": "people", person[1]: "1"})
    await officer.send(made, page, act="assign_area", place=str(desk.town.concentrator.node_id))
    return made


async def _power_off(desk: Desk, once: str = "1") -> None:
    async with desk.begin() as db:
        event = Event(DeviceEventKind.POWER_OFF, desk.town.concentrator.id, once=once)
        assert await device_events.report(db, event, desk.clock(), desk.clock())


async def _message(desk: Desk) -> Message:
    async with desk.begin() as db:
        return (await db.exec(select(Message).where(Message.address == LI).order_by(col(Message.created_at)))).first()  # type: ignore[return-value]


async def test_a_scheme_is_made_of_events_persons_and_concentrators(officer: Browser, desk: Desk) -> None:
    made = await _scheme(officer, desk)
    page = await officer.open(made)
    assert "Lamp Street 1" in page.text
    assert 'name="after_power_off" inputmode="numeric" maxlength="4" value="15"' in page.text
    async with desk.begin() as db:
        (step,) = await db.exec(select(SchemePerson.step))
        acts = [each.act for each in await db.exec(select(Audit))]
    assert step == 1
    assert {"person_added", "scheme_added", "scheme_changed", "scheme_assigned"} <= set(acts)
    await officer.send(made, page, act="release", place=str(desk.town.concentrator.id))
    async with desk.begin() as db:
        assert (await db.get_one(Concentrator, desk.town.concentrator.id)).alarm_scheme_id is None
    assert (await officer.send(made, page, act="remove")).headers["location"] == "/console/schemes"


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"act": "events", "tell_tamper": "on", "after_tamper": "0"}, "1 to 1440"),
        ({"act": "events", "tell_tamper": "on", "after_tamper": "soon"}, "1 to 1440"),
        ({"act": "name", "name": " "}, "60 characters or fewer"),
        ({"act": "name", "name": "South"}, "of this name already"),
        ({"act": "remove"}, "Rename it instead"),
    ],
)
async def test_a_scheme_that_cannot_be_says_why_and_stays_as_it_was(
    officer: Browser, desk: Desk, form: dict[str, str], words: str
) -> None:
    async with desk.begin() as db:
        db.add(AlarmScheme(name="South"))
    made = await _scheme(officer, desk)
    answer = await officer.send(made, await officer.open(made), **form)
    assert (answer.status_code, words in answer.text) == (422, True)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": ""}, "60 characters"),
        ({"phone": "12"}, "not a whole telephone number"),
        ({"email": "li at home"}, "not a whole mail address"),
        ({"phone": ""}, "or both"),
        ({"quiet_from": "22:00"}, "a beginning and an end"),
        ({"quiet_from": "late", "quiet_to": "07:00"}, "a beginning and an end"),
    ],
)
async def test_a_person_who_cannot_be_reached_is_not_added(
    officer: Browser, desk: Desk, typed: dict[str, str], words: str
) -> None:
    form = {"name": "Li", "phone": LI, "email": "", "locale": "en"} | typed
    answer = await officer.send("/console/persons/new", await officer.open("/console/persons/new"), **form)
    assert (answer.status_code, words in answer.text) == (422, True)


async def test_a_person_changes_and_leaves_and_the_log_never_holds_the_whole_number(
    officer: Browser, desk: Desk
) -> None:
    await _scheme(officer, desk)
    async with desk.begin() as db:
        (li,) = await db.exec(select(ResponsiblePerson))
    path = f"/console/persons/{li.id}"
    page = await officer.open(path)
    form = {"name": "Li Na", "phone": LI, "email": "li@example.com", "locale": "zh"}
    await officer.send(path, page, **form, quiet_from="22:00", quiet_to="07:00")
    async with desk.begin() as db:
        changed = await db.get_one(ResponsiblePerson, li.id)
        assert (changed.name, changed.quiet_from, changed.quiet_to) == ("Li Na", time(22), time(7))
    await officer.send(path, page, act="leave")
    async with desk.begin() as db:
        gone = await db.get_one(ResponsiblePerson, li.id)
        written = "".join(str(each.detail) for each in await db.exec(select(Audit)))
    assert (gone.phone, gone.left_at is None) == (None, False)
    assert "Li Na" in written
    assert LI not in written


async def test_an_event_is_taken_in_hand_on_the_console(officer: Browser, desk: Desk) -> None:
    await _scheme(officer, desk)
    await _power_off(desk)
    listed = await officer.open("/console/events")
    one = re.search(r"/console/events/[0-9a-f-]{36}", listed.text)
    assert one
    page = await officer.open(one[0])
    assert "•••• 0001" not in page.text
    await officer.send(one[0], page, remark="Crew is on its way")
    after = await officer.open(one[0])
    assert "Crew is on its way" in after.text
    assert "Anna Berg" in after.text
    assert one[0] not in (await officer.open("/console/events")).text
    assert one[0] in (await officer.open("/console/events?state=lasting&kind=power_off")).text
    assert "no such events" in (await officer.open("/console/events?state=past&below=x&kind=none")).text


async def test_the_link_of_a_message_takes_its_event_in_hand_by_its_button_only(
    officer: Browser, guest: Browser, desk: Desk
) -> None:
    await _scheme(officer, desk)
    await _power_off(desk)
    path = f"/e/{event_word(KEY, (await _message(desk)).id)}"
    page = await guest.open(path)
    assert "Power off" in page.text
    async with desk.begin() as db:
        assert (await db.exec(select(DeviceAlarm))).one().acknowledged_at is None
    await guest.send(path, page)
    assert "Nothing more need be done" in (await guest.open(path)).text
    async with desk.begin() as db:
        assert (await db.exec(select(DeviceAlarm))).one().acknowledged_by is not None


async def test_what_was_gathered_is_taken_in_hand_together(officer: Browser, guest: Browser, desk: Desk) -> None:
    await _scheme(officer, desk)
    for number in range(7):
        await _power_off(desk, str(number))
    async with desk.begin() as db:
        (li,) = await db.exec(select(ResponsiblePerson.id))
        (together,) = await db.exec(select(Message).where(Message.cause_id == li))
    path = f"/e/{event_word(KEY, together.id)}"
    page = await guest.open(path)
    assert "7 events" in page.text
    await guest.send(path, page)
    assert "in hand or over" in (await guest.open(path)).text


@pytest.mark.parametrize("word", ["x", "é", "A" * 40, "A" * 200])
async def test_a_made_up_word_opens_nothing(guest: Browser, word: str) -> None:
    assert (await guest.client.get(f"/e/{word}")).status_code == 404
