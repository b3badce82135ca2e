"""A warning carries a link that opens the pay page, one a message, and the record of it does not (SPEC R-8)."""

import re

import pytest
from pydantic import SecretStr

from app.context import Deps
from app.db import Begin
from app.domain.notice import MessageState
from app.models import PayLink
from app.services.links import follow_link
from app.settings import Settings
from notifier.channels.memory import MemoryChannel
from tests import build
from tests.clocks import Clock
from tests.fakes import SilentBell
from tests.notifier.stories import messages, read
from tests.standins.twilio import Fault, TwilioStandIn
from tests.work import Work


@pytest.fixture
def deps(begin: Begin, clock: Clock) -> Deps:
    known = Settings(public_url="https://relight.test", session_secret=SecretStr("k" * 32))
    return Deps(begin, SilentBell(), clock, known, name="notifier:test")


async def test_a_warning_opens_the_pay_page_filled_in(
    begin: Begin, utility: build.Utility, work: Work, phone: MemoryChannel, clock: Clock
) -> None:
    await read(begin, utility.esam, 1500, clock())
    await work()

    (sent,) = phone.sent
    found = re.search(r"https://relight\.test/p/(\S+)", sent.body)
    assert found
    (kept,) = await messages(begin)
    assert found[1] not in kept.body
    async with begin() as db:
        link = await follow_link(db, found[1], clock())
        assert await db.get(PayLink, kept.id) is not None
    assert link is not None
    assert (link.meter_number, link.amount_minor) == (utility.esam.number, 5000)


async def test_a_warning_whose_answer_was_lost_is_found_though_the_meter_was_read_anew(
    begin: Begin, utility: build.Utility, twilio: TwilioStandIn, twilio_work: Work, clock: Clock
) -> None:
    twilio.faults.append(Fault.HANGS_UP_AFTER_ACCEPT)
    await read(begin, utility.esam, 1500, clock())
    await twilio_work()
    twilio.phone[0].made_at = clock()
    await read(begin, utility.esam, 1400, clock.forward(minutes=1))
    await twilio_work()

    assert len(twilio.phone) == 1
    (told,) = await messages(begin)
    assert told.state == MessageState.SENT
    assert "15.00" in told.body
    assert twilio.phone[0].body.rpartition("/p/")[2] not in told.body
