"""The channels there are. To add one, write a folder like `twilio/` and name it here."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from app.models.account import ChannelName
from app.ports import CarrierReader
from app.services.media import named
from app.settings import Settings
from app.setup import SetupError
from notifier.channels import aliyun, console, memory, rehearsal, smtp, twilio, twilio_voice, webhook, wechat
from notifier.ports import Channel
from notifier.shared import Shared

CHANNELS: dict[str, Callable[[Settings], Channel]] = {
    "aliyun": aliyun.make,
    "console": console.make,
    "memory": memory.make,
    "rehearsal": rehearsal.make,
    "smtp": smtp.make,
    "twilio": twilio.make,
    "twilio_voice": twilio_voice.make,
    "webhook": webhook.make,
    "wechat": wechat.make,
}
STATUSES: dict[str, Callable[[Settings], CarrierReader | None]] = {
    "aliyun": aliyun.make_pushes,
    "twilio": twilio.make_statuses,
    "twilio_voice": twilio_voice.make_statuses,
}

PLAYED = frozenset({rehearsal.RehearsalChannel.name})
"""Channels whose providers are played: what they take arrives soon, and we say so in their place."""

Channels = Mapping[ChannelName, Channel]
"""What carries each medium that is offered; `notifier.shared.Shared` where it was opened from settings."""


@asynccontextmanager
async def open_channels(settings: Settings) -> AsyncIterator[Channels]:
    """Open what the settings name, for the life of a worker. Raises SetupError with what to set."""
    opened: list[Channel] = []
    found: dict[ChannelName, Channel] = {}
    try:
        for medium in ChannelName:
            members = []
            for name in _carriers(settings, medium):
                members.append(_open(medium, name, settings))
                opened.append(members[-1])
            if members:
                found[medium] = Shared(medium, members)
        yield found
    finally:
        for channel in opened:
            await channel.close()


def _carriers(settings: Settings, medium: ChannelName) -> tuple[str, ...]:
    """The names of a medium's channels; the inbox is offered even where nothing has to carry it."""
    names = named(settings, medium)
    return tuple(n for n in names if n in CHANNELS) if medium is ChannelName.INBOX else names


def _open(medium: ChannelName, name: str, settings: Settings) -> Channel:
    make = CHANNELS.get(name)
    setting = f"RELIGHT_{medium.upper()}_CHANNEL"
    if make is None:
        raise SetupError(f"{setting}: there is no channel {name!r}; there are {', '.join(CHANNELS)}")
    channel = make(settings)
    if medium not in channel.carries:
        raise SetupError(f"{setting}: {name} does not carry {medium}")
    return channel


def open_status_readers(settings: Settings) -> dict[str, CarrierReader]:
    """The readers of what providers post to us, for the channels in use, by the name in the address of the post."""
    used = {name for medium in ChannelName for name in named(settings, medium)}
    made = {name: make(settings) for name, make in STATUSES.items() if name in used}
    return {name: reader for name, reader in made.items() if reader is not None}
