"""What every test may ask for. Engines are real, one pair for each worker; time stands still until told to move."""

# ruff: noqa: E402
import gc

gc.disable()  # until all is collected: nothing that is imported is garbage, and to look for it took a third of the time

import os
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import hypothesis
import pytest
import redis
from sqlalchemy.ext.asyncio import AsyncEngine

import app.models  # noqa: F401  (registers the tables that are emptied)
from app import engines as embedded
from app import migrate
from app.db import Begin, begin_factory, make_engine
from tests import build, databases
from tests.clocks import Clock

# The only house that a test may trust by itself is nobody's; whoever needs another names it. To read the hundred and
# forty of an operating system takes 40 ms, each time that a client is opened.
os.environ["SSL_CERT_FILE"] = str(Path(__file__).with_name("nobody.pem"))
os.environ.pop("SSL_CERT_DIR", None)

_ALLOCATIONS = 10_000  # more than Python's own 700, between two looks for garbage

hypothesis.settings.register_profile("relight", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("relight")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Workers share the tests as `tests/shares.py` says."""
    from tests import shares  # noqa: PLC0415  (there is no xdist where there is one worker)

    return shares.scheduler(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is long comes first, where workers share the tests."""
    if hasattr(config, "workerinput"):
        from tests import shares  # noqa: PLC0415

        items.sort(key=lambda item: shares.turn(item.nodeid.partition("::")[0]))


def pytest_collection_finish() -> None:
    """Ten thousand tests are no garbage: the collector need not look at them again and again (6 % of a run)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS)
    gc.enable()


@pytest.fixture(scope="session")
def running_engines() -> Iterator[embedded.Engines]:
    """PostgreSQL and Valkey of this worker; ask for `engines` if you mean to break them."""
    with embedded.engines(throwaway=True) as pair:
        yield pair


@pytest.fixture
def engines(running_engines: embedded.Engines) -> Iterator[embedded.Engines]:
    """The engines, to be killed and started: whatever a test does to them, the next one finds them running."""
    yield running_engines
    running_engines.postgres.start()
    running_engines.valkey.start()


@pytest.fixture(scope="session")
def database_url(running_engines: embedded.Engines) -> Iterator[str]:
    """A database of this worker with all our tables. `begin` finds them empty; without it they may hold rows."""
    with databases.database(running_engines.database_url) as url:
        with ThreadPoolExecutor(max_workers=1) as aside:  # a migration runs a loop of its own
            aside.submit(migrate.upgrade, url).result()
        yield url


@pytest.fixture
def bare_database_url(running_engines: embedded.Engines) -> Iterator[str]:
    """A new database without a table in it."""
    with databases.database(running_engines.database_url) as url:
        yield url


@pytest.fixture
def redis_url(running_engines: embedded.Engines) -> str:
    """An empty Valkey database of this worker: 15, 14 ... so that no other use of a given server is emptied."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    url = urlsplit(running_engines.redis_url)._replace(path=f"/{15 - worker % 15}").geturl()
    with redis.Redis.from_url(url) as line:
        line.flushdb()
    return url


@pytest.fixture(scope="session")
async def open_database(database_url: str) -> AsyncIterator[AsyncEngine]:
    """The connection pool below `begin`."""
    engine = make_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
async def empty(database_url: str) -> AsyncIterator[databases.Empty]:
    """Deletes all rows of this worker's database."""
    async with databases.emptying(database_url) as delete:
        yield delete


@pytest.fixture
async def begin(open_database: AsyncEngine, empty: databases.Empty) -> Begin:
    """`async with begin() as db:` is one transaction on a database whose tables were empty when the test began."""
    await empty()
    return begin_factory(open_database)


@pytest.fixture
def clock() -> Clock:
    """`clock()` is now, `clock.forward(minutes=10)` moves it."""
    return Clock()


@pytest.fixture
async def utility(begin: Begin, clock: Clock) -> build.Utility:
    """A small utility whose concentrator has a link."""
    async with begin() as db:
        return await build.utility(db, clock())
