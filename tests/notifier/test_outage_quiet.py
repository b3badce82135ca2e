"""Inside an outage nobody is told that the balance is low; afterwards, if it still is (SPEC M-8)."""

from datetime import timedelta

from app.db import Begin
from app.domain.announcement import AnnouncementKind
from app.domain.wallet import BalanceSource
from app.models import Meter
from app.services import announcements
from app.services.announcements import Draft, Words
from app.services.readings import record_balance
from notifier.channels.memory import MemoryChannel
from tests import build
from tests.clocks import Clock
from tests.work import Work


async def test_a_warning_waits_for_the_end_of_an_outage(
    begin: Begin, clock: Clock, utility: build.Utility, work: Work, phone: MemoryChannel
) -> None:
    async with begin() as db:
        draft = Draft(
            AnnouncementKind.UNPLANNED, None, clock(), clock() + timedelta(hours=2), Words("停电", "Power failure")
        )
        told = await announcements.publish(db, draft, clock())
        meter = await db.get_one(Meter, utility.esam.id, with_for_update=True)
        await record_balance(db, meter, 300, BalanceSource.DAILY, clock())
    await work()
    clock.forward(minutes=30)
    await work()
    assert phone.sent == []

    async with begin() as db:
        await announcements.restore(db, told.id, clock())
    clock.forward(minutes=16)
    await work()
    assert len(phone.sent) == 1
