"""What leaves the house: live, trial or test; and the numbers that play a part (SPEC M-17)."""

import re
from http import HTTPStatus
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from app.domain.rules import SendingRules
from app.domain.sending import SCRIPTED, SendMode
from app.services import rulebook, sending
from app.web.console.pages import Desk, console_page
from app.web.forms import fields
from app.web.pages import see_other
from app.web.state import deps

PATH = "/console/carriers/sending"
_ADDRESS = re.compile(r"\+[1-9]\d{6,14}|[^@\s]{1,64}@[^@\s]{1,180}\.[^@\s.]+")
_MOST_LISTED, _DIGITS = 200, 5


class Wrong(ValueError):
    """What was typed cannot hold. `what`: the line that is meant."""

    def __init__(self, code: str, what: str = "") -> None:
        super().__init__(code)
        self.code, self.what = code, what


async def show_sending(request: Request, desk: Desk) -> Response:
    """GET /console/carriers/sending."""
    async with deps(request).begin() as db:
        held = await rulebook.rules(db, SendingRules)
    return await _page(request, desk, _as_typed(held))


def _as_typed(held: SendingRules) -> dict[str, str]:
    return {"mode": held.mode, "listed": "\n".join(held.listed), "trial_a_day": str(held.trial_a_day)}


async def _page(request: Request, desk: Desk, typed: dict[str, str], wrong: Wrong | None = None) -> Response:
    known = deps(request)
    async with known.begin() as db:
        left = await sending.sent_today(db, ZoneInfo(known.settings.timezone), known.now())
    context = {"held": typed, "modes": tuple(SendMode), "scripted": SCRIPTED.items(), "left": left, "wrong": wrong}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "carriers/sending.html", context, desk=desk, status=status)


async def change_sending(request: Request, desk: Desk) -> Response:
    """POST: let another mode hold from now on; what held before is in the audit log."""
    known, form = deps(request), await fields(request)
    typed = {name: form.get(name, "") for name in ("mode", "listed", "trial_a_day")}
    try:
        new = _read(typed)
    except Wrong as wrong:
        return await _page(request, desk, typed, wrong)
    async with known.begin() as db:
        await rulebook.save(db, new, desk.officer.id, known.now())
    return see_other(PATH)


def _read(typed: dict[str, str]) -> SendingRules:
    listed = tuple(dict.fromkeys(line.strip() for line in typed["listed"].splitlines() if line.strip()))
    if (strange := next((line for line in listed if not _ADDRESS.fullmatch(line)), None)) is not None:
        raise Wrong("trial_line", strange[:80])
    if len(listed) > _MOST_LISTED:
        raise Wrong("trial_lines")
    number = typed["trial_a_day"].strip()
    if typed["mode"] not in tuple(SendMode) or not (number.isascii() and number.isdecimal() and len(number) <= _DIGITS):
        raise Wrong("trial_a_day")
    try:
        return SendingRules(SendMode(typed["mode"]), listed, int(number))
    except ValueError:
        raise Wrong("trial_a_day") from None
