"""The embedded engines keep what they should, forget what they should, and are found again."""

import socket
from pathlib import Path

import psutil
import pytest
import redis
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from app.engines import EnginesError, engines
from app.engines.homes import kept_home
from app.engines.places import seat
from app.engines.ports import HOST
from app.engines.processes import processes_in, runs
from tests.app.engines.runs import another_run, ask, key, set_key

POSTMASTER = "select pg_postmaster_start_time()"


@pytest.mark.slow
async def test_kept_data_survive_a_stop_and_a_start(state_dir: Path) -> None:
    with engines(state_dir, throwaway=False) as first:
        await ask(first.database_url, "create table lamp as select true as lit")
        set_key(first.redis_url, "lamp", "lit")
    assert processes_in(seat(state_dir)) == []

    with engines(state_dir, throwaway=False) as second:
        assert await ask(second.database_url, "select lit from lamp") == [True]
        assert key(second.redis_url, "lamp") == b"lit"


async def test_a_killed_engine_comes_back_under_its_address_with_what_was_committed() -> None:
    with engines(throwaway=True) as pair:
        addresses = (pair.database_url, pair.redis_url)
        await ask(pair.database_url, "create table lamp as select true as lit")
        set_key(pair.redis_url, "lamp", "lit")

        pair.postgres.kill()
        pair.valkey.kill()
        with pytest.raises(OSError):
            await ask(pair.database_url, "select 1")
        with pytest.raises(redis.ConnectionError):
            key(pair.redis_url, "lamp")
        pair.postgres.start()
        pair.valkey.start()

        assert (pair.database_url, pair.redis_url) == addresses
        assert await ask(pair.database_url, "select lit from lamp") == [True]
        assert key(pair.redis_url, "lamp") == b"lit"


@pytest.mark.slow
async def test_engines_that_outlived_a_killed_run_are_taken_over(state_dir: Path) -> None:
    with another_run(state_dir, kind="kept") as other:
        since = await ask(other.database_url, POSTMASTER)
        other.kill()
        with engines(state_dir, throwaway=False) as ours:
            assert (ours.database_url, ours.redis_url) == (other.database_url, other.redis_url)
            assert await ask(ours.database_url, POSTMASTER) == since
            assert key(ours.redis_url, "lamp") is None
    assert processes_in(seat(state_dir)) == []


@pytest.mark.slow
async def test_data_survive_the_kill_of_everything(state_dir: Path) -> None:
    with another_run(state_dir, kind="kept") as other:
        await ask(other.database_url, "create table lamp as select true as lit")
        other.kill()
        for process in processes_in(seat(state_dir)):
            process.kill()
    with engines(state_dir, throwaway=False) as ours:
        assert await ask(ours.database_url, "select lit from lamp") == [True]


@pytest.mark.slow
async def test_a_second_run_shares_the_engines_of_the_first_and_leaves_them_running(state_dir: Path) -> None:
    with another_run(state_dir, kind="kept") as other:
        with engines(state_dir, throwaway=False) as ours:
            assert ours.database_url == other.database_url
        assert await ask(other.database_url, "select 1") == [1]


@pytest.mark.slow
async def test_throw_away_engines_leave_nothing_behind() -> None:
    with engines(throwaway=True) as pair:
        home = await home_of(pair.database_url)
        processes = processes_in(home)
        assert len(processes) >= 2
    assert not any(map(runs, processes))
    assert not home.exists()


@pytest.mark.slow
async def test_the_next_run_clears_away_what_a_killed_one_left(state_dir: Path) -> None:
    with another_run(state_dir, kind="throwaway") as other:
        home = await home_of(other.database_url)
        left = processes_in(home)
        other.kill()
        assert any(map(runs, left))
        with engines(throwaway=True):
            assert not any(map(runs, left))
            assert not home.exists()


@pytest.mark.slow
async def test_runs_beside_each_other_do_not_meet(state_dir: Path) -> None:
    with (
        another_run(state_dir, kind="throwaway") as other,
        engines(throwaway=True) as throwaway,
        engines(state_dir, throwaway=False) as kept,
    ):
        addresses = {url for run in (other, throwaway, kept) for url in (run.database_url, run.redis_url)}
        assert len(addresses) == 6
        await ask(kept.database_url, "create table lamp (lit bool)")
        assert await ask(throwaway.database_url, "select to_regclass('lamp')") == [None]


@pytest.mark.slow
async def test_a_port_that_a_stranger_took_in_between_is_left_to_him(state_dir: Path) -> None:
    with engines(state_dir, throwaway=False) as first:
        ports = [make_url(url).port or 0 for url in (first.database_url, first.redis_url)]
    with (
        socket.create_server((HOST, ports[0])),
        socket.create_server((HOST, ports[1])),
        engines(state_dir, throwaway=False) as second,
    ):
        assert await ask(second.database_url, "select 1") == [1]
        assert key(second.redis_url, "lamp") is None


@pytest.mark.slow
async def test_neither_engine_answers_without_its_password() -> None:
    with engines(throwaway=True) as pair:
        with pytest.raises((DBAPIError, OSError), match="password"):
            await ask(
                make_url(pair.database_url).set(password="guess").render_as_string(hide_password=False), "select 1"
            )
        with pytest.raises(redis.AuthenticationError):
            key(pair.redis_url.replace(make_url(pair.redis_url).password or "", ""), "lamp")
        words = [word for process in psutil.process_iter(["cmdline"]) for word in process.info["cmdline"] or ()]
        assert not [word for word in words if make_url(pair.redis_url).password in word]


@pytest.mark.slow
def test_permissions_above_the_state_directory_stay_as_they_were(state_dir: Path) -> None:
    with engines(state_dir, throwaway=False):
        assert state_dir.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.slow
def test_an_engine_that_cannot_start_says_why(state_dir: Path) -> None:
    with engines(state_dir, throwaway=False):
        pass
    with kept_home(state_dir) as home:
        (version,) = (home.path / "postgres").glob("data-*/PG_VERSION")
        version.write_text("9.1\n")
    with pytest.raises(EnginesError, match="9\\.1"), engines(state_dir, throwaway=False):
        pass


def test_servers_that_are_given_are_used_and_left_alone(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://db.example/relight")
    monkeypatch.setenv("REDIS_URL", "redis://queue.example/0")
    with engines(state_dir, throwaway=False) as pair:
        assert pair.database_url == "postgresql+asyncpg://db.example/relight"
        assert pair.redis_url == "redis://queue.example/0"
        with pytest.raises(EnginesError):
            pair.postgres.kill()
    assert not state_dir.exists()


@pytest.mark.slow
async def test_the_one_server_that_is_not_given_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://queue.example/0")
    with engines(throwaway=True) as pair:
        assert pair.redis_url == "redis://queue.example/0"
        assert await ask(pair.database_url, "select 1") == [1]


async def home_of(database_url: str) -> Path:
    """The directory below which a run keeps everything of its engines."""
    (data,) = await ask(database_url, "show data_directory")
    return Path(str(data)).parents[1]
