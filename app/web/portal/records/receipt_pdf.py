"""The receipt as a document: one narrow page that reads well on a phone and prints on any paper."""

from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from barcode import Code128
from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_M
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

_FONT = "NotoSansSC"
_FILE = Path(__file__).resolve().parents[2] / "static/vendor/noto-sans-sc/NotoSansSC-Regular.ttf"
_WIDTH, _MARGIN, _LINE = float(90 * mm), float(8 * mm), float(6.2 * mm)
_QR = float(32 * mm)


@dataclass(frozen=True, slots=True)
class Slip:
    """What the document says, in the reader's words. `stamp`: across its top (copy, void); `sum_line` stands out."""

    utility: str
    title: str
    number: str
    stamp: str
    lines: tuple[tuple[str, str], ...]
    sum_line: tuple[str, str]
    codes: tuple[tuple[str, str], ...]
    address: str
    foot: tuple[str, ...]


def draw_slip(slip: Slip) -> bytes:
    """Draw the document; the glyphs that it uses are embedded. Takes some ten milliseconds of processor."""
    _font()
    pen = _Pen(_height(slip), slip.title)
    pen.centred(slip.utility, 12)
    pen.centred(slip.title, 16)
    pen.centred(slip.number, 11)
    if slip.stamp:
        pen.boxed(slip.stamp, 13)
    pen.rule()
    for name, value in slip.lines:
        pen.pair(name, value, 10)
    pen.rule()
    pen.pair(*slip.sum_line, 13)
    for name, digits in slip.codes:
        pen.centred(name, 9)
        pen.centred(" ".join(digits[at : at + 4] for at in range(0, len(digits), 4)), 14)
        pen.bars(digits)
    pen.qr(slip.address)
    for text in slip.foot:
        pen.centred(text, 8)
    return pen.done()


def _height(slip: Slip) -> float:
    codes = len(slip.codes) * (3 * _LINE + 2.4 * _MARGIN)
    return (5.5 + len(slip.lines) + len(slip.foot) + (2 if slip.stamp else 0)) * _LINE + codes + _QR + 2 * _MARGIN


@cache
def _font() -> None:
    registerFont(TTFont(_FONT, str(_FILE)))


class _Pen:
    """Writes from top to bottom."""

    def __init__(self, height: float, title: str) -> None:
        self._paper = BytesIO()
        self._canvas = Canvas(self._paper, pagesize=(_WIDTH, height), pageCompression=1)
        self._canvas.setTitle(title)
        self._y = height - _MARGIN

    def centred(self, text: str, size: float) -> None:
        self._down(text, size)
        self._canvas.drawCentredString(_WIDTH / 2, self._y, text)

    def pair(self, name: str, value: str, size: float) -> None:
        self._down(name + value, size)
        self._canvas.drawString(_MARGIN, self._y, name)
        self._canvas.drawRightString(_WIDTH - _MARGIN, self._y, value)

    def boxed(self, text: str, size: float) -> None:
        self._y -= 2 * mm
        self.centred(text, size)
        wide = stringWidth(text, _FONT, size) + 6 * mm
        self._canvas.rect((_WIDTH - wide) / 2, self._y - 1.8 * mm, wide, size + 2.2 * mm)
        self._y -= 2 * mm

    def rule(self) -> None:
        self._y -= 2.4 * mm
        self._canvas.line(_MARGIN, self._y, _WIDTH - _MARGIN, self._y)

    def bars(self, digits: str) -> None:
        """Code 128 with ten modules of white at each side (ISO/IEC 15417, 4.3.2)."""
        modules = Code128(digits).build()[0]
        unit = (_WIDTH - 2 * _MARGIN) / (len(modules) + 20)
        self._y -= 13 * mm
        for at, module in enumerate(modules):
            if module == "1":
                self._canvas.rect(_MARGIN + (at + 10) * unit, self._y, unit, 11 * mm, stroke=0, fill=1)

    def qr(self, text: str) -> None:
        code = QRCode(error_correction=ERROR_CORRECT_M, border=4)
        code.add_data(text)
        rows = code.get_matrix()
        unit = _QR / len(rows)
        self._y -= _QR
        for down, row in enumerate(rows):
            for along, dark in enumerate(row):
                if dark:
                    place = (_WIDTH - _QR) / 2 + along * unit, self._y + _QR - (down + 1) * unit
                    self._canvas.rect(*place, unit, unit, stroke=0, fill=1)

    def done(self) -> bytes:
        self._canvas.showPage()
        self._canvas.save()
        return self._paper.getvalue()

    def _down(self, text: str, size: float) -> None:
        """One line on; type that would not fit is made smaller."""
        self._y -= max(_LINE, size * 1.3)
        room = (_WIDTH - 2 * _MARGIN) / max(stringWidth(text + "  ", _FONT, size), 1)
        self._canvas.setFont(_FONT, size * min(room, 1.0))
