"""`relight demo`: seed, start everything, print where to look, stop cleanly."""

import asyncio
import contextlib
import signal
import sys
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx2

from app.assembly import open_deps
from app.demo.outposts import Whereabouts, point_at_outposts
from app.demo.seed import SECOND_LOGIN, STAFF_LOGIN, STAFF_PASSWORD, seed
from app.demo.site import Site, open_site
from app.demo.stories import demo_town
from app.demo.supervisor import Supervisor
from app.demo.terminal import code_for_terminal
from app.demo.town import Town
from app.engines import Engines, EnginesError
from app.settings import Settings, settings

_LOOK_S = 0.3
_ENGINES_S = 2.0
_PHONE = "139 0000 0000"
PAYER_CODES = (
    ("990000000000000001", "paid at once"),
    ("990100000000000001", "the payer has to confirm, and does after 10 s"),
    ("990200000000000001", "the payer never confirms; it is taken back"),
    ("990300000000000001", "refused"),
    ("990400000000000001", "paid, and the answer is lost"),
)


async def seed_database(to: Settings, town: Town) -> bool:
    """Put a utility into the database unless there is one."""
    async with open_deps(to, "seed") as deps, deps.begin() as db:
        return await seed(db, deps.now(), ZoneInfo(to.timezone), town)


async def prepare(site: Site) -> bool:
    """Put a utility into a site's database unless there is one, and say where its outposts are this time."""
    fresh = await seed_database(site.settings, site.town)
    async with open_deps(site.settings, "seed") as deps, deps.begin() as db:
        await point_at_outposts(db, Whereabouts(site.town, site.lines, site.secrets))
    return fresh


def run_demo() -> int:
    """Run until Ctrl-C; the next start finds everything as it was."""
    print("Starting a private PostgreSQL and Valkey (the first start takes a few seconds) ...", flush=True)
    with open_site(
        Path(settings().state_dir).resolve(), replace(demo_town(), read_today=False), throwaway=False
    ) as site:
        print(
            "Filling the books of a small utility ..."
            if asyncio.run(prepare(site))
            else "The utility is as it was left."
        )
        code = asyncio.run(code_for_terminal(site))
        print(welcome(site), flush=True)
        asyncio.run(_run(site, code))
    print("Stopped. `make demo` goes on where this ended.")
    return 0


async def _run(site: Site, code: str) -> None:
    supervisor = Supervisor([*site.programs(), *site.beside(code)], lambda line: print(line, flush=True))
    running = asyncio.ensure_future(supervisor.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, running.cancel)
    aside = [_say_when_ready(site.settings.public_url, look_at(site)), keep_engines(site.engines)]
    tasks = [asyncio.ensure_future(each) for each in aside]
    with contextlib.suppress(asyncio.CancelledError):
        await running
    for task in tasks:
        task.cancel()


async def keep_engines(pair: Engines) -> None:
    """Start PostgreSQL and Valkey again when they are gone: somebody may kill them to see what happens."""
    while True:
        for engine in (pair.postgres, pair.valkey):
            try:
                await asyncio.to_thread(engine.start)  # nothing happens to one that answers
            except EnginesError as error:
                print(f"An engine does not come back: {error}", flush=True)
        await asyncio.sleep(_ENGINES_S)


async def _say_when_ready(url: str, look: str) -> None:
    async with httpx2.AsyncClient() as client:
        while True:
            with contextlib.suppress(httpx2.HTTPError):
                await client.get(url)
                print(f"\n  Ready. What there is to see: {look}\n", flush=True)
                return
            await asyncio.sleep(_LOOK_S)


def _how_to_try(site: Site) -> list[str]:
    """What a newcomer can do without any hardware, line by line."""
    return [
        f"Sign in as a resident with any mobile number, or with one of the town's ({_PHONE}): the code that is sent",
        "stands on the phone page. At the terminal, paste (Ctrl+V) what a scanner would read: a meter number, a",
        "20-digit token, or a payer's code of the rehearsal bank, which is good at the cash desk of the console too:",
        *(f"  {code}  {end}" for code, end in PAYER_CODES),
        "The rehearsal page spoils meters, the bank, messages and the terminal's own line, and puts them right again.",
    ]


def look_at(site: Site) -> str:
    """Where it is said what there is to see."""
    return f"http://127.0.0.1:{site.stage_port}/look"


def welcome(site: Site) -> str:
    """What a newcomer needs: addresses, a sign-in, and who plays which part."""
    url = site.settings.public_url
    bold, plain = ("\x1b[1m", "\x1b[0m") if sys.stdout.isatty() else ("", "")
    lines = [
        "",
        f"{bold}Relight is starting{plain}",
        f"  look here   {look_at(site)}   (what there is to see, and where; 中文, English)",
        f"  residents   {url}/",
        f"  staff       {url}/console   (sign in as {STAFF_LOGIN} / {STAFF_PASSWORD})",
        f"              (a second person, for what one may not decide alone: {SECOND_LOGIN}, the same password)",
        f"  the phone   {url}/demo/phone   (what was sent by SMS and e-mail; it answers, too)",
        f"  rehearsal   http://127.0.0.1:{site.stage_port}/   (what goes wrong, switched on and off)",
        f"  terminal    http://127.0.0.1:{site.kiosk_port}/   (at the first metering box; works with the network cut)",
        f"  public      {url}/performance",
        "",
        *_how_to_try(site),
        "",
        "Meters with a part to play; look one up, pay, and watch:",
    ]
    for place, story in enumerate(site.town.everybody):
        if story.note:
            lines.append(f"  {site.town.number_at(place):<12}  {story.note}")
    return "\n".join([*lines, "", "Ctrl-C stops everything.", ""])
