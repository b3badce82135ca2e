"""The log of messages in the console: found by what people know of them, masked by role, told from cause to end."""

from datetime import timedelta
from uuid import UUID, uuid4

from app.db import Begin
from app.domain.notice import MessageKind, MessageState
from app.models import Message, MessageAttempt, MessageEvent
from app.services.drafts import Telling, draft
from tests.app.web.conftest import Browser
from tests.clocks import Clock
from tests.desk import Desk


async def written(
    begin: Begin, desk: Desk, clock: Clock, state: MessageState = MessageState.SENT, kind: str = "alarm_a"
) -> UUID:
    """A message to the town's contact."""
    telling = Telling(MessageKind(kind), uuid4(), str(uuid4()), "somebody", "sms", "en")
    message = draft(telling, clock())
    message.contact_id, message.meter_id, message.state = desk.town.contact.id, desk.town.esam.id, state
    message.body, message.carrier, message.provider_ref = "Balance 12.00", "twilio", f"SM{uuid4().hex}"
    async with begin() as db:
        db.add(message)
    return message.id


async def test_a_message_is_found_by_the_last_digits_of_its_number(
    officer: Browser, desk: Desk, begin: Begin, clock: Clock
) -> None:
    known = await written(begin, desk, clock)
    assert str(known) in (await officer.open("/console/messages?q=0001")).text
    assert str(known) not in (await officer.open("/console/messages?q=9999")).text


async def test_a_message_is_found_by_meter_state_kind_and_the_carriers_id(
    officer: Browser, desk: Desk, begin: Begin, clock: Clock
) -> None:
    known = await written(begin, desk, clock, MessageState.FAILED)
    async with begin() as db:
        ref = (await db.get_one(Message, known)).provider_ref
    for query in (f"q={desk.town.esam.number}", "state=failed", "kind=alarm_a", f"q={ref}", f"q={known}"):
        assert str(known) in (await officer.open(f"/console/messages?{query}")).text, query
    for query in ("state=delivered", "kind=reminder", "channel=email"):
        assert str(known) not in (await officer.open(f"/console/messages?{query}")).text, query


async def test_older_messages_are_on_the_next_page_and_none_is_shown_twice(
    officer: Browser, desk: Desk, begin: Begin, clock: Clock
) -> None:
    made = set()
    for _ in range(60):
        made.add(str(await written(begin, desk, clock)))
        clock.forward(seconds=1)
    first = (await officer.open("/console/messages")).text
    place = first.split('href="?before=')[1].split('"')[0].replace("&amp;", "&")
    second = (await officer.open(f"/console/messages?before={place}")).text
    on_first, on_second = ({each for each in made if f"/messages/{each}" in text} for text in (first, second))
    assert on_first | on_second == made
    assert not on_first & on_second


async def test_one_message_is_told_from_its_plan_to_what_the_carrier_said(
    officer: Browser, desk: Desk, begin: Begin, clock: Clock
) -> None:
    known = await written(begin, desk, clock, MessageState.DELIVERED)
    at = clock() + timedelta(seconds=2)
    async with begin() as db:
        db.add(
            MessageAttempt(
                message_id=known, number=1, carrier="twilio", began_at=at, ended_at=at, outcome="provider_down"
            )
        )
        db.add(MessageEvent(message_id=known, state="delivered", at=at + timedelta(seconds=3)))
    page = (await officer.open(f"/console/messages/{known}")).text
    places = [page.index(words) for words in ("Planned", "Handed to the carrier", "The try ended", "The carrier says")]
    assert places == sorted(places)
    assert "the carrier is down" in page
    assert "Balance 12.00" in page


async def test_a_message_that_is_not_there_is_not_found(officer: Browser, desk: Desk) -> None:
    assert (await officer.open(f"/console/messages/{uuid4()}")).status_code == 404


async def test_an_odd_place_to_go_on_from_is_the_beginning(officer: Browser, desk: Desk) -> None:
    assert (await officer.open("/console/messages?before=yesterday_x")).status_code == 200
