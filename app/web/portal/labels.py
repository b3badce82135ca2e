"""QR codes, drawn as pictures that print sharply."""

from io import BytesIO

from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.image.svg import SvgPathFillImage
from starlette.requests import Request
from starlette.responses import Response

from app.web.portal.meters import meter_in_path
from app.web.state import deps

_QUIET_ZONE = 4  # modules of white around the code (ISO/IEC 18004, 9.1)


def draw(text: str, correction: int = ERROR_CORRECT_M) -> bytes:
    """A QR code as SVG, black on white in every colour scheme."""
    code = QRCode(error_correction=correction, border=_QUIET_ZONE)
    code.add_data(text)
    picture = BytesIO()
    code.make_image(image_factory=SvgPathFillImage).save(picture)
    return picture.getvalue()


def public_address(request: Request, path: str) -> str:
    """The address that a phone elsewhere reaches `path` under."""
    return deps(request).settings.public_url.rstrip("/") + path


async def draw_meter_code(request: Request) -> Response:
    """GET /m/{number}/qr.svg: the label for the meter's door. Outdoors, so it may lose a quarter of itself."""
    meter = await meter_in_path(request)
    picture = draw(public_address(request, f"/m/{meter.number}"), ERROR_CORRECT_Q)
    return Response(picture, media_type="image/svg+xml", headers={"cache-control": "public, max-age=86400"})
