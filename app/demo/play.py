"""`relight demo --once`: plays the story without a screen on free ports and proves every step by read-back."""

import asyncio
import contextlib
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import httpx2
from sqlmodel import select

from app.assembly import open_deps
from app.context import Deps
from app.demo.proof import Story, faults_of, story_of
from app.demo.run import prepare
from app.demo.site import Site, open_site
from app.demo.stories import GATEWAY, HEAD_END, demo_town
from app.demo.supervisor import Supervisor
from app.demo.town import Part
from app.demo.visitor import Page, Visitor
from app.models import Concentrator

_READY_S = 60.0
_STORY_S = 120.0
_LOOK_S = 0.25


@dataclass(frozen=True, slots=True)
class Scene:
    """Somebody pays `amount` whole units for the meter of a household of the demo."""

    place: int
    amount: int

    @property
    def note(self) -> str:
        return _TOWN.everybody[self.place].note

    @property
    def number(self) -> str:
        return _TOWN.number_at(self.place)


_TOWN = demo_town()
SCENES = (
    Scene(0, 50),  # ESAM
    Scene(9, 60),  # STS
    Scene(2, 40),  # ESAM, deaf
    Scene(_TOWN.with_part(Part.LEDGER)[0], 30),  # the ledger holds its money
    Scene(_TOWN.first_of(GATEWAY), 45),  # behind a gateway
    Scene(_TOWN.first_of(HEAD_END), 55),  # behind an existing head end
)


class NotProved(Exception):
    """The story did not come to its end in time."""


def play_once() -> int:
    """Play all scenes at once; print each timeline; 0 only if each step of each was proved."""
    with tempfile.TemporaryDirectory(prefix="relight-") as folder:
        print("Starting engines, web, bank, front-end, office, notifier and the meters ...", flush=True)
        with open_site(Path(folder), _TOWN, throwaway=True) as site:
            asyncio.run(prepare(site))
            return asyncio.run(_play(site, Path(folder) / "programs.log"))


async def _play(site: Site, log: Path) -> int:
    with log.open("w", encoding="utf-8") as file:
        supervisor = asyncio.ensure_future(
            Supervisor(site.programs(), lambda line: print(line, file=file, flush=True)).run()
        )
        try:
            async with open_deps(site.settings, "play") as deps:
                await _until_ready(site, deps)
                print(f"Everything is up. {len(SCENES)} residents look their meters up and pay.\n", flush=True)
                proved = await asyncio.gather(*(_scene(site, deps, scene) for scene in SCENES))
        except NotProved as error:
            print(f"{error}\nWhat the programs said last:\n{_tail(log)}", file=sys.stderr)
            return 1
        finally:
            supervisor.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await supervisor
    print("Every step was proved by read-back." if all(proved) else "NOT every step was proved; see above.")
    return 0 if all(proved) else 1


async def _until_ready(site: Site, deps: Deps) -> None:
    """Wait until the web answers and every concentrator has logged in."""
    async with httpx2.AsyncClient() as client:
        for _ in range(int(_READY_S / _LOOK_S)):
            with contextlib.suppress(httpx2.HTTPError):
                await client.get(site.settings.public_url)
                await client.get(site.settings.sandbox_url)
                if await _all_linked(deps):
                    return
            await asyncio.sleep(_LOOK_S)
    raise NotProved(f"not everything came up within {_READY_S:.0f} s")


async def _all_linked(deps: Deps) -> bool:
    async with deps.begin() as db:
        return all((await db.exec(select(Concentrator.front_end))).all())


async def _scene(site: Site, deps: Deps, scene: Scene) -> bool:
    ref = await pay(site.settings.public_url, scene.number, scene.amount)
    story = await _until_finished(deps, ref, scene)
    control = site.controls[site.town.post_of(scene.place)]
    async with deps.begin() as db:
        faults = await faults_of(db, story, control)
    print(_told(scene, story, faults), flush=True)
    return not faults


async def pay(base_url: str, number: str, amount: int, act: str = "pay") -> str:
    """Look a meter up, ask to pay, and press a button at the bank; return the payment's reference."""
    async with Visitor(base_url) as visitor:
        bank = await ask_to_pay(visitor, number, amount)
        await visitor.send(bank, bank.form("/pay/", ("act", act)), act=act)
    return ref_of(bank)


async def ask_to_pay(visitor: Visitor, number: str, amount: int) -> Page:
    """Go as far as the bank's page."""
    page = await visitor.open(f"/m/{number}/pay")
    return await visitor.send(page, page.form("/pay"), amount=str(amount))


def ref_of(bank: Page) -> str:
    """The payment that a bank's page is about."""
    return bank.url.partition("?")[0].rsplit("/", 1)[-1]


async def _until_finished(deps: Deps, ref: str, scene: Scene) -> Story:
    for _ in range(int(_STORY_S / _LOOK_S)):
        story = await _story(deps, ref)
        if story.finished:
            return story
        await asyncio.sleep(_LOOK_S)
    story = await _story(deps, ref)
    state = story.purchase.state if story.purchase else "not opened"
    raise NotProved(
        f"meter {scene.number}: not lit after {_STORY_S:.0f} s (payment {story.payment.state}, purchase {state})"
    )


async def _story(deps: Deps, ref: str) -> Story:
    async with deps.begin() as db:
        return await story_of(db, ref)


def _told(scene: Scene, story: Story, faults: list[str]) -> str:
    start = story.payment.created_at
    lines = [f"Meter {scene.number}: {scene.note}"]
    lines += [f"  {(fact.at - start).total_seconds():7.3f} s  {fact.words}" for fact in story.facts]
    lines += [f"  NOT PROVED: {fault}" for fault in faults] or [
        "  proved: credited once, read back, relay closed, told, receipted"
    ]
    return "\n".join(lines) + "\n"


def _tail(log: Path, lines: int = 40) -> str:
    return "\n".join(log.read_text(encoding="utf-8").splitlines()[-lines:])
