"""Every address of the console: who may, who may not, and that strangers come no further than the door."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.domain.roles import GRANTS, Permission, Role
from app.services import staff
from app.services.staff import NewStaff
from app.web.console.door import NEEDS
from app.web.console.nav import GROUPS
from app.web.console.routes import console_routes
from tests.app.web.conftest import Browser
from tests.app.web.console.conftest import PASSWORD, open_browser, sign_in
from tests.desk import Desk

NOBODY = UUID(int=0)
AT_THE_DOOR = {"/console", "/console/sign-in", "/console/sign-out", "/console/second-step", "/console/join/{word}"}
_FORBIDDEN = "Not yours to do"


def _routes() -> Iterator[tuple[str, str, Permission]]:
    """Method, address and permission of everything behind the door."""
    for route in console_routes():
        assert isinstance(route, Route)
        if route.path in AT_THE_DOOR:
            continue
        (method,) = {"GET", "POST"} & (route.methods or set())
        yield method, _filled(route), NEEDS[route.endpoint]


def _filled(route: Route) -> str:
    """The address with something in each of its gaps that leads nowhere."""
    path = route.path
    for name, convertor in route.param_convertors.items():
        kind = type(convertor).__name__.removesuffix("Convertor").lower()
        word = {"uuid": str(NOBODY), "integer": "0"}.get(kind, "nothing")
        path = path.replace(f"{{{name}:uuid}}", word).replace(f"{{{name}:int}}", word).replace(f"{{{name}}}", word)
    return path


BEHIND = list(_routes())


def test_every_address_is_behind_the_door_or_known_to_be_at_it() -> None:
    open_ones = {r.path for r in console_routes() if isinstance(r, Route) and r.endpoint not in NEEDS}
    assert open_ones == AT_THE_DOOR
    assert len(BEHIND) > 40


def test_the_head_leads_nobody_to_a_page_that_is_not_theirs() -> None:
    needs = {path: permission for method, path, permission in BEHIND if method == "GET"}
    for entry in (entry for group in GROUPS for entry in group.entries):
        assert needs[entry.path] == entry.needs, entry.path


async def test_a_stranger_comes_no_further_than_the_door(guest: Browser) -> None:
    page = await guest.open("/console/sign-in")
    for method, path, _ in BEHIND:
        answer = await (guest.client.get(path) if method == "GET" else guest.send(path, page))
        assert (answer.status_code, answer.headers["location"][:16]) == (303, "/console/sign-in"), path


async def test_no_form_is_taken_without_its_token(officer: Browser) -> None:
    for method, path, _ in BEHIND:
        if method == "POST":
            answer = await officer.client.post(path)
            assert (answer.status_code, _FORBIDDEN in answer.text) == (403, False), path


def _first_that_opens(needs: Permission) -> Role:
    return next(role for role in Role if needs in GRANTS[role])


@pytest.mark.parametrize("role", Role)
async def test_a_role_opens_what_it_grants_and_nothing_else(console: Starlette, desk: Desk, role: Role) -> None:
    async with desk.begin() as db:
        await staff.create(db, NewStaff("wei", "Wei", frozenset({role})), PASSWORD, desk.clock())
    async with open_browser(console) as client:
        browser = Browser(client)
        await sign_in(browser, login="wei")
        token = await browser.open("/console/me")
        for method, path, needs in BEHIND:
            granted = needs in GRANTS[role]
            if granted and (role is not _first_that_opens(needs) or path == "/console/me/sessions"):
                continue  # what is open is looked at once; and that form would end the session that walks here
            answer = await (client.get(path) if method == "GET" else browser.send(path, token))
            refused = answer.status_code == 403 and _FORBIDDEN in answer.text
            assert refused is not granted, f"{method} {path}"
            assert answer.status_code < 500, f"{method} {path}"
