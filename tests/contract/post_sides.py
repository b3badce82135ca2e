"""The far sides of WeChat, webhook and inbox, for the contract of channels."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

from pydantic import SecretStr

from app.context import utc_now
from app.domain.proving import hook_secret
from app.settings import Settings
from notifier.channels import CHANNELS
from notifier.ports import Channel
from tests.standins import wechat_oa
from tests.standins.hook import HookStandIn, hook_stand_in
from tests.standins.wechat_oa import wechat_account

CONTACT = UUID("7d444840-9dc0-11d1-b245-5ffdce74fad2")
SECRET = "k" * 32
OPENID = "oLin0000000000000000000000000"
HOOK = "http://hook.test/relight"  # the far side puts its own in place

Parts = tuple[Channel, Callable[[], list[str]], Callable[[], None], Callable[[], None], Callable[[], None] | None]


def wechat_settings(url: str) -> Settings:
    return Settings(
        wechat_channel="wechat",
        wechat_appid=wechat_oa.APPID,
        wechat_secret=SecretStr(wechat_oa.SECRET),
        wechat_url=url,
        wechat_template="TEMPLATE character_string1=text",
    )


def hook_settings() -> Settings:
    return Settings(webhook_channel="webhook", webhook_private=True, session_secret=SecretStr(SECRET))


@asynccontextmanager
async def wechat_side() -> AsyncIterator[Parts]:
    async with wechat_account(utc_now) as far:
        far.consents += [OPENID] * 9
        yield (
            CHANNELS["wechat"](wechat_settings(far.url)),
            lambda: [_text(message) for message in far.sent],
            lambda: far.faults.append(43101),
            lambda: far.faults.append(45009),
            lambda: far.faults.append("hang_up"),
        )


def _text(message: dict[str, object]) -> str:
    data = message["data"]
    assert isinstance(data, dict)
    return str(data["character_string1"]["value"])


@asynccontextmanager
async def hook_side() -> AsyncIterator[tuple[HookStandIn, Parts]]:
    async with hook_stand_in(hook_secret(SECRET, CONTACT)) as far:
        channel = CHANNELS["webhook"](hook_settings())
        yield (
            far,
            (
                channel,
                lambda: [told["text"] for told in far.told],
                lambda: far.answers.append(410),
                lambda: far.answers.append(503),
                None,  # whatever was not answered is posted again, and folded there
            ),
        )
        await channel.close()
