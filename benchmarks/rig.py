"""A whole installation to be measured: throw-away engines, the programs as processes, and meters in the dark."""

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlmodel import select

from app.context import Deps
from app.demo.run import seed_database
from app.demo.site import FRONT_END, Site, open_site
from app.demo.supervisor import Program
from app.demo.town import Story, Town
from app.models import Concentrator

_MEASURED = ("web", FRONT_END, "office", "notifier")
_READY_S = 120.0
_STOP_S = 10.0
_LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class Rig:
    """A running installation. `log`: what its programs say. `processes`: the engines and programs by name."""

    site: Site
    log: Path
    processes: dict[str, psutil.Process]


def dark_town(concentrators: int, meters_each: int, delay_ms: int = 0) -> Town:
    """A town of ESAM meters that are all in overdraft with an open relay, without a past."""
    dark = Story(name="测试", address="灯市街", note="", balance_minor=-250, daily_use_minor=300, relay_open=True)
    return Town((dark,) * (concentrators * meters_each), meters_each, days=1, delay_ms=delay_ms)


@contextmanager
def open_rig(town: Town) -> Iterator[Rig]:
    """Start everything but the bank, whose part the load generator plays; all meters live in one process."""
    for name in ("DATABASE_URL", "REDIS_URL"):  # given servers are not ours to fill, nor to compare
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory(prefix="relight-bench-") as folder:
        state = Path(folder)
        with open_site(state, town, throwaway=True) as site, (state / "programs.log").open("wb") as log:
            asyncio.run(seed_database(site.settings, site.town))
            meters = Program("meters", ("simulate", "--world", str(site.world)))
            programs = [program for program in site.programs() if program.name in _MEASURED]
            with contextlib.ExitStack() as stack:
                started = {each.name: stack.enter_context(_running(each, log.fileno())) for each in (*programs, meters)}
                yield Rig(site, state / "programs.log", started | engines_of_ours())


@contextmanager
def _running(program: Program, log: int) -> Iterator[psutil.Process]:
    with running(("app", *program.arguments), dict(program.environment), log) as process:
        yield process


@contextmanager
def running(module_and_arguments: tuple[str, ...], environment: dict[str, str], log: int) -> Iterator[psutil.Process]:
    """Run `python -m` with these words in a process of its own, for the length of the block."""
    child = subprocess.Popen(
        [sys.executable, "-m", *module_and_arguments],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
    )
    try:
        yield psutil.Process(child.pid)
    finally:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_STOP_S)
        child.kill()
        child.wait()


def engines_of_ours() -> dict[str, psutil.Process]:
    """The two engines among our children, by the name of their program."""
    mine = {process.name(): process for process in psutil.Process().children()}
    return {name: mine[program] for name, program in (("postgres", "postgres"), ("valkey", "valkey-server"))}


async def until_ready(rig: Rig, deps: Deps) -> None:
    """Return when the web answers and every concentrator has logged in; TimeoutError with the log's end if not."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_READY_S):
            await until_listening(rig.site.settings.host, rig.site.settings.port)
            while not await _all_linked(deps):  # noqa: ASYNC110  (the fact is in the database)
                await asyncio.sleep(_LOOK_S)
            return
    last = rig.log.read_text(errors="replace").splitlines()[-20:]
    raise TimeoutError("\n".join([f"not everything came up within {_READY_S:.0f} s", *last]))


async def until_listening(host: str, port: int) -> None:
    """Return when somebody takes connections there."""
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
            return
        await asyncio.sleep(_LOOK_S)


async def _all_linked(deps: Deps) -> bool:
    async with deps.begin() as db:
        return all((await db.exec(select(Concentrator.front_end))).all())
