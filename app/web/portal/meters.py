"""The meter that an address names."""

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.domain.access import NumberError, NumberKind, parse_number
from app.services.lookup import MeterView, view_meter
from app.web.state import deps


def number_in_path(request: Request) -> str:
    """The meter number in the address, as printed; what cannot be one is not found."""
    try:
        number = parse_number(request.path_params["number"])
    except NumberError as error:
        raise HTTPException(404) from error
    if number.kind is not NumberKind.METER:
        raise HTTPException(404)
    return number.digits


async def meter_in_path(request: Request) -> MeterView:
    """What a guest may know of the meter in the address; not found if there is none."""
    async with deps(request).begin() as db:
        return await find_meter(request, db)


async def find_meter(request: Request, db: AsyncSession) -> MeterView:
    """The same within a transaction of the caller's."""
    meter = await view_meter(db, number_in_path(request), deps(request).now())
    if meter is None:
        raise HTTPException(404)
    return meter
