"""The second step at the door, setting a device up, and proving once more who one is."""

from base64 import b64encode
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from app.models import Staff
from app.services import passwords, second_step, staff, staff_sessions
from app.services.second_step import Enrolment, EnrolmentRefused, Proof
from app.services.staff import Officer
from app.services.staff_sessions import HalfOpen
from app.services.tries import SignInLocked
from app.web.console.door import COOKIE, place_after_sign_in, with_session
from app.web.console.pages import SIGN_IN, Desk, console_page
from app.web.forms import fields, query
from app.web.pages import see_other
from app.web.portal.labels import draw
from app.web.state import deps

_LOCKED = "sign_in_locked"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What was wrong with the last try; `until`: no further one before then."""

    code: str = ""
    until: object = None


NO_TROUBLE = Trouble()


async def show_second_step(request: Request) -> Response:
    """GET /console/second-step: the code of one's device; who has none sets one up first."""
    half = await _half_open(request)
    if half is None:
        return see_other(SIGN_IN)
    return _ask(request, half, query(request, "next"))


async def take_second_step(request: Request) -> Response:
    """POST /console/second-step."""
    half, form = await _half_open(request), await fields(request)
    if half is None:
        return see_other(SIGN_IN)
    if not half.has_device:
        return await _set_up(request, half)
    known, typed, wanted = deps(request), form.get("code", ""), form.get("next", "")
    async with known.begin() as db:
        proof = await second_step.prove(db, half.person.id, typed, key_of(request), known.now())
        secret = await staff_sessions.settle(db, half.session_id, known.now()) if proof.right else ""
    if not proof.right:
        return _ask(request, half, wanted, trouble_of(proof))
    return with_session(request, see_other(place_after_sign_in(wanted)), secret)


async def _set_up(request: Request, half: HalfOpen) -> Response:
    """The first code of a new device: the session is open, and the recovery codes are shown this once."""
    known, form = deps(request), await fields(request)
    try:
        async with known.begin() as db:
            answer = form.get("sealed", ""), form.get("code", "")
            codes = await second_step.enrol(db, half.person.id, answer, key_of(request), known.now())
            secret = await staff_sessions.settle(db, half.session_id, known.now())
            officer = await staff_sessions.officer_of(db, secret, known.now())
    except EnrolmentRefused as refused:
        return _ask(request, half, form.get("next", ""), Trouble(refused.code), form.get("sealed", ""))
    shown = _show_codes(request, codes, place_after_sign_in(form.get("next", "")), officer)
    return with_session(request, shown, secret)


def _show_codes(request: Request, codes: tuple[str, ...], onward: str, officer: Officer | None) -> Response:
    desk = Desk(officer, 0) if officer else None
    return console_page(request, "people/recovery_codes.html", {"codes": codes, "onward": onward}, desk=desk)


def show_codes(request: Request, codes: tuple[str, ...], desk: Desk) -> Response:
    """The page that shows new recovery codes once."""
    context = {"codes": codes, "onward": "/console/me"}
    return console_page(request, "people/recovery_codes.html", context, desk=desk)


async def show_again(request: Request, desk: Desk) -> Response:
    """GET /console/again?next=...: before staff, roles or keys are changed."""
    return _ask_again(request, desk, query(request, "next"))


async def prove_again(request: Request, desk: Desk) -> Response:
    """POST /console/again: by the device's code, or by the password where there is no device."""
    known, form = deps(request), await fields(request)
    wanted, officer = form.get("next", ""), desk.officer
    if officer.second_step:
        async with known.begin() as db:
            proof = await second_step.prove(db, officer.id, form.get("code", ""), key_of(request), known.now())
        trouble = trouble_of(proof)
    else:
        trouble = await password_trouble(request, officer, form.get("password", ""))
    if trouble.code:
        return _ask_again(request, desk, wanted, trouble)
    async with known.begin() as db:
        if officer.session_id is not None:
            await staff_sessions.prove_again(db, officer.session_id, known.now())
    return see_other(place_after_sign_in(wanted))


async def password_trouble(request: Request, officer: Officer, typed: str) -> Trouble:
    """Compare somebody's own password, counted as at the door."""
    known = deps(request)
    try:
        async with known.begin() as db:
            attempt = await staff.begin_sign_in(db, officer.login, known.now())
        right = await passwords.matches(typed, attempt.password_hash)
    except SignInLocked as locked:
        return Trouble(_LOCKED, locked.until)
    except passwords.TooBusy:
        return Trouble("sign_in_busy")
    async with known.begin() as db:
        if right:
            await staff.note_right(db, attempt)
        else:
            await staff.note_failure(db, attempt, known.now())
    if not right and attempt.locked_until is not None:
        return Trouble(_LOCKED, attempt.locked_until)
    return Trouble() if right else Trouble("password_wrong")


def trouble_of(proof: Proof) -> Trouble:
    """What to say to whoever typed a code."""
    if proof.locked_until is not None:
        return Trouble(_LOCKED, proof.locked_until)
    return Trouble() if proof.right else Trouble("code_wrong")


def enrolment_of(request: Request, person: Staff, sealed: str = "") -> Enrolment:
    """A new secret, or the one that was shown before."""
    issuer, key = deps(request).settings.utility_name, key_of(request)
    if sealed:
        try:
            return second_step.same_enrolment(sealed, person, issuer, key)
        except EnrolmentRefused:
            pass
    return second_step.begin_enrolment(person, issuer, key)


def picture(enrolment: Enrolment) -> str:
    """Its QR code as a picture that a page may hold: never fetched, never cached."""
    return "data:image/svg+xml;base64," + b64encode(draw(enrolment.uri)).decode()


def key_of(request: Request) -> str:
    """What secrets are derived from and sealed with."""
    return deps(request).settings.session_secret.get_secret_value()


async def _half_open(request: Request) -> HalfOpen | None:
    known = deps(request)
    async with known.begin() as db:
        return await staff_sessions.half_open_of(db, request.cookies.get(COOKIE, ""), known.now())


def _ask(
    request: Request,
    half: HalfOpen,
    wanted: str,
    trouble: Trouble = NO_TROUBLE,
    sealed: str = "",
) -> Response:
    context: dict[str, object] = {"wanted": wanted, "trouble": trouble}
    template = "people/second_step.html"
    if not half.has_device:
        enrolment = enrolment_of(request, half.person, sealed)
        context |= {"enrolment": enrolment, "picture": picture(enrolment)}
        template = "people/first_device.html"
    return console_page(request, template, context, status=status_of(trouble))


def _ask_again(request: Request, desk: Desk, wanted: str, trouble: Trouble = NO_TROUBLE) -> Response:
    context = {"wanted": wanted, "trouble": trouble}
    return console_page(request, "people/again.html", context, desk=desk, status=status_of(trouble))


def status_of(trouble: Trouble) -> int:
    """The status of a page that says what was wrong."""
    if not trouble.code:
        return HTTPStatus.OK
    return HTTPStatus.TOO_MANY_REQUESTS if trouble.code == _LOCKED else HTTPStatus.UNPROCESSABLE_ENTITY
