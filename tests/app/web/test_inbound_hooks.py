"""The doors for texts and receipts: what is not proven is kept nowhere; what is proven is kept once."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import pytest
from httpx2 import ASGITransport, AsyncClient
from sqlmodel import select
from starlette.applications import Starlette

from app.context import Deps
from app.db import Begin
from app.domain.notice import MessageKind, MessageState
from app.domain.suppression import SuppressionScope
from app.models import InboundMessage, Message
from app.models.account import ChannelName
from app.services import suppressions
from app.settings import Settings
from app.web.hooks import inbound, messages
from notifier.channels import open_channels, open_status_readers
from notifier.ports import DeliveryError, Rendered, Sender
from tests import build
from tests.clocks import Clock
from tests.contract.test_channel import aliyun_settings, twilio_settings
from tests.fakes import SilentBell
from tests.serving import served
from tests.standins import aliyun
from tests.standins.twilio import ACCOUNT, REMINDER_SENDER, SENDER, sign, twilio_stand_in

WORD = "p" * 32
PHONE = "+8613800000001"
HOST = "https://relight.test"


@pytest.fixture
async def door(begin: Begin, clock: Clock) -> AsyncIterator[AsyncClient]:
    settings = Settings(
        **twilio_settings("").model_dump(exclude_defaults=True)
        | aliyun_settings("").model_dump(exclude_defaults=True)
        | {"public_url": HOST, "sms_channel": "twilio,aliyun", "voice_channel": "twilio_voice"}
    )
    async with begin() as db:
        await build.utility(db, clock())
    app = Starlette(routes=[*inbound.ROUTES, *messages.ROUTES])
    app.state.deps = Deps(begin, SilentBell(), clock, settings, carriers=open_status_readers(settings))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://10.0.0.7:8600") as client:
        yield client


async def kept(begin: Begin) -> list[InboundMessage]:
    async with begin() as db:
        return list(await db.exec(select(InboundMessage)))


async def twilio_writes(door: AsyncClient, body: str, *, path: str = "/hooks/inbound/twilio", sid: str = "SM1") -> int:
    form = {"MessageSid": sid, "From": PHONE, "To": "+15005550006", "Body": body, "AccountSid": ACCOUNT}
    signature = sign(f"{HOST}/hooks/inbound/twilio", form)
    return (await door.post(path, data=form, headers={"x-twilio-signature": signature})).status_code


async def test_a_signed_text_is_kept_once_however_often_it_comes(door: AsyncClient, begin: Begin) -> None:
    assert [await twilio_writes(door, "余额") for _ in range(3)] == [200, 200, 200]
    assert [row.understood for row in await kept(begin)] == ["balance"]


async def test_a_text_that_nobody_signed_is_kept_nowhere(door: AsyncClient, begin: Begin) -> None:
    assert await twilio_writes(door, "STOP", path="/hooks/inbound/twilio?x=1") == 401
    assert (await door.post("/hooks/inbound/twilio", data={"Body": "STOP"})).status_code == 401
    assert (await door.post("/hooks/inbound/pigeon", data={"Body": "STOP"})).status_code == 404
    assert (await door.post("/hooks/inbound/twilio_voice", data={"Body": "STOP"})).status_code == 404
    assert await kept(begin) == []


async def test_aliyun_pushes_several_texts_under_its_secret_address(door: AsyncClient, begin: Begin) -> None:
    texts = [aliyun.text_of("13800000001", "TD", 1), aliyun.text_of("13800000001", "恢复", 2)]
    answer = await door.post(f"/hooks/inbound/aliyun/{WORD}", json=texts)
    assert (answer.status_code, answer.json()) == (200, {"code": 0, "msg": "ok"})
    assert [(row.sender, row.understood) for row in await kept(begin)] == [(PHONE, "stop"), (PHONE, "start")]
    assert (await door.post("/hooks/inbound/aliyun/guessed", json=texts)).status_code == 401
    assert (await door.post("/hooks/inbound/aliyun", json=texts)).status_code == 401
    assert len(await kept(begin)) == 2


async def sent_message(begin: Begin, clock: Clock, channel: str, carrier: str, ref: str | None) -> Message:
    message = Message(
        id=uuid4(),
        address=PHONE,
        kind=MessageKind.HELP_ANSWER,
        cause_id=uuid4(),
        dedupe_key=str(uuid4()),
        channel=channel,
        locale="en",
        body="Your balance is 5",
        state=MessageState.SENT,
        created_at=clock(),
        not_before=clock(),
        expires_at=clock(),
        carrier=carrier,
        provider_ref=ref,
    )
    async with begin() as db:
        db.add(message)
    return message


async def state_of(begin: Begin, message: Message) -> str:
    async with begin() as db:
        return (await db.get_one(Message, message.id)).state


def receipt(message: Message, biz_id: str, *, success: bool = True) -> dict[str, object]:
    said: dict[str, object] = {"out_id": str(message.id), "biz_id": biz_id, "phone_number": "13800000001"}
    return said | {"success": success, "err_code": "DELIVERED" if success else "USER_REJECT"}


@pytest.mark.parametrize(
    ("carrier", "ref", "biz_id", "becomes"),
    [
        ("aliyun", "1^0", "1^0", "delivered"),
        ("aliyun", "1^0", "2^0", "sent"),  # not the one that it has from us
        ("aliyun", None, "1^0", "delivered"),  # its answer was lost
        ("twilio", "SM1", "1^0", "sent"),  # it never had it
    ],
)
async def test_a_receipt_counts_for_what_its_provider_has_from_us(
    door: AsyncClient, begin: Begin, clock: Clock, carrier: str, ref: str | None, biz_id: str, becomes: str
) -> None:
    message = await sent_message(begin, clock, "sms", carrier, ref)
    answer = await door.post(f"/hooks/receipts/aliyun/{WORD}", json=[receipt(message, biz_id)])
    assert (answer.status_code, await state_of(begin, message)) == (200, becomes)


async def test_a_late_failure_does_not_undo_a_delivery(door: AsyncClient, begin: Begin, clock: Clock) -> None:
    message = await sent_message(begin, clock, "sms", "aliyun", "1^0")
    for success in (True, False, True):
        await door.post(f"/hooks/receipts/aliyun/{WORD}", json=[receipt(message, "1^0", success=success)])
    assert await state_of(begin, message) == "delivered"


async def test_receipts_under_a_guessed_address_are_refused(door: AsyncClient, begin: Begin, clock: Clock) -> None:
    message = await sent_message(begin, clock, "sms", "aliyun", "1^0")
    assert (await door.post("/hooks/receipts/aliyun/guessed", json=[receipt(message, "1^0")])).status_code == 401
    assert (await door.post(f"/hooks/receipts/twilio/{WORD}", json=[receipt(message, "1^0")])).status_code == 404
    assert await state_of(begin, message) == "sent"


async def call_says(door: AsyncClient, message: Message, form: dict[str, str], ending: str = "") -> tuple[int, str]:
    path = f"/hooks/messages/twilio_voice/{message.id}{ending}"
    form = {"CallSid": "CA1", "AccountSid": ACCOUNT} | form
    answer = await door.post(path, data=form, headers={"x-twilio-signature": sign(HOST + path, form)})
    return answer.status_code, answer.text


async def test_a_pressed_key_proves_that_a_call_was_heard(door: AsyncClient, begin: Begin, clock: Clock) -> None:
    message = await sent_message(begin, clock, "voice", "twilio_voice", "CA1")
    status, again = await call_says(door, message, {"Digits": "2"}, "/heard")
    assert (status, await state_of(begin, message)) == (200, "sent")
    assert "Your balance is 5" in again
    status, thanks = await call_says(door, message, {"Digits": "1"}, "/heard")
    assert (status, await state_of(begin, message)) == (200, "delivered")
    assert "<Hangup" in thanks
    assert (await call_says(door, message, {"CallStatus": "completed"}))[0] == 204
    assert await state_of(begin, message) == "delivered"


async def test_a_call_that_a_machine_took_was_not_heard(door: AsyncClient, begin: Begin, clock: Clock) -> None:
    message = await sent_message(begin, clock, "voice", "twilio_voice", "CA1")
    for status in ("ringing", "in-progress", "completed"):
        await call_says(door, message, {"CallStatus": status})
    async with begin() as db:
        found = await db.get_one(Message, message.id)
    assert (found.state, found.trouble) == ("failed", "not_heard")


async def test_a_key_that_nobody_signed_proves_nothing(door: AsyncClient, begin: Begin, clock: Clock) -> None:
    message = await sent_message(begin, clock, "voice", "twilio_voice", "CA1")
    path = f"/hooks/messages/twilio_voice/{message.id}/heard"
    assert (await door.post(path, data={"CallSid": "CA1", "Digits": "1"})).status_code == 401
    assert await state_of(begin, message) == "sent"


async def test_a_stop_is_on_both_lists_and_blocks_no_token(begin: Begin, clock: Clock) -> None:
    app = Starlette(routes=[*inbound.ROUTES])
    async with twilio_stand_in() as far, served(app) as here:
        settings = twilio_settings(far.url).model_copy(update={"public_url": here})
        app.state.deps = Deps(begin, SilentBell(), clock, settings, carriers=open_status_readers(settings))
        url = f"{here}/hooks/inbound/twilio"
        assert (await far.write(url, PHONE, "STOP", REMINDER_SENDER)).status_code == 200
        async with begin() as db:
            assert await suppressions.standing(db, "sms", PHONE) is SuppressionScope.REMINDERS
        async with open_channels(settings) as channels:
            token = Rendered(uuid4(), ChannelName.SMS, PHONE, "", "1234", "u", Sender.TOKENS)
            await channels[ChannelName.SMS].send(token)
            with pytest.raises(DeliveryError, match="opted_out"):
                await channels[ChannelName.SMS].send(replace(token, sender=Sender.REMINDERS))
        assert (await far.write(url, PHONE, "START", REMINDER_SENDER)).status_code == 200
        async with begin() as db:
            assert await suppressions.standing(db, "sms", PHONE) is None
    assert [taken.sender for taken in far.phone] == [SENDER]
