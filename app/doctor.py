"""`relight doctor`: looks whether an installation is fit to take money and to bring light, and says what to do.

Every check ends, none changes anything, and none prints a secret: of an error it tells the kind, not the text,
unless the text is ours.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from alembic.script import ScriptDirectory
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app import migrate
from app.context import open_queue
from app.db import make_engine
from app.headend import HeadEndError, examine_security
from app.models.account import ChannelName
from app.payments import PROVIDERS, open_providers
from app.ports import Ailment, PaymentProvider
from app.services.media import named
from app.settings import Settings
from app.setup import SetupError

_PATIENCE_S = 20.0
_SHORTEST_SECRET = 32
_NEAR = ("127.0.0.1", "localhost", "::1")

Carriers = Callable[[Settings], Awaitable[None]]
"""Opens the channels that the settings name, and closes them; raises SetupError with what to set."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at. `part`: of the installation, such as "database" or "provider sandbox"."""

    part: str
    ailment: Ailment

    @property
    def well(self) -> bool:
        """Is nothing wrong with it?"""
        return not self.ailment.trouble

    def __str__(self) -> str:
        mark = "ok   " if self.well else "WRONG"
        said = f"{mark}  {self.part}: {self.ailment.code.replace('_', ' ')}"
        return said if self.well else f"{said}: {self.ailment.trouble}"


async def examine(settings: Settings, carriers: Carriers) -> list[Line]:
    """Look at everything, one part after the other."""
    lines = [
        Line("settings", _secret(settings)),
        Line("settings", _public_url(settings)),
        Line("database", await _within(_database(settings), "reachable")),
        Line("queue", await _within(_queue(settings), "reachable")),
        Line("keys", await _within(_keys(settings), f"security_module_{settings.security_module}")),
        Line("messages", await _within(_carriers(settings, carriers), "channels")),
        Line("messages", _senders(settings)),
        Line("messages", await _within(_switched_off(settings), "providers_on")),
    ]
    return [*lines, *await _providers(settings)]


async def _within(check: Awaitable[Ailment], code: str) -> Ailment:
    try:
        async with asyncio.timeout(_PATIENCE_S):
            return await check
    except Exception as error:  # a doctor looks at the next part whatever this one does
        return Ailment(code, f"could not be looked at ({type(error).__name__})")


def _secret(settings: Settings) -> Ailment:
    if len(settings.session_secret.get_secret_value()) >= _SHORTEST_SECRET:
        return Ailment("session_secret")
    return Ailment("session_secret", f"set RELIGHT_SESSION_SECRET to {_SHORTEST_SECRET} random characters or more")


def _public_url(settings: Settings) -> Ailment:
    place = urlsplit(settings.public_url)
    if place.scheme == "https" and place.hostname and not place.query:
        return Ailment("public_url")
    if place.scheme == "http" and place.hostname in _NEAR:
        return Ailment("public_url", "RELIGHT_PUBLIC_URL is of this machine: no resident and no provider can reach it")
    return Ailment("public_url", "RELIGHT_PUBLIC_URL must be https://... : providers call back over nothing else")


async def _database(settings: Settings) -> Ailment:
    if not settings.database_url:
        return Ailment("reachable", "DATABASE_URL is not set: name a PostgreSQL (postgresql+asyncpg://...)")
    head = ScriptDirectory.from_config(migrate.config(settings.database_url)).get_current_head()
    engine = make_engine(settings.database_url)
    try:
        async with engine.connect() as line:
            there = (await line.execute(text("select to_regclass('alembic_version')"))).scalar_one()
            found = (await line.execute(text("select version_num from alembic_version"))).scalar() if there else None
    except (SQLAlchemyError, OSError) as error:
        return Ailment("reachable", f"it does not answer ({type(error).__name__}): check DATABASE_URL and the server")
    finally:
        await engine.dispose()
    if found != head:
        return Ailment("tables", "they are not up to date: run `relight migrate`")
    return Ailment("reachable_and_up_to_date")


async def _queue(settings: Settings) -> Ailment:
    if not settings.redis_url:
        return Ailment("reachable", "REDIS_URL is not set: name a Redis or Valkey (redis://host:6379/0)")
    try:
        queue = open_queue(settings.redis_url)
        try:
            await queue.ping()
        finally:
            await queue.aclose()
    except (RedisError, OSError, ValueError) as error:
        return Ailment("reachable", f"it does not answer ({type(error).__name__}): check REDIS_URL and the server")
    return Ailment("reachable")


async def _keys(settings: Settings) -> Ailment:
    code = f"security_module_{settings.security_module}"
    try:
        return Ailment(code, await examine_security(settings))
    except HeadEndError as error:
        return Ailment(code, str(error))


async def _carriers(settings: Settings, carriers: Carriers) -> Ailment:
    try:
        await carriers(settings)
    except SetupError as error:
        return Ailment("channels", str(error))
    return Ailment("channels")


def _senders(settings: Settings) -> Ailment:
    """Twilio keeps a list of those who said stop for each sender: a shared one blocks tokens that were paid for."""
    shared = settings.twilio_reminder_sender in ("", settings.twilio_sender)
    if "twilio" in named(settings, ChannelName.SMS) and shared:
        return Ailment(
            "senders",
            "set RELIGHT_TWILIO_REMINDER_SENDER to another sender: a STOP to a reminder now stops paid tokens too",
        )
    return Ailment("senders")


_OFF = text("select name, medium, off_reason from carrier where off_at is not null order by name, medium")


async def _switched_off(settings: Settings) -> Ailment:
    if not settings.database_url:
        return Ailment("providers_on")
    engine = make_engine(settings.database_url)
    try:
        async with engine.connect() as line:
            rows = (await line.execute(_OFF)).all()
    except (SQLAlchemyError, OSError):
        return Ailment("providers_on")  # the line about the database says it
    finally:
        await engine.dispose()
    in_use = [r for r in rows if r.name in named(settings, ChannelName(r.medium))]
    if not in_use:
        return Ailment("providers_on")
    which = ", ".join(f"{r.name} ({r.medium}): {r.off_reason}" for r in in_use)
    return Ailment("providers_on", f"{which}; mend the settings and start the notifier again, or see /console/carriers")


async def _providers(settings: Settings) -> list[Line]:
    try:
        opened = open_providers(settings)
    except (ValueError, SetupError) as error:
        return [Line("providers", Ailment("settings", str(error)))]
    if not opened:
        return [Line("providers", Ailment("any", "none is switched on: set RELIGHT_PROVIDERS and what each one needs"))]
    named = [name.strip() for name in settings.providers.split(",") if name.strip() in PROVIDERS]
    off = [
        Line(f"provider {name}", Ailment("settings", "it is named in RELIGHT_PROVIDERS, but its settings are missing"))
        for name in named
        if name not in opened
    ]
    lines = [Line(f"provider {name}", each) for name in opened for each in await _provider(opened[name])]
    return [*off, *lines]


async def _provider(provider: PaymentProvider) -> Sequence[Ailment]:
    try:
        async with asyncio.timeout(_PATIENCE_S):
            return await provider.examine()
    except Exception as error:  # one plug-in that breaks hides no other
        return (Ailment("examined", f"it could not be looked at ({type(error).__name__})"),)
