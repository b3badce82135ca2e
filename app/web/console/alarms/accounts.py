"""The levels of one account in the console."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.alarm import AlertUnit
from app.services.levels import accounts, policies
from app.services.levels.accounts import AccountLevels, AccountWish
from app.services.levels.policies import PolicyError
from app.web.console.alarms.policies import PATH
from app.web.console.alarms.typed import Typed, read_own
from app.web.console.pages import Desk, console_page
from app.web.forms import fields, query, ref_in_path
from app.web.pages import format_for, see_other
from app.web.state import deps


async def find_account(request: Request, desk: Desk) -> Response:
    """GET /console/alarms/accounts?number=...: to the account with that number, or back where there is none."""
    number = query(request, "number").strip().replace(" ", "")
    if not (number.isascii() and number.isdecimal() and len(number) <= 12):
        return see_other(f"{PATH}?missing=1")
    async with deps(request).begin() as db:
        found = await accounts.view(db, number)
    return see_other(f"{PATH}/accounts/{number}" if found else f"{PATH}?missing=1")


async def show_account(request: Request, desk: Desk) -> Response:
    """GET /console/alarms/accounts/{number}."""
    account = await _account(request)
    fmt = format_for(request, deps(request).settings)
    typed: dict[str, str] = {"policy": str(account.policy_id or "usual")}
    for depth, own in account.own.items():
        typed[f"how_{depth}"] = "own" if own.on else "off"
        typed[f"unit_{depth}"] = own.unit
        typed[f"value_{depth}"] = fmt.plain(own.value) if own.unit is AlertUnit.MONEY else str(own.value)
    return await _form(request, desk, account, typed, {})


async def save_account(request: Request, desk: Desk) -> Response:
    """POST /console/alarms/accounts/{number}: its policy, and figures of its own."""
    known, account, typed = deps(request), await _account(request), Typed(await fields(request))
    wish = AccountWish(typed.chosen("policy"), read_own(typed, account.policy))
    if not typed.faults:
        try:
            async with known.begin() as db:
                await accounts.save(db, account.id, wish, desk.officer.id, known.now())
            await known.bell.ring_quietly()
            return see_other(f"{PATH}/accounts/{account.number}")
        except PolicyError as error:
            typed.faults["" if error.depth is None else f"value_{error.depth}"] = error.code
    return await _form(request, desk, account, typed.form, typed.faults)


async def _account(request: Request) -> AccountLevels:
    async with deps(request).begin() as db:
        found = await accounts.view(db, ref_in_path(request, "number"))
    if found is None:
        raise HTTPException(404)
    return found


async def _form(
    request: Request, desk: Desk, account: AccountLevels, typed: Mapping[str, str], faults: Mapping[str, str]
) -> Response:
    async with deps(request).begin() as db:
        known = await policies.listed(db)
    context = {"account": account, "policies": known, "given": typed, "faults": faults, "units": tuple(AlertUnit)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    return console_page(request, "alarms/account.html", context, desk=desk, status=status)
