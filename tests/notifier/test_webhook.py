"""Webhooks: called once, believed once, and nowhere that we may not call."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import pytest

from app.domain.hook import HookError
from app.domain.suppression import SuppressionScope
from app.models.account import ChannelName
from app.settings import Settings
from app.setup import SetupError
from notifier.channels import CHANNELS, webhook
from notifier.channels.webhook import WebhookChannel, first_callable
from notifier.ports import DeliveryError, Rendered
from tests.contract.post_sides import CONTACT, hook_settings, hook_side
from tests.standins.hook import HookStandIn


@pytest.fixture
async def far() -> AsyncIterator[HookStandIn]:
    async with hook_side() as (far, _):
        yield far


@pytest.fixture
async def channel() -> AsyncIterator[WebhookChannel]:
    made = webhook.make(hook_settings())
    yield made
    await made.close()


def message(url: str) -> Rendered:
    words = Rendered(uuid4(), ChannelName.WEBHOOK, url, "余额不足", "电表余额 ¥5.00", "", kind="alarm_a", locale="zh")
    return replace(words, contact_id=CONTACT, variables={"meter": "201000000014"})


async def test_a_receiver_believes_a_signed_message_once(far: HookStandIn, channel: WebhookChannel) -> None:
    mine = message(far.url)
    for _ in range(3):
        await channel.send(mine)
    assert (far.calls, len(far.told)) == (3, 1)
    assert far.told[0] == {
        "id": str(mine.message_id),
        "kind": "alarm_a",
        "meter": "201000000014",
        "locale": "zh",
        "title": "余额不足",
        "text": "电表余额 ¥5.00",
    }
    assert far.hosts[0] in far.url  # its own name, though its address was called


async def test_no_connection_is_used_twice_for_it_proved_one_name_only(
    far: HookStandIn, channel: WebhookChannel
) -> None:
    for _ in range(2):
        await channel.send(message(far.url))
    assert len(set(far.callers)) == 2


async def test_another_contacts_secret_signs_nothing_for_this_one(far: HookStandIn, channel: WebhookChannel) -> None:
    with pytest.raises(DeliveryError, match="http_401") as refusal:
        await channel.send(replace(message(far.url), contact_id=uuid4()))
    assert refusal.value.permanent
    assert far.told == []


async def test_a_lost_answer_is_posted_again_and_folded_there(far: HookStandIn, channel: WebhookChannel) -> None:
    mine = message(far.url)
    far.answers.append(504)  # taken, and the answer is lost
    with pytest.raises(DeliveryError) as lost:
        await channel.send(mine)
    assert (lost.value.permanent, lost.value.maybe_sent) == (False, False)
    await channel.send(mine)
    assert len(far.told) == 1


@pytest.mark.parametrize(
    ("status", "permanent", "stop"),
    [(410, True, True), (404, True, False), (429, False, False), (503, False, False), (302, True, False)],
)
async def test_what_a_status_says_is_done(
    far: HookStandIn, channel: WebhookChannel, status: int, permanent: bool, stop: bool
) -> None:
    far.answers.append(status)
    with pytest.raises(DeliveryError) as refusal:
        await channel.send(message(far.url))
    assert (refusal.value.permanent, refusal.value.stop) == (permanent, stop)
    assert not stop or refusal.value.scope is SuppressionScope.ALL
    assert far.followed == 0


async def test_a_long_answer_is_not_read(far: HookStandIn, channel: WebhookChannel) -> None:
    far.answers.append(200)
    await channel.send(message(far.url))
    await channel.send(message(far.url))
    assert len(far.told) == 2


async def test_a_house_that_is_not_open_to_the_internet_is_not_called(far: HookStandIn) -> None:
    strict = webhook.make(hook_settings().model_copy(update={"webhook_private": False}))
    port = far.url.split(":")[2]
    for url in (far.url, f"https://127.0.0.1:{port}", f"https://localhost.localdomain:{port}", "https://localhost"):
        with pytest.raises(DeliveryError) as refusal:
            await strict.send(message(url))
        assert refusal.value.permanent or refusal.value.reason == "no_answer"  # where the name leads nowhere
    await strict.close()
    assert far.calls == 0


def test_a_name_that_leads_into_the_house_by_one_of_its_addresses_is_not_called() -> None:
    with pytest.raises(HookError, match="hook_private"):
        first_callable(["127.0.0.1", "93.184.216.34"], private=False)
    assert first_callable(["2606:2800:220:1::1", "93.184.216.34"], private=False) == "93.184.216.34"


def test_a_webhook_without_a_key_to_sign_with_is_said_at_the_start() -> None:
    with pytest.raises(SetupError, match="RELIGHT_SESSION_SECRET"):
        CHANNELS["webhook"](Settings())
