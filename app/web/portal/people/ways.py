"""Over which ways I am told: each on or off, its language, its quiet hours, what it stands in for (SPEC R-7, N-3)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import time
from http import HTTPStatus
from uuid import UUID, uuid4

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.proving import hook_secret
from app.domain.standing import Deed, Sight, may_do, may_see
from app.i18n import DEFAULT, locale_or_none
from app.models import AddressProof
from app.models.account import ChannelName
from app.services import mail_proofs, media, ways
from app.services.kept_meters import Mine
from app.services.residents import Me
from app.services.ways import Habit, WayError
from app.web.forms import fields
from app.web.pages import page, see_other
from app.web.portal.people.mine import for_mine, must_hold
from app.web.portal.wechat_in import known_openid, way_in
from app.web.resident import MINE, must_sign_in
from app.web.state import deps, reader


@dataclass(frozen=True, slots=True)
class _Said:
    """What the page answers: a trouble's code beside the form `at` with what was `typed`, or what was done."""

    at: str = ""
    code: str = ""
    typed: str = ""
    asked: bool = False
    secret: str = ""


_NOTHING = _Said()


@must_sign_in
@for_mine
async def show_ways(request: Request, me: Me, mine: Mine) -> Response:
    """GET /my/{number}/ways: the ways there are, and what can be added; family looks, holders change."""
    if not may_see(mine.standing, Sight.SETTINGS):
        raise HTTPException(404)
    return await _show(request, me, mine)


async def _show(request: Request, me: Me, mine: Mine, said: _Said = _NOTHING) -> Response:
    known = deps(request)
    offered, place = media.offered(known.settings), f"{MINE}/{mine.number}/ways"
    async with known.begin() as db:
        context: dict[str, object] = {
            "mine": mine,
            "holds": may_do(mine.standing, Deed.SETTINGS),
            "ways": await ways.ways(db, mine.meter_id),
            "numbers": await ways.callable_numbers(db, mine.meter_id, me.id),
        }
    context |= {
        "offered": {medium.value for medium in offered},
        "openid": await known_openid(request) if ChannelName.WECHAT in offered else "",
        "wechat_in": await way_in(request, place),
        "template": known.settings.wechat_template.partition(" ")[0],
        "hours": range(24),
        "said": said,
    }
    return page(request, "portal/ways.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY if said.code else 200)


@must_sign_in
@for_mine
async def change_way(request: Request, me: Me, mine: Mine) -> Response:
    """POST /my/{number}/ways/{id}: one way on or off, its language, quiet hours, and what it stands in for."""
    must_hold(mine, Deed.SETTINGS)
    known, contact_id = deps(request), request.path_params["id"]
    habit = _habit(await fields(request))
    try:
        async with known.begin() as db:
            found = await ways.change(db, mine.meter_id, contact_id, habit, known.now())
    except WayError as error:
        return await _show(request, me, mine, _Said(str(contact_id), error.code))
    if not found:
        raise HTTPException(404)
    return see_other(f"{MINE}/{mine.number}/ways#way-{contact_id}")


def _habit(form: Mapping[str, str]) -> Habit:
    return Habit(
        on=form.get("on") == "1",
        locale=locale_or_none(form.get("locale")) or DEFAULT,
        quiet_from=_hour(form.get("quiet_from", "")),
        quiet_to=_hour(form.get("quiet_to", "")),
        stands_in_for=_uuid(form.get("stands_in_for", "")),
        results=form.get("results") == "1",
    )


def _hour(typed: str) -> time | None:
    plain = typed.strip()
    return time(int(plain)) if plain.isascii() and plain.isdecimal() and len(plain) <= 2 and int(plain) < 24 else None


def _uuid(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None


@must_sign_in
@for_mine
async def add_mail(request: Request, me: Me, mine: Mine) -> Response:
    """POST /my/{number}/ways/mail: write to an address for its owner's consent."""

    async def add(db: AsyncSession, typed: str) -> _Said:
        proof = AddressProof(
            id=uuid4(), meter_id=mine.meter_id, resident_id=me.id, address=typed, locale=reader(request).value
        )
        await mail_proofs.ask_mail(db, proof, deps(request).now())
        return _Said("mail", asked=True)

    return await _add(request, me, mine, _Form("mail", "address", add))


@must_sign_in
@for_mine
async def add_call(request: Request, me: Me, mine: Mine) -> Response:
    """POST /my/{number}/ways/call: have one of the known numbers called."""

    async def add(db: AsyncSession, typed: str) -> _Said:
        await ways.add_call(db, mine.meter_id, me.id, typed, reader(request).value)
        return _NOTHING

    return await _add(request, me, mine, _Form("call", "key", add))


@must_sign_in
@for_mine
async def add_wechat(request: Request, me: Me, mine: Mine) -> Response:
    """POST /my/{number}/ways/wechat: tell me in WeChat, as whom I have come."""

    async def add(db: AsyncSession, typed: str) -> _Said:
        await ways.add_wechat(db, mine.meter_id, me.id, reader(request).value)
        return _NOTHING

    return await _add(request, me, mine, _Form("wechat", "", add))


@must_sign_in
async def consent(request: Request, me: Me) -> Response:
    """POST /my/wechat-consent: the button of WeChat's own was pressed; one more notice may come."""
    known = deps(request)
    async with known.begin() as db:
        await ways.consented(db, me.id, known.now())
    return Response(status_code=HTTPStatus.NO_CONTENT)


@must_sign_in
@for_mine
async def add_hook(request: Request, me: Me, mine: Mine) -> Response:
    """POST /my/{number}/ways/hook: tell a program; the answer shows its secret, this once."""
    known = deps(request)

    async def add(db: AsyncSession, typed: str) -> _Said:
        locale, private = reader(request).value, known.settings.webhook_private
        contact_id = await ways.add_hook(db, mine.meter_id, typed, locale, private=private)
        return _Said("hook", secret=hook_secret(known.settings.session_secret.get_secret_value(), contact_id))

    return await _add(request, me, mine, _Form("hook", "url", add))


@dataclass(frozen=True, slots=True)
class _Form:
    """A form of the page: its name, its one field, and what it does."""

    name: str
    field: str
    add: Callable[[AsyncSession, str], Awaitable[_Said]]


async def _add(request: Request, me: Me, mine: Mine, form: _Form) -> Response:
    must_hold(mine, Deed.SETTINGS)
    known, typed = deps(request), (await fields(request)).get(form.field, "")
    try:
        async with known.begin() as db:
            said = await form.add(db, typed)
    except WayError as error:
        return await _show(request, me, mine, _Said(form.name, error.code, typed))
    await known.bell.ring_quietly()
    if said is _NOTHING:
        return see_other(f"{MINE}/{mine.number}/ways")
    answer = await _show(request, me, mine, replace(said, at=form.name))
    answer.headers["cache-control"] = "no-store"
    return answer
