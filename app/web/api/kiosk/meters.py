"""What a terminal shows of a meter: what a guest may know, and what an amount would do."""

from collections.abc import Sequence
from http import HTTPStatus

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.responses import JSONResponse, Response

from app.domain.access import NumberError, NumberKind, parse_number
from app.domain.money import Limits
from app.domain.offer import offers
from app.domain.payment import Way
from app.services import inbox
from app.services.brake import Unresolved
from app.services.checkout import under_way
from app.services.darkness import why_dark
from app.services.lookup import MeterView, ask_reading, view_meter
from app.services.reach import reach_of
from app.web.api.kiosk.door import Call, refusal
from app.web.api.kiosk.shapes import Plain, plain
from app.web.state import deps

_WAYS = (Way.QR, Way.BARCODE)


async def show(call: Call) -> Response:
    """GET /meters/{number}."""
    return await _show(call, asking=False)


async def read(call: Call) -> Response:
    """POST /meters/{number}/read: ask the real meter; the answer is the view, whose `asking` tells how it goes."""
    return await _show(call, asking=True)


async def _show(call: Call, *, asking: bool) -> Response:
    known = deps(call.request)
    try:
        number = meter_number(call.request.path_params["number"])
    except NumberError as error:
        return refusal(error.code, HTTPStatus.UNPROCESSABLE_ENTITY)
    async with known.begin() as db:
        meter = await view_meter(db, number, known.now())
        if meter is None:
            return refusal("number_unknown", HTTPStatus.NOT_FOUND)
        asked = asking and await ask_reading(db, meter, known.now())
        view = await view_meter(db, number, known.now()) if asked else meter
        told = await _told(call, db, view or meter)
    if asked:
        await known.bell.ring_quietly()
    return JSONResponse(told)


def meter_number(typed: str) -> str:
    """The number of a meter. Raises NumberError, also for the number of an account."""
    number = parse_number(typed)
    if number.kind is not NumberKind.METER:
        raise NumberError("number_length")
    return number.digits


async def _told(call: Call, db: AsyncSession, meter: MeterView) -> dict[str, Plain]:
    known = deps(call.request)
    now = known.now()
    limits = Limits(known.settings.purchase_least, known.settings.purchase_most)
    dark = await why_dark(db, meter, now)
    return {
        "number": meter.number,
        "here": meter.concentrator_id == call.kiosk.concentrator_id,
        "takes_tokens": meter.takes_tokens,
        "balance_minor": meter.balance_minor,
        "read_at": plain(meter.read_at),
        "source": meter.source.value,
        "stale": meter.stale,
        "supply": meter.supply.value,
        "supply_read_at": plain(meter.supply_read_at),
        "days_left": meter.days_left,
        "low": meter.low,
        "out_of_credit": meter.out_of_credit,
        "arrears_minor": meter.arrears_minor,
        "least_minor": meter.restoration.least_minor if meter.out_of_credit else None,
        "reach": plain(await reach_of(db, meter.id, now)),
        "asking": meter.asking.value,
        "dark": plain(dark.cause),
        "offers": [plain(each) for each in offers(meter.wallet, limits)],
        "least": limits.least,
        "most": limits.most,
        "under_way": under_way_told(await under_way(db, meter.id, now)),
        "ways": _ways(call),
        "not_for_sale": meter.not_for_sale,
        "held_for_staff": meter.held_for_staff,
        "inbox": [plain(each) for each in await inbox.at_terminal(db, [meter.id], now)],
    }


def under_way_told(found: Sequence[Unresolved]) -> Plain:
    """Money under way, without the addresses of pages."""
    return [{"hold": each.hold.value, "ref": each.ref, "amount_minor": each.amount_minor} for each in found]


def _ways(call: Call) -> Plain:
    """QR codes on the screen, and payers' codes before the scanner, by provider."""
    providers = deps(call.request).providers or {}
    return [
        {"provider": name, "way": way.value}
        for name, provider in providers.items()
        for way in _WAYS
        if way in provider.ways
    ]
