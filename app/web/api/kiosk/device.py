"""A terminal's own life: it is enrolled, it beats, it tells its journal, it fetches what it keeps."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.domain.terminal import Kind, read_body, read_health
from app.services.kiosks import box, enrolment, journal
from app.services.kiosks.enrolment import CodeUnknown
from app.services.kiosks.entry import hold
from app.services.kiosks.journal import Entry
from app.web.api.kiosk.board import notices
from app.web.api.kiosk.door import BadBody, Call, public_key, read_object, refusal
from app.web.api.kiosk.shapes import plain
from app.web.state import deps

_MOST_ENTRIES = 200
_LONGEST_WAIT_S = 25.0
_LOOK_S = 1.0
_MOST_ENTRY = 2**31


async def enrol(request: Request) -> Response:
    """POST /enrol: the one request that bears no signature; its code is used up by it."""
    known = deps(request)
    try:
        said = read_object(await request.body())
        key = str(said.get("public_key", ""))
        public_key(key)
    except ValueError:
        return refusal("bad_request", HTTPStatus.BAD_REQUEST)
    try:
        async with known.begin() as db:
            kiosk = await enrolment.enrol(db, str(said.get("code", "")), key, known.now())
            told_to = await journal.last_entry(db, kiosk.id)
    except CodeUnknown as error:
        return refusal(error.code, HTTPStatus.NOT_FOUND)
    return JSONResponse(
        {
            "kiosk": str(kiosk.id),
            "name": kiosk.name,
            "server_time": known.now().isoformat(),
            "last_entry": told_to,
            "settings": kiosk.settings,
            "line": {"relay_password_hex": known.settings.kiosk_relay_password.get_secret_value()},
        },
        headers={"cache-control": "no-store"},
    )


async def beat(call: Call) -> Response:
    """POST /beat: how the terminal is; the answer says how it should be."""
    known = deps(call.request)
    try:
        health = read_health(call.fields().get("health"))
    except ValueError as error:
        raise BadBody(str(error)) from error
    async with known.begin() as db:
        kiosk = await hold(db, call.kiosk.id)
        await journal.record_beat(db, kiosk, health, known.now())
    return JSONResponse({"state": kiosk.state, "settings": kiosk.settings, "server_time": known.now().isoformat()})


async def record(call: Call) -> Response:
    """POST /events: lines of the journal; a repeat changes nothing."""
    known = deps(call.request)
    entries = _entries(call.fields().get("entries"))
    async with known.begin() as db:
        kiosk = await hold(db, call.kiosk.id)
        last = await journal.record_entries(db, kiosk, entries, known.now())
    await known.bell.ring_quietly()
    return JSONResponse({"accepted_to": last})


def _entries(said: object) -> Sequence[Entry]:
    if not isinstance(said, list) or len(said) > _MOST_ENTRIES:
        raise BadBody("entries")
    return sorted((_entry(line) for line in said), key=lambda entry: entry.entry)


def _entry(line: object) -> Entry:
    """One line. Raises BadBody: a journal that cannot be read is not half accepted."""
    if not isinstance(line, Mapping):
        raise BadBody("entry")
    try:
        entry, happened_at = int(line["entry"]), datetime.fromisoformat(str(line["happened_at"]))
        kind = Kind(str(line["kind"]))
    except (KeyError, TypeError, ValueError) as error:
        raise BadBody("entry") from error
    if not 0 < entry < _MOST_ENTRY or happened_at.tzinfo is None:
        raise BadBody("entry")
    number = line.get("meter")
    return Entry(entry, kind, str(number) if number else None, read_body(line.get("body")), happened_at)


async def cache(call: Call) -> Response:
    """GET /cache: what the terminal goes by while it cannot ask. 304 where nothing has changed."""
    known = deps(call.request)
    async with known.begin() as db:
        kept: dict[str, object] = {
            "meters": [plain(each) for each in await box.meters(db, call.kiosk.concentrator_id)],
            "undelivered": [plain(each) for each in await box.undelivered(db, call.kiosk.concentrator_id)],
            "announcements": await notices(db, call.kiosk, known.now()),
            "inbox": [plain(each) for each in await box.inbox(db, call.kiosk.concentrator_id, known.now())],
            "utility": _utility(call.request),
        }
    return _unless_known(call.request, kept)


async def announcements(call: Call) -> Response:
    """GET /announcements?since=&wait=: at once if they are not those of `since`, else as soon as they change (K-5)."""
    known = deps(call.request)
    since = call.request.query_params.get("since", "")
    ends = asyncio.get_running_loop().time() + _wait_s(call.request)
    while True:
        async with known.begin() as db:
            told = {"announcements": await notices(db, call.kiosk, known.now())}
        if _tag(told) != since or asyncio.get_running_loop().time() >= ends:
            return JSONResponse(told, headers={"etag": _tag(told)})
        await asyncio.sleep(_LOOK_S)


def _wait_s(request: Request) -> float:
    wanted = request.query_params.get("wait", "0")
    return min(float(wanted), _LONGEST_WAIT_S) if wanted.isascii() and wanted.isdecimal() else 0.0


def _tag(told: Mapping[str, object]) -> str:
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]


def _unless_known(request: Request, told: dict[str, object]) -> Response:
    tag = _tag(told)
    if request.headers.get("if-none-match", "").strip('"') == tag:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"etag": tag})
    return JSONResponse({**told, "server_time": deps(request).now().isoformat()}, headers={"etag": tag})


def _utility(request: Request) -> dict[str, str]:
    settings = deps(request).settings
    return {"name": settings.utility_name, "phone": settings.utility_phone}
