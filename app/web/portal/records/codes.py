"""The barcodes of a token, for a terminal's scanner: nobody types twenty digits who stands next to one (SPEC M-10)."""

from barcode import Code128
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.services.receipts import codes_on_receipt
from app.services.tokens import Code
from app.services.tracker import tracker
from app.web.forms import ref_in_path
from app.web.portal.labels import draw
from app.web.state import deps

_QUIET = 10  # modules of white beside the bars (ISO/IEC 15417, 4.3.2)
_HEIGHT = 60


async def draw_qr(request: Request) -> Response:
    """GET /purchases/{ref}/codes/{place}/qr.svg: the digits and nothing else."""
    return _picture(draw((await _code(request)).digits))


async def draw_bars(request: Request) -> Response:
    """GET /purchases/{ref}/codes/{place}/bars.svg: Code 128, which every scanner reads."""
    return _picture(bars((await _code(request)).digits).encode())


def _picture(svg: bytes) -> Response:
    return Response(svg, media_type="image/svg+xml", headers={"cache-control": "no-store"})


def bars(digits: str) -> str:
    """Code 128 as SVG, black on white, one unit a module."""
    modules = Code128(digits).build()[0]
    width = len(modules) + 2 * _QUIET
    path = "".join(f"M{_QUIET + at},0h1v{_HEIGHT}h-1z" for at, module in enumerate(modules) if module == "1")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 -6 {width} {_HEIGHT + 12}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0,-6h{width}v{_HEIGHT + 12}h-{width}z"/><path fill="#000" d="{path}"/></svg>'
    )


async def _code(request: Request) -> Code:
    """The code in that place, where its page shows it: to be typed now, or printed on the receipt."""
    known, ref, place = deps(request), ref_in_path(request), int(request.path_params["place"])
    async with known.begin() as db:
        story = await tracker(db, ref, known.now())
        shown = story.codes if story and story.codes else await codes_on_receipt(db, ref)
    for code in shown:
        if code.place == place:
            return code
    raise HTTPException(404)
