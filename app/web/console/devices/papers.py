"""What the utility's papers call a meter and its metering point."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.metering_point import LONGEST_CODE, LONGEST_NAME, PaperRefused, read
from app.services.devices import meter_page, papers
from app.web.console.pages import Desk, console_page
from app.web.forms import fields, ref_in_path
from app.web.pages import see_other
from app.web.state import deps


async def show_papers(request: Request, desk: Desk) -> Response:
    """GET /console/meters/{number}/papers."""
    number = ref_in_path(request, "number")
    async with deps(request).begin() as db:
        meter_id = await meter_page.id_of(db, number)
        if meter_id is None:
            raise HTTPException(404)
        held = await papers.papers_of(db, meter_id)
    return _page(request, desk, {"code": held.code, "name": held.name, "asset": held.asset})


def _page(request: Request, desk: Desk, form: Mapping[str, str], wrong: PaperRefused | None = None) -> Response:
    context = {
        "number": ref_in_path(request, "number"),
        "form": form,
        "wrong": wrong,
        "longest": {"code": LONGEST_CODE, "name": LONGEST_NAME, "asset": LONGEST_CODE},
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "devices/papers.html", context, desk=desk, status=status)


async def save_papers(request: Request, desk: Desk) -> Response:
    """POST /console/meters/{number}/papers: code, name, asset."""
    known, form, number = deps(request), await fields(request), ref_in_path(request, "number")
    try:
        wish = read(form.get("code", ""), form.get("name", ""), form.get("asset", ""))
        async with known.begin() as db:
            meter_id = await meter_page.id_of(db, number)
            if meter_id is None:
                raise HTTPException(404)
            await papers.write(db, meter_id, wish, desk.officer.id, known.now())
    except PaperRefused as wrong:
        return _page(request, desk, form, wrong)
    return see_other(f"/console/meters/{number}")
