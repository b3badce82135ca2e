"""Brings a database's tables up to date, and back."""

from pathlib import Path

from alembic import command
from alembic.config import Config

_SCRIPTS = Path(__file__).resolve().parent.parent / "migrations"


def config(url: str) -> Config:
    """Alembic's configuration for the database at `url` (postgresql+asyncpg://...)."""
    made = Config()
    made.set_main_option("script_location", str(_SCRIPTS))
    made.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return made


def upgrade(url: str) -> None:
    """Bring the database up to the newest revision. Runs an event loop of its own: call it from no other."""
    command.upgrade(config(url), "head")


def downgrade(url: str) -> None:
    """Take every table away again."""
    command.downgrade(config(url), "base")


def check(url: str) -> None:
    """Raise if the models say something that no migration does."""
    command.check(config(url))
