"""POST and GET /api/v1/messages: one message to one address, and what became of it."""

import json
import re
from collections.abc import Awaitable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.domain.masking import reach
from app.domain.sending import SCRIPTED
from app.i18n import locale_or_none
from app.models import ApiKey
from app.models.account import ChannelName
from app.services import api_keys, api_messages
from app.services.api_messages import Asked, ReferenceTaken, Standing, TooFast
from app.services.receipt_mail import MailError, read_mail
from app.services.sign_in import PhoneError, read_phone
from app.settings import Settings
from app.web.api.v1.trouble import Trouble, refusal
from app.web.state import deps

CHANNELS = (ChannelName.SMS, ChannelName.EMAIL)
FIELDS = ("reference", "channel", "to", "locale", "title", "text", "variables")
_REFERENCE = re.compile(r"[\x21-\x7e]{1,64}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_MOST_VARIABLES, _LONGEST_VALUE = 20, 500


async def send_message(request: Request) -> Response:
    """POST /api/v1/messages: 201 for a new one, 200 where the reference is known and everything else is the same."""
    known = deps(request)
    try:
        secret = _secret(request)
        body = await request.body()
        async with known.begin() as db:
            key = await _key(api_keys.holder(db, secret, known.now()))
            asked = _read(body, known.settings)
            standing = await api_messages.send(db, key, asked, known.now())
            new = standing.asked.asked_at == known.now()
            told = _told(standing)
    except Trouble as trouble:
        return refusal(trouble)
    except (ReferenceTaken, TooFast) as error:
        return refusal(Trouble(error.code))
    await known.bell.ring_quietly()
    return JSONResponse(told, 201 if new else 200, {"cache-control": "no-store"})


async def show_message(request: Request) -> Response:
    """GET /api/v1/messages/{id}: how far it is."""
    known, wanted = deps(request), request.path_params["message_id"]
    try:
        async with known.begin() as db:
            key = await _key(api_keys.holder(db, _secret(request), known.now()))
            standing = await api_messages.status(db, key, wanted)
            if standing is None:
                raise Trouble("not_found")
            told = _told(standing)
    except Trouble as trouble:
        return refusal(trouble)
    return JSONResponse(told, headers={"cache-control": "no-store"})


def _secret(request: Request) -> str:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


async def _key(found: Awaitable[ApiKey | None]) -> ApiKey:
    key = await found
    if key is None:
        raise Trouble("key_unknown")
    return key


def _read(body: bytes, settings: Settings) -> Asked:
    """The request, checked. Raises Trouble for the first field that is wrong."""
    said = _object(body)
    if strange := next((name for name in said if name not in FIELDS), ""):
        raise Trouble("field_unknown", field=_plain(strange[:40]))
    reference, channel = _text(said, "reference"), _text(said, "channel")
    if not _REFERENCE.fullmatch(reference):
        raise Trouble("field_wrong", field="reference")
    if channel not in CHANNELS:
        raise Trouble("field_wrong", field="channel")
    locale = locale_or_none(_text(said, "locale") or "zh")
    if locale is None:
        raise Trouble("field_wrong", field="locale")
    title = " ".join(_text(said, "title").split())
    if channel == ChannelName.EMAIL and not title:
        raise Trouble("field_wrong", field="title")
    address = _address(ChannelName(channel), _text(said, "to"), settings)
    asked = Asked(reference, ChannelName(channel), address, locale, _text(said, "text"), title, _variables(said))
    for found in api_messages.faults(asked):
        raise Trouble("text_wrong", field=found.field, fault=found.fault, name=found.name, near=found.near)
    return asked


def _object(body: bytes) -> Mapping[str, object]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise Trouble("not_json") from None
    if not isinstance(said, dict):
        raise Trouble("not_json")
    return said


def _text(said: Mapping[str, object], name: str) -> str:
    value = said.get(name, "")
    if not isinstance(value, str) or not _keepable(value):
        raise Trouble("field_wrong", field=name)
    return value


def _keepable(text: str) -> bool:
    """Can a database keep it? JSON may hold halves of characters."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _plain(name: str) -> str:
    """A name as an answer can hold it, whatever it was."""
    return name.encode("utf-8", "replace").decode()


def _address(channel: ChannelName, typed: str, settings: Settings) -> str:
    """An E.164 number or a mail address; the scripted ones are taken as they are. Raises Trouble."""
    if typed.strip().lower() in SCRIPTED:
        return typed.strip().lower()
    try:
        return read_phone(typed, settings.country) if channel is ChannelName.SMS else read_mail(typed)
    except (PhoneError, MailError) as error:
        raise Trouble(error.code, field="to") from None


def _variables(said: Mapping[str, object]) -> dict[str, str]:
    given = said.get("variables", {})
    if not isinstance(given, dict) or len(given) > _MOST_VARIABLES:
        raise Trouble("field_wrong", field="variables")
    for name, value in given.items():
        if (
            not _NAME.fullmatch(name)
            or not isinstance(value, str)
            or len(value) > _LONGEST_VALUE
            or not _keepable(value)
        ):
            raise Trouble("field_wrong", field=_plain(f"variables.{name[:40]}"))
    return dict(given)


def _told(standing: Standing) -> dict[str, object]:
    """How a request stands, with as little of its reader as tells two of them apart."""
    message = standing.message
    told: dict[str, object] = {
        "id": str(standing.asked.id),
        "reference": standing.asked.reference,
        "mode": standing.asked.mode,
        "state": message.state if message else "refused",
    }
    if message is None:
        return told | {"reason": standing.asked.refusal}
    return told | {
        "to": reach(message.address or ""),
        "reason": message.trouble or "",
        "segments": message.segments,
        "cost_e4": message.cost_e4,
        "created_at": message.created_at.isoformat(),
        "sent_at": message.sent_at.isoformat() if message.sent_at else None,
        "delivered_at": message.delivered_at.isoformat() if message.delivered_at else None,
        "rehearsed": message.rehearsed,
    }
