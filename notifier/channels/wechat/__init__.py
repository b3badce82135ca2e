"""Subscription notices of the WeChat official account (bizsend): one consent, one notice."""

from app.context import utc_now
from app.models.account import ChannelName
from app.settings import Settings
from app.setup import SetupError
from app.wechat import OfficialAccount, WechatError
from notifier.channels.wechat import codes
from notifier.channels.wechat.words import fitting
from notifier.ports import DeliveryError, Rendered


class WechatChannel:
    """WeChat answers at once whether it took a notice and tells nothing afterwards, except by an event push that we do
    not take: `sent` is the last word. It cannot be asked what it took."""

    name = "wechat"
    carries = frozenset({ChannelName.WECHAT})

    def __init__(self, account: OfficialAccount, settings: Settings) -> None:
        self._account, self._settings = account, settings

    async def send(self, rendered: Rendered) -> str:
        """Hand over one notice; return our own id, for it has none. Raises DeliveryError."""
        words = fitting(rendered, self._settings.wechat_template)
        try:
            await self._account.ready()
        except WechatError as error:
            raise codes.error(error.errcode) or DeliveryError("provider_down") from None
        try:
            await self._account.send(rendered.recipient, words.template, self._settings.public_url, words.values)
        except WechatError as error:
            raise codes.error(error.errcode) or DeliveryError("no_answer", maybe_sent=True) from None
        return str(rendered.message_id)

    async def close(self) -> None:
        """The client opens a connection for each call."""


def make(settings: Settings) -> WechatChannel:
    """Build the channel. Raises SetupError if a setting is missing."""
    secret = settings.wechat_secret.get_secret_value()
    if not settings.wechat_appid or not secret:
        raise SetupError("RELIGHT_WECHAT_APPID and RELIGHT_WECHAT_SECRET are not set")
    return WechatChannel(OfficialAccount(settings.wechat_appid, secret, settings.wechat_url, utc_now), settings)
