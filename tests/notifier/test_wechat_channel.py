"""Subscription notices: one consent, one notice; a stale token is fetched anew, once."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import pytest
from pydantic import SecretStr

from app.context import utc_now
from app.domain.suppression import SuppressionScope
from app.models.account import ChannelName
from app.settings import Settings
from app.setup import SetupError
from notifier.channels import CHANNELS
from notifier.channels.wechat.words import fitting
from notifier.ports import DeliveryError, Rendered
from tests.contract.post_sides import OPENID, wechat_settings
from tests.standins.wechat_oa import WechatAccountStandIn, wechat_account


@pytest.fixture
async def far() -> AsyncIterator[WechatAccountStandIn]:
    async with wechat_account(utc_now) as far:
        yield far


def notice() -> Rendered:
    words = Rendered(uuid4(), ChannelName.WECHAT, OPENID, "余额不足", "电表 2010 余额 ¥5.00", "")
    codes: dict[str, str | list[str]] = {"wechat": ["T1", "character_string1=meter", "thing2=text"]}
    return replace(words, provider_codes=codes, variables={"meter": "2010"})


async def test_one_consent_is_one_notice_and_then_no_reminders_go_there(far: WechatAccountStandIn) -> None:
    channel = CHANNELS["wechat"](wechat_settings(far.url))
    far.consents.append(OPENID)
    await channel.send(notice())
    with pytest.raises(DeliveryError, match="no_consent") as refusal:
        await channel.send(notice())
    assert (refusal.value.permanent, refusal.value.stop) == (True, True)
    assert refusal.value.scope is SuppressionScope.REMINDERS
    assert [(m["template_id"], m["data"]) for m in far.sent] == [
        ("T1", {"character_string1": {"value": "2010"}, "thing2": {"value": "电表 2010 余额 ¥5.00"}})
    ]


async def test_a_token_that_has_become_stale_is_fetched_anew_once(far: WechatAccountStandIn) -> None:
    channel = CHANNELS["wechat"](wechat_settings(far.url))
    far.consents += [OPENID] * 3
    await channel.send(notice())
    far.expire()
    await channel.send(notice())
    far.faults += [42001]
    await channel.send(notice())
    assert len(far.sent) == 3
    assert far.asked.count("/cgi-bin/stable_token") == 3


async def test_a_wrong_secret_is_ours_to_mend(far: WechatAccountStandIn) -> None:
    settings = wechat_settings(far.url).model_copy(update={"wechat_secret": SecretStr("wrong")})
    with pytest.raises(DeliveryError, match="credentials") as refusal:
        await CHANNELS["wechat"](settings).send(notice())
    assert not refusal.value.permanent


@pytest.mark.parametrize(
    ("errcode", "reason", "permanent"),
    [
        (40003, "bad_openid", True),
        (47003, "bad_template", True),
        (45009, "too_many_requests", False),
        (88000, "wechat_88000", True),
    ],
)
async def test_what_wechat_says_is_said_in_our_words(
    far: WechatAccountStandIn, errcode: int, reason: str, permanent: bool
) -> None:
    far.faults.append(errcode)
    with pytest.raises(DeliveryError, match=reason) as refusal:
        await CHANNELS["wechat"](wechat_settings(far.url)).send(notice())
    assert (refusal.value.permanent, refusal.value.maybe_sent) == (permanent, False)


async def test_a_platform_that_is_not_there_has_taken_nothing() -> None:
    with pytest.raises(DeliveryError, match="provider_down") as down:
        await CHANNELS["wechat"](wechat_settings("http://127.0.0.1:9")).send(notice())
    assert not down.value.maybe_sent


def test_words_that_are_too_long_for_a_keyword_are_cut_and_unknown_ones_refused() -> None:
    long = replace(notice(), body="很" * 30)
    assert fitting(long, "").values["thing2"] == "很" * 19 + "…"
    assert fitting(replace(notice(), provider_codes={}), "T0 thing1=title").values == {"thing1": "余额不足"}
    with pytest.raises(DeliveryError, match="needs_template"):
        fitting(replace(notice(), provider_codes={}), "")
    with pytest.raises(DeliveryError, match="bad_template"):
        fitting(replace(notice(), provider_codes={"wechat": ["T1", "thing1=nothing"]}), "")


def test_a_missing_account_is_said_at_the_start() -> None:
    with pytest.raises(SetupError, match="RELIGHT_WECHAT_APPID"):
        CHANNELS["wechat"](Settings())
