"""The database and the queue of a demo or a test run: those of the environment, or private ones from wheels.

`DATABASE_URL` and `REDIS_URL` name servers to use. For each of the two that is not set, a private engine is
started, which listens on the loopback interface, asks for a random password and is of the kind production uses.
Kept engines find their data again at the next start, throw-away ones leave nothing behind. An engine that
outlived a killed run is taken over (kept) or ended (throw-away) by the next one.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.engines.errors import EnginesError
from app.engines.given import GivenServer
from app.engines.homes import kept_home, thrown_away_home
from app.engines.places import account, programs
from app.engines.postgres import Postgres
from app.engines.valkey import Valkey

__all__ = ["Engines", "EnginesError", "Server", "engines"]


class Server(Protocol):
    """A running server; `kill` and `start` let a test see what happens when it goes and comes back."""

    @property
    def url(self) -> str:
        """Its address: the same before and after."""

    def start(self) -> None:
        """Return when it answers."""

    def stop(self) -> None:
        """End it in good order."""

    def kill(self) -> None:
        """End it at once (SIGKILL). EnginesError if it is not ours."""


@dataclass(frozen=True, slots=True)
class Engines:
    """What a run needs: a PostgreSQL and a Valkey (or Redis)."""

    postgres: Server
    valkey: Server

    @property
    def database_url(self) -> str:
        """For SQLAlchemy with asyncpg. Carries a password: not for logs."""
        return self.postgres.url

    @property
    def redis_url(self) -> str:
        """For redis-py. Carries a password: not for logs."""
        return self.valkey.url


@contextmanager
def engines(state_dir: Path | None = None, *, throwaway: bool) -> Iterator[Engines]:
    """Have both servers for the length of the block.

    `state_dir` says whose kept engines they are: those of `var` in the clone unless told otherwise. A second kept run
    with the same `state_dir` shares the engines of the first, which ends them. Raises EnginesError with advice.
    """
    database_url, redis_url = os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL")
    if database_url and redis_url:
        yield Engines(GivenServer(database_url), GivenServer(redis_url))
        return
    with ExitStack() as stack:
        home = stack.enter_context(thrown_away_home() if throwaway else kept_home(state_dir))
        tools, runs_as = programs(), account()
        yield Engines(
            GivenServer(database_url)
            if database_url
            else stack.enter_context(home.run(Postgres(home.path, runs_as, tools, durable=not throwaway))),
            GivenServer(redis_url)
            if redis_url
            else stack.enter_context(home.run(Valkey(home.path, runs_as, tools, durable=not throwaway))),
        )
