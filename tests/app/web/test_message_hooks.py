"""What a provider of messages tells us, through its own door: verified, kept, and never taken back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from uuid import uuid4

import httpx2
import pytest
from sqlmodel import col, select
from starlette.applications import Starlette

from app.context import Deps
from app.db import Begin
from app.domain.notice import MessageState
from app.domain.suppression import SuppressionScope
from app.models import Contact, Message, MessageEvent, Suppression
from app.ports import StatusReader
from app.web.hooks.messages import ROUTES
from notifier.channels import open_status_readers
from tests import build
from tests.clocks import Clock
from tests.contract.test_channel import twilio_settings
from tests.fakes import SilentBell
from tests.notifier import stories
from tests.serving import served
from tests.standins.twilio import Taken, TwilioStandIn, sign


@dataclass
class Door:
    """The hook as it is served; `message_id` is a message that Twilio took."""

    url: str
    app: Starlette
    taken: Taken

    async def post(self, path: str, form: dict[str, str], signature: str) -> httpx2.Response:
        async with httpx2.AsyncClient(base_url=self.url, verify=False, trust_env=False) as client:
            return await client.post(path, data=form, headers={"x-twilio-signature": signature})


@pytest.fixture
async def message(begin: Begin, clock: Clock) -> Message:
    async with begin() as db:
        utility = await build.utility(db, clock())
        made = Message(
            contact_id=utility.contact.id,
            meter_id=utility.esam.id,
            kind="purchase_credited",
            cause_id=uuid4(),
            dedupe_key="one",
            channel="sms",
            locale="en",
            state=MessageState.SENDING,
            created_at=clock(),
            not_before=clock(),
            expires_at=clock(),
        )
        db.add(made)
    return made


@pytest.fixture
async def door(begin: Begin, clock: Clock, message: Message) -> AsyncIterator[Door]:
    app = Starlette(routes=ROUTES)
    async with served(app) as url:
        settings = twilio_settings("").model_copy(update={"public_url": url})
        readers = open_status_readers(settings)
        app.state.deps = Deps(begin, SilentBell(), clock, settings, carriers=readers)
        callback = f"{url}/hooks/messages/twilio/{message.id}"
        yield Door(url, app, Taken("SMabc", "+8613800000001", "hello", "+1", callback, clock()))


async def state(begin: Begin) -> str:
    (only,) = await stories.messages(begin)
    return only.state


async def events(begin: Begin) -> list[tuple[str, str]]:
    async with begin() as db:
        rows = await db.exec(select(MessageEvent).order_by(col(MessageEvent.at), col(MessageEvent.state)))
        return [(row.state, row.reason) for row in rows]


async def test_a_message_is_followed_to_its_phone(begin: Begin, door: Door) -> None:
    assert await TwilioStandIn().call_back(door.taken, "queued", "sent", "delivered") == [204, 204, 204]
    assert await state(begin) == MessageState.DELIVERED
    (message,) = await stories.messages(begin)
    assert message.provider_ref == "SMabc"


async def test_words_out_of_order_are_kept_and_take_nothing_back(begin: Begin, door: Door) -> None:
    await TwilioStandIn().call_back(door.taken, "delivered", "sending", "delivered")
    assert await state(begin) == MessageState.DELIVERED
    assert len(await events(begin)) == 3


async def test_a_failure_says_why(begin: Begin, door: Door) -> None:
    await TwilioStandIn().call_back(door.taken, "undelivered", error_code=30003)
    (message,) = await stories.messages(begin)
    assert (message.state, message.trouble) == (MessageState.FAILED, "handset_unreachable")


async def test_an_opt_out_told_later_stands_against_the_address(begin: Begin, clock: Clock, door: Door) -> None:
    await TwilioStandIn().call_back(door.taken, "failed", error_code=21610)
    async with begin() as db:
        contact = (await db.exec(select(Contact))).one()
        entry = (await db.exec(select(Suppression))).one()
    assert (entry.address, entry.scope, entry.since) == (contact.address, SuppressionScope.REMINDERS, clock())
    assert contact.stopped_at is None


FORM = {"MessageSid": "SMabc", "MessageStatus": "delivered", "To": "+8613800000001"}


async def test_an_unsigned_word_is_kept_nowhere(begin: Begin, door: Door) -> None:
    path = door.taken.callback.removeprefix(door.url)
    for signature in ("", "x", sign(door.taken.callback, FORM, "another token")):
        assert (await door.post(path, FORM, signature)).status_code == 401
    tampered = FORM | {"MessageStatus": "failed"}
    assert (await door.post(path, tampered, sign(door.taken.callback, FORM))).status_code == 401
    assert await events(begin) == []


async def test_a_word_for_one_message_is_no_word_for_another(begin: Begin, door: Door) -> None:
    elsewhere = f"/hooks/messages/twilio/{uuid4()}"
    assert (await door.post(elsewhere, FORM, sign(door.taken.callback, FORM))).status_code == 401
    assert (await door.post(elsewhere, FORM, sign(door.url + elsewhere, FORM))).status_code == 404
    assert await events(begin) == []


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"MessageSid": "SMabc"},
        {"MessageSid": "SMabc", "MessageStatus": "eaten"},
        {"MessageStatus": "sent"},
        {"MessageSid": "SMabc", "MessageStatus": "failed", "ErrorCode": "x"},
    ],
)
async def test_a_signed_word_that_means_nothing_is_refused(begin: Begin, door: Door, form: dict[str, str]) -> None:
    path = door.taken.callback.removeprefix(door.url)
    answer = await door.post(path, form, sign(door.taken.callback, form))
    assert (answer.status_code, answer.json()) == (400, {"code": "unreadable"})
    assert await events(begin) == []


async def test_nobody_else_has_a_door(door: Door) -> None:
    assert (await door.post(f"/hooks/messages/pigeon/{uuid4()}", FORM, "x")).status_code == 404
    assert (await door.post("/hooks/messages/twilio/1", FORM, "x")).status_code == 404


async def test_garbage_is_answered_not_crashed_on(door: Door) -> None:
    async with httpx2.AsyncClient(verify=False, trust_env=False) as client:
        for headers, body in (
            ({"content-type": "multipart/form-data; boundary=x"}, b"--y\r\n"),
            ({"content-type": "application/x-www-form-urlencoded"}, b"\xff\xfe" * 100),
            ({"content-type": "application/json"}, b"{}"),
        ):
            answer = await client.post(door.taken.callback, content=body, headers=headers)
            assert answer.status_code in (400, 401)


async def test_behind_a_proxy_the_public_address_is_what_was_signed(begin: Begin, door: Door) -> None:
    deps: Deps = door.app.state.deps
    public = deps.settings.model_copy(update={"public_url": "https://relight.test"})
    door.app.state.deps = replace(deps, settings=public)
    path = door.taken.callback.removeprefix(door.url)
    assert (await door.post(path, FORM, sign(f"https://relight.test{path}", FORM))).status_code == 204
    assert await state(begin) == MessageState.DELIVERED


def test_a_signature_made_by_openssl_is_read() -> None:
    """Computed with `openssl dgst -sha1 -hmac 'an auth token'` over address and sorted fields."""
    form = {"MessageSid": "SMabc123", "MessageStatus": "undelivered", "ErrorCode": "30003", "To": "+8613800000001"}
    form["AccountSid"] = "ACfffff"
    url = "https://relight.test/hooks/messages/twilio/6f1c1c0e-9d3a-4f57-8a51-0e6d1f6c2b11"
    reader = open_status_readers(twilio_settings(""))["twilio"]
    assert isinstance(reader, StatusReader)
    word = reader.read_status(url, {"x-twilio-signature": "bJ+WdqdSAphpytThXO7ciM/dxM4="}, form)
    assert (word.state, word.provider_ref, word.reason) == (MessageState.FAILED, "SMabc123", "handset_unreachable")
