"""Which ways of sending this installation offers. A medium without a channel is not offered, and nobody plans by it."""

from app.models.account import ChannelName
from app.settings import Settings


def named(settings: Settings, medium: ChannelName) -> tuple[str, ...]:
    """The channels that the settings name for a medium, in their order; the inbox needs none and is its own."""
    said = {
        ChannelName.SMS: settings.sms_channel,
        ChannelName.EMAIL: settings.email_channel,
        ChannelName.VOICE: settings.voice_channel,
        ChannelName.WECHAT: settings.wechat_channel,
        ChannelName.WEBHOOK: settings.webhook_channel,
        ChannelName.INBOX: "inbox",
    }[medium]
    return tuple(dict.fromkeys(name.strip() for name in said.split(",") if name.strip()))


def offered(settings: Settings) -> frozenset[ChannelName]:
    """The media that a message may be planned for."""
    return frozenset(medium for medium in ChannelName if named(settings, medium))
