"""Another run beside ours, and questions to the engines."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

ROOT = Path(__file__).resolve().parents[3]
HOLD = """
import sys
from pathlib import Path
from app.engines import engines
with engines(Path(sys.argv[1]), throwaway=sys.argv[2] == "throwaway") as pair:
    print(pair.database_url, pair.redis_url, flush=True)
    sys.stdin.readline()
"""


@dataclass(frozen=True, slots=True)
class OtherRun:
    """A program of its own that holds engines until it is told to end, or killed."""

    process: subprocess.Popen[str]
    database_url: str
    redis_url: str

    def kill(self) -> None:
        """SIGKILL: it cannot clean up."""
        self.process.kill()
        self.process.wait()


@contextmanager
def another_run(state_dir: Path, *, kind: str) -> Iterator[OtherRun]:
    """Another program with engines of the same state directory; `kind` is kept or throwaway."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(state_dir), kind],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        database_url, redis_url = process.stdout.readline().split()
        yield OtherRun(process, database_url, redis_url)
        process.communicate("\n")


async def ask(database_url: str, statement: str) -> list[object]:
    """Carry out a statement and commit; return the first column of what it answers."""
    engine = create_async_engine(database_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            answer = await connection.execute(text(statement))
            return list(answer.scalars()) if answer.returns_rows else []
    finally:
        await engine.dispose()


def key(redis_url: str, name: str) -> bytes | None:
    """The value of a key."""
    with redis.Redis.from_url(redis_url) as line:
        value = line.get(name)
    assert value is None or isinstance(value, bytes)
    return value


def set_key(redis_url: str, name: str, value: str) -> None:
    """Set a key."""
    with redis.Redis.from_url(redis_url) as line:
        line.set(name, value)
