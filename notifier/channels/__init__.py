"""The channels there are. To add one, write a folder like `twilio/` and name it here."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from app.models.account import ChannelName
from app.ports import StatusReader
from app.settings import Settings
from app.setup import SetupError
from notifier.channels import console, memory, rehearsal, smtp, twilio
from notifier.ports import Channel

CHANNELS: dict[str, Callable[[Settings], Channel]] = {
    "console": console.make,
    "memory": memory.make,
    "rehearsal": rehearsal.make,
    "smtp": smtp.make,
    "twilio": twilio.make,
}
STATUSES: dict[str, Callable[[Settings], StatusReader]] = {
    "twilio": twilio.make_statuses,
}

Channels = Mapping[ChannelName, Channel]


@asynccontextmanager
async def open_channels(settings: Settings) -> AsyncIterator[Channels]:
    """Open what the settings name, for the life of a worker. Raises SetupError with what to set."""
    chosen = {ChannelName.SMS: settings.sms_channel, ChannelName.EMAIL: settings.email_channel}
    opened: dict[ChannelName, Channel] = {}
    try:
        for medium, name in chosen.items():
            opened[medium] = _open(medium, name, settings)
        yield opened
    finally:
        for channel in opened.values():
            await channel.close()


def _open(medium: ChannelName, name: str, settings: Settings) -> Channel:
    make = CHANNELS.get(name)
    setting = f"RELIGHT_{medium.upper()}_CHANNEL"
    if make is None:
        raise SetupError(f"{setting}: there is no channel {name!r}; there are {', '.join(CHANNELS)}")
    channel = make(settings)
    if medium not in channel.carries:
        raise SetupError(f"{setting}: {name} does not carry {medium}")
    return channel


def open_status_readers(settings: Settings) -> dict[str, StatusReader]:
    """The readers of status callbacks for the channels that are in use, by the name in the callback's address."""
    used = {settings.sms_channel, settings.email_channel}
    return {name: make(settings) for name, make in STATUSES.items() if name in used}
