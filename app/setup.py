"""What must be set before anything starts."""

from app.settings import Settings

_NO_DATABASE = (
    "DATABASE_URL is not set: name a PostgreSQL (postgresql+asyncpg://user:password@host/name), or run `make demo`"
)
_NO_QUEUE = "REDIS_URL is not set: name a Redis or Valkey (redis://host:6379/0), or run `make demo`"


class SetupError(Exception):
    """The settings do not allow a start; the text says what to set."""


def check(settings: Settings) -> None:
    """Raise SetupError if the two servers that everything needs are not named."""
    if not settings.database_url:
        raise SetupError(_NO_DATABASE)
    if not settings.redis_url:
        raise SetupError(_NO_QUEUE)
