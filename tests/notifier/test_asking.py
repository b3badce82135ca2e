"""What becomes of a message of which no receipt came."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from app.context import Deps
from app.db import Begin
from app.domain.notice import MessageKind, MessageState
from app.models import Message
from app.models.account import ChannelName
from notifier.asking import ask_round, watchful_of
from notifier.channels import open_channels
from notifier.ports import Rendered
from tests.clocks import Clock
from tests.contract.test_channel import CODES, VARIABLES, aliyun_settings
from tests.standins.aliyun import aliyun_stand_in

PHONE = "+8613800000009"


async def test_a_provider_is_asked_until_it_knows(begin: Begin, clock: Clock, deps: Deps) -> None:
    taken_at = datetime.now(UTC)  # the far side has a clock of its own
    clock.forward(seconds=(taken_at - clock()).total_seconds() + 600)
    message = Message(
        id=uuid4(),
        address=PHONE,
        kind=MessageKind.HELP_ANSWER,
        cause_id=uuid4(),
        dedupe_key="x",
        channel="sms",
        locale="zh",
        state=MessageState.SENT,
        created_at=taken_at,
        not_before=taken_at,
        expires_at=taken_at + timedelta(hours=1),
        attempted_at=taken_at,
        carrier="aliyun",
    )
    async with begin() as db:
        db.add(message)

    async def state() -> str:
        async with begin() as db:
            return (await db.get_one(Message, message.id)).state

    async with aliyun_stand_in() as far, open_channels(aliyun_settings(far.url)) as channels:
        sent = Rendered(message.id, ChannelName.SMS, PHONE, "", "", "u", provider_codes=CODES, variables=VARIABLES)
        await channels[ChannelName.SMS].send(sent)
        await ask_round(deps, watchful_of(channels))
        assert await state() == "sent"
        far.phone[0].status = 3
        await ask_round(deps, watchful_of(channels))
    assert await state() == "delivered"
