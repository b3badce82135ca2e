"""Takes pictures of every portal page on a phone, in both languages, light and dark, to be looked at.

`python -m tests.browser.pictures FOLDER [part of a name]` starts engines of its own and leaves pictures only.
"""

import asyncio
import sys
from pathlib import Path

from playwright.async_api import Browser
from starlette.applications import Starlette

from app import engines, migrate
from app.context import Deps
from app.db import begin_factory, make_engine
from app.web.routes import exception_handlers, portal_routes, web_middleware
from tests import build, databases
from tests.app.web.world import Counter, make_deps, worker
from tests.browser.chromium import Phone, chromium, held
from tests.browser.scenes import Scene, Stage, scenes
from tests.clocks import Clock
from tests.fakes import Bench
from tests.serving import served

PHONES = {
    f"{language[:2]}-{'dark' if dark else 'light'}": Phone(language, dark=dark)
    for language in ("zh-CN", "en-GB")
    for dark in (False, True)
}


async def take(folder: Path, wanted: str, url: str) -> None:
    """Set the scenes, serve them, and take each with each phone."""
    engine = make_engine(url)
    bench, clock = Bench(), Clock()
    deps = make_deps(begin_factory(engine), clock, bench, Counter())
    async with deps.begin() as db:
        utility = await build.utility(db, clock())
    stage = Stage(deps, clock, bench, worker(deps), utility)
    found = [scene for scene in await scenes(stage) if wanted in scene.name]
    async with served(_portal(deps)) as address, chromium() as browser:
        for name, phone in PHONES.items():
            await _take_all(browser, found, phone, (address, folder / name))
    await engine.dispose()


def _portal(deps: Deps) -> Starlette:
    middleware = web_middleware(deps.settings)
    app = Starlette(routes=portal_routes(), middleware=middleware, exception_handlers=exception_handlers())
    app.state.deps = deps
    return app


async def _take_all(browser: Browser, found: list[Scene], phone: Phone, where: tuple[str, Path]) -> None:
    address, folder = where
    folder.mkdir(parents=True, exist_ok=True)
    async with held(browser, phone, address) as context:
        page = await context.new_page()
        for scene in found:
            await page.goto(scene.path)
            await page.screenshot(path=folder / f"{scene.name}.png", full_page=True)


def main() -> None:
    """Take the pictures."""
    folder = Path(sys.argv[1])
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    with engines.engines(throwaway=True) as pair, databases.database(pair.database_url) as url:
        migrate.upgrade(url)
        asyncio.run(take(folder, wanted, url))


if __name__ == "__main__":
    main()
