"""The control page as a program of its own, on loopback: whoever can open it may break things on purpose."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.context import Deps
from app.demo.seed import REGION, SECOND_LOGIN, STAFF_LOGIN, STAFF_PASSWORD
from app.demo.stage import bank, meters, outages, phones
from app.demo.stage.sights import walks
from app.demo.stage.wire import Wire
from app.demo.stage.words import say
from app.demo.town import Town
from app.demo.world import post_names
from app.i18n import translations
from app.settings import Settings
from app.web.forms import fields
from app.web.pages import page, see_other
from app.web.routes import asset_route, exception_handlers, web_middleware
from app.web.state import deps, reader

HOME, LOOK = "/", "/look"


@dataclass(frozen=True, slots=True)
class Stage:
    """What the page switches: the town's meters behind the simulators' control ports, carriers, the bank, outages.

    `backhaul`: what the terminal reaches the platform by, where that leads through us.
    """

    town: Town
    controls: tuple[int, ...]
    conduct: Path
    backhaul: Wire | None = None

    @property
    def box(self) -> str:
        """The concentrator that the terminal stands beside."""
        return f"{REGION}-1"

    def cast(self) -> list[tuple[str, str, int]]:
        """Number, part and control port of every household with a part to play."""
        return [
            (self.town.number_at(place), story.note, self.controls[self.town.post_of(place)])
            for place, story in enumerate(self.town.everybody)
            if story.note
        ]

    def control_of(self, number: str) -> int:
        """The control port of a meter with a part. HTTPException 400 for another."""
        for each, _, control in self.cast():
            if each == number:
                return control
        raise HTTPException(400)


def stage_of(request: Request) -> Stage:
    """What this process switches."""
    found = request.app.state.stage
    if not isinstance(found, Stage):
        raise TypeError("app.state.stage is not set")
    return found


async def show(request: Request) -> Response:
    """GET /: what is switched how."""
    stage, known = stage_of(request), deps(request)
    conduct = phones.read(stage.conduct)
    async with known.begin() as db:
        numbers, areas = await phones.numbers(db), await outages.areas(db, known)
    context: dict[str, object] = {
        "players": [await meters.look(*each) for each in stage.cast()],
        "scripts": meters.SCRIPTS,
        "phones": [(number, name, conduct.get(number, "arrives")) for number, name in numbers],
        "everybody": conduct.get(phones.EVERYBODY, "arrives"),
        "conducts": phones.CONDUCTS,
        "bank": await bank.look(known.settings),
        "areas": areas,
        "line": await meters.look_at_line(stage.controls[0], stage.box),
        "line_faults": meters.LINE_FAULTS,
        "backhaul": stage.backhaul,
        "portal": known.settings.public_url,
        "word": partial(say, translations(reader(request)).gettext),
        "missed": request.query_params.get("missed", ""),
    }
    return page(request, "demo/stage.html", context)


async def look(request: Request) -> Response:
    """GET /look: what there is to see, and where."""
    stage, known = stage_of(request), deps(request)
    async with known.begin() as db:
        found = await walks(db, stage.town)
    context: dict[str, object] = {
        "walks": found,
        "cast": [(number, note) for number, note, _ in stage.cast()],
        "portal": known.settings.public_url,
        "login": STAFF_LOGIN,
        "second": SECOND_LOGIN,
        "password": STAFF_PASSWORD,
    }
    return page(request, "demo/look.html", context)


async def switch(request: Request) -> Response:
    """POST /: switch one thing, and show how it is now."""
    form = await fields(request)
    done = await _switch(request, form)
    return see_other(HOME if done else f"{HOME}?missed=1")


async def _switch(request: Request, form: Mapping[str, str]) -> bool:
    stage, known, number = stage_of(request), deps(request), form.get("number", "")
    match form.get("act", ""):
        case "script" if form.get("script") in meters.SCRIPTS:
            return await meters.play(stage.control_of(number), number, form["script"])
        case "darken":
            return await meters.darken(stage.control_of(number), number)
        case "press":
            return await meters.press(stage.control_of(number), number)
        case "cut":
            return await meters.cut_links(zip(stage.controls, post_names(stage.town), strict=True))
        case "line" if form.get("line") in meters.LINE_FAULTS:
            return await meters.disturb_line(stage.controls[0], stage.box, form["line"])
        case "backhaul" if stage.backhaul is not None:
            stage.backhaul.turn(whole=form.get("on") == "1")
            return True
        case "phone" if form.get("conduct") in phones.CONDUCTS:
            phones.switch(stage.conduct, form.get("who", phones.EVERYBODY), form["conduct"])
            return True
        case "bank":
            return await bank.switch(known.settings, form)
        case "outage":
            return await outages.switch(known, form)
    raise HTTPException(400)


def make_stage(settings: Settings, stage: Stage, known: Deps) -> Starlette:
    """Build the page over open parts."""
    app = Starlette(
        routes=[
            Route(HOME, show, methods=["GET"]),
            Route(HOME, switch, methods=["POST"]),
            Route(LOOK, look, methods=["GET"]),
            asset_route(),
        ],
        middleware=web_middleware(settings),
        exception_handlers=exception_handlers(),
    )
    app.state.deps, app.state.stage = known, stage
    return app
