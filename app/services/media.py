"""Which ways of sending this installation offers. A medium without a channel is not offered, and nobody plans by it."""

from app.models.account import ChannelName
from app.settings import Settings, settings


def named(known: Settings, medium: ChannelName) -> tuple[str, ...]:
    """The channels that the settings name for a medium, in their order; the inbox needs none and is its own."""
    said = {
        ChannelName.SMS: known.sms_channel,
        ChannelName.EMAIL: known.email_channel,
        ChannelName.VOICE: known.voice_channel,
        ChannelName.WECHAT: known.wechat_channel,
        ChannelName.WEBHOOK: known.webhook_channel,
        ChannelName.INBOX: "inbox",
    }[medium]
    return tuple(dict.fromkeys(name.strip() for name in said.split(",") if name.strip()))


def offered(known: Settings) -> frozenset[ChannelName]:
    """The media that a message may be planned for."""
    return frozenset(medium for medium in ChannelName if named(known, medium))


def is_offered(channel: str) -> bool:
    """May a message be planned for a medium, by the settings of this process?"""
    return channel in offered(settings())
