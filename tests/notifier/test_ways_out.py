"""From a warning to WeChat and to a program: what they answer is what is recorded (SPEC N-3, N-8)."""

from dataclasses import replace
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlmodel import select

from app.context import Deps, Task, utc_now
from app.db import Begin
from app.domain.notice import MessageState
from app.domain.proving import hook_secret
from app.domain.suppression import SuppressionScope
from app.models import Contact
from app.models.account import ChannelName
from app.outbox import Job
from app.services import media, suppressions
from app.settings import Settings
from app.tasks import announce
from notifier.channels import Channels, open_channels
from notifier.worker import sender
from tests import build
from tests.clocks import Clock
from tests.contract.post_sides import OPENID, wechat_settings
from tests.notifier.stories import credited, messages, read
from tests.standins.hook import hook_stand_in
from tests.standins.wechat_oa import wechat_account
from tests.work import Work, worker

SECRET = "k" * 32


@pytest.fixture(autouse=True)
def offered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of the process name somebody for both media: else nothing would be planned by them."""
    monkeypatch.setattr(media, "settings", lambda: Settings(wechat_channel="wechat", webhook_channel="webhook"))


@pytest.fixture
def keyed(deps: Deps) -> Deps:
    return replace(deps, settings=deps.settings.model_copy(update={"session_secret": SecretStr(SECRET)}))


def told_by(deps: Deps, channels: Channels) -> Work:
    jobs: dict[Job, Task] = {
        Job.ANNOUNCE_CREDIT: announce.announce_credit,
        Job.ANNOUNCE_ALARM: announce.announce_alarm,
        Job.SEND_MESSAGE: sender(channels),
        Job.SEND_BULK: sender(channels),
    }
    return worker(deps, jobs)


async def one_way(begin: Begin, utility: build.Utility, channel: ChannelName, address: str) -> Contact:
    """The account's one contact is this."""
    row = Contact(id=uuid4(), account_id=utility.account.id, channel=channel, address=address, locale="zh")
    async with begin() as db:
        await db.delete(await db.get_one(Contact, utility.contact.id))
        db.add(row)
    return row


async def test_a_program_that_takes_a_message_is_its_reader(
    begin: Begin, keyed: Deps, utility: build.Utility, clock: Clock
) -> None:
    contact_id = uuid4()
    async with hook_stand_in(hook_secret(SECRET, contact_id)) as far:
        row = Contact(id=contact_id, account_id=utility.account.id, channel="webhook", address=far.url, locale="zh")
        async with begin() as db:
            await db.delete(await db.get_one(Contact, utility.contact.id))
            db.add(row)
        settings = Settings(webhook_channel="webhook", webhook_private=True, session_secret=SecretStr(SECRET))
        await credited(begin, utility.esam, clock())
        async with open_channels(settings) as channels:
            await told_by(keyed, channels)()
        (told,) = far.told
    (message,) = [m for m in await messages(begin) if m.channel == "webhook"]
    assert (message.state, str(message.id)) == (MessageState.DELIVERED, told["id"])
    assert told["meter"] == utility.esam.number


async def test_a_program_that_is_gone_is_told_nothing_more(
    begin: Begin, keyed: Deps, utility: build.Utility, clock: Clock
) -> None:
    async with hook_stand_in(SECRET) as far:
        await one_way(begin, utility, ChannelName.WEBHOOK, far.url)
        settings = Settings(webhook_channel="webhook", webhook_private=True, session_secret=SecretStr(SECRET))
        far.secret = hook_secret(SECRET, (await contact_of(begin, far.url)).id)
        far.answers.append(410)
        await credited(begin, utility.esam, clock())
        async with open_channels(settings) as channels:
            await told_by(keyed, channels)()
        async with begin() as db:
            assert await suppressions.standing(db, "webhook", far.url) is SuppressionScope.ALL
    assert far.told == []


async def contact_of(begin: Begin, address: str) -> Contact:
    async with begin() as db:
        return (await db.exec(select(Contact).where(Contact.address == address))).one()


async def test_who_has_not_consented_gets_no_more_reminders_in_wechat(
    begin: Begin, keyed: Deps, utility: build.Utility, clock: Clock
) -> None:
    await one_way(begin, utility, ChannelName.WECHAT, OPENID)
    async with wechat_account(utc_now) as far, open_channels(wechat_settings(far.url)) as channels:
        await read(begin, utility.esam, 1800, clock())
        await told_by(keyed, channels)()
        assert far.asked.count("/cgi-bin/message/subscribe/bizsend") == 1
    async with begin() as db:
        assert await suppressions.standing(db, "wechat", OPENID) is SuppressionScope.REMINDERS
    (message,) = [m for m in await messages(begin) if m.channel == "wechat"]
    assert (message.state, message.trouble) == (MessageState.FAILED, "no_consent")
