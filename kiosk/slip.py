"""A slip as one picture, 384 dots wide (58 mm paper, 203 dpi): printers' own fonts are no good with Chinese.

The token stands there three times: in blocks of four to be read, as Code128 to be scanned at the next terminal (two
dots a module: 145 modules for twenty digits), and behind the QR code's address.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from barcode.codex import Code128
from PIL import Image, ImageDraw, ImageFont
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

from kiosk.codes import blocks
from kiosk.errors import NoFont
from kiosk.shapes import Slip

WIDTH = 384
MODULE_DOTS = 2
_BAR_HEIGHT = 96
_QR_DOTS = 5
_MARGIN = 12
_WHITE, _BLACK = 255, 0
_SYMBOLS = {"CNY": "￥", "USD": "$", "EUR": "€", "GBP": "£"}
_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
)
_WORDS = {
    "zh": {
        "title": "购电凭条", "again": "重打", "meter": "表号", "receipt": "收据号", "time": "时间", "amount": "付款",
        "arrears": "抵扣欠费", "credit": "购电金额", "energy": "购电量", "balance": "购后余额",
        "void": "已冲正，收据作废", "note": "红字凭证",
        "token": "购电码（20位）", "scan": "可在自助终端扫此条码，或在电表键盘输入", "page": "扫码查看购电记录",
    },
    "en": {
        "title": "Electricity receipt", "again": "Copy", "meter": "Meter", "receipt": "Receipt", "time": "Time",
        "amount": "Paid", "arrears": "Arrears settled", "credit": "Credit", "energy": "Energy bought",
        "balance": "Balance after", "void": "VOID: sale reversed", "note": "Credit note",
        "token": "Token (20 digits)", "scan": "Scan at the terminal or type at the meter",
        "page": "Scan to see this purchase",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """How slips look here. `language`: zh or en. `again`: marked as a copy."""

    font: Path
    zone: ZoneInfo
    currency: str = "CNY"
    language: str = "zh"
    again: bool = False


def find_font(wanted: Path | None) -> Path:
    """Return the font to use. NoFont, which says what to do."""
    if wanted is not None:
        if wanted.is_file():
            return wanted
        raise NoFont(f"KIOSK_FONT: there is no {wanted}")
    found = next((Path(name) for name in _FONTS if Path(name).is_file()), None)
    if found is None:
        raise NoFont("no Chinese font; install fonts-noto-cjk, or let KIOSK_FONT lead to one")
    return found


def draw_slip(slip: Slip, look: Look) -> Image.Image:
    """Draw a slip: mode 1, 384 dots wide, as high as it needs to be."""
    words = _WORDS.get(look.language, _WORDS["en"])
    parts = [
        _text(slip.utility or "Relight", look.font, 28, centred=True),
        _text(f"{words['title']}{' · ' + words['again'] if look.again else ''}", look.font, 26, centred=True),
        *([_text(words["void"], look.font, 30, centred=True)] if slip.void else []),
        *(_row(label, value, look.font) for label, value in _lines(slip, look, words)),
        *(part for token in slip.tokens for part in _token(token, look.font, words)),
        _qr(slip.address),
        _text(words["page"], look.font, 20, centred=True),
    ]
    return _pile(parts)


def _lines(slip: Slip, look: Look, words: dict[str, str]) -> Sequence[tuple[str, str]]:
    local = slip.issued_at.astimezone(look.zone)
    lines = [
        (words["meter"], " ".join(blocks(slip.meter))),
        (words["receipt"], slip.receipt),
        (words["time"], f"{local:%Y-%m-%d %H:%M}"),
        (words["amount"], _money(slip.amount_minor, look.currency)),
    ]
    if slip.void:
        lines.append((words["note"], slip.void))
    if slip.arrears_minor:
        lines.append((words["arrears"], _money(slip.arrears_minor, look.currency)))
        lines.append((words["credit"], _money(slip.credit_minor, look.currency)))
    if slip.energy_kwh is not None:
        lines.append((words["energy"], f"{slip.energy_kwh} kWh"))
    if slip.balance_after_minor is not None:
        lines.append((words["balance"], _money(slip.balance_after_minor, look.currency)))
    return lines


def _token(digits: str, font: Path, words: dict[str, str]) -> Sequence[Image.Image]:
    return (
        _text(words["token"], font, 22, centred=True),
        _text(" ".join(blocks(digits)), font, 30, centred=True),
        _bars(digits),
        _text(words["scan"], font, 18, centred=True),
    )


def _money(minor: int, currency: str) -> str:
    sign = "-" if minor < 0 else ""
    return f"{sign}{_SYMBOLS.get(currency, currency + ' ')}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def _bars(digits: str) -> Image.Image:
    """Code128 of plain digits (no GS1 application identifier), drawn by whole dots so that no bar is blurred."""
    modules = Code128(digits).build()[0]
    picture = Image.new("L", (WIDTH, _BAR_HEIGHT + _MARGIN), _WHITE)
    left = (WIDTH - len(modules) * MODULE_DOTS) // 2
    draw = ImageDraw.Draw(picture)
    for place, module in enumerate(modules):
        if module == "1":
            x = left + place * MODULE_DOTS
            draw.rectangle((x, 0, x + MODULE_DOTS - 1, _BAR_HEIGHT), fill=_BLACK)
    return picture


def _qr(address: str) -> Image.Image:
    code = QRCode(error_correction=ERROR_CORRECT_M, box_size=_QR_DOTS, border=4)
    code.add_data(address)
    code.make(fit=True)
    rows = code.get_matrix()
    dots = max(min(_QR_DOTS, WIDTH // len(rows)), 2)
    small = Image.new("L", (len(rows), len(rows)), _WHITE)
    small.putdata([_BLACK if cell else _WHITE for row in rows for cell in row])
    return _centred(small.resize((len(rows) * dots, len(rows) * dots), Image.Resampling.NEAREST))


@cache
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size)


def _text(text: str, font: Path, size: int, *, centred: bool = False) -> Image.Image:
    """One line; smaller where it would be wider than the paper."""
    face = _font(font, size)
    while face.getlength(text) > WIDTH - 2 * _MARGIN and size > 12:
        size -= 1
        face = _font(font, size)
    picture = Image.new("L", (WIDTH, size + size // 2), _WHITE)
    left = (WIDTH - face.getlength(text)) / 2 if centred else _MARGIN
    ImageDraw.Draw(picture).text((left, 0), text, font=face, fill=_BLACK)
    return picture


def _row(label: str, value: str, font: Path) -> Image.Image:
    """A label at the left and its value at the right."""
    picture = _text(label, font, 22)
    room = WIDTH - 3 * _MARGIN - _font(font, 22).getlength(label)
    size = 22
    while _font(font, size).getlength(value) > room and size > 12:
        size -= 1
    face = _font(font, size)
    ImageDraw.Draw(picture).text((WIDTH - _MARGIN - face.getlength(value), 0), value, font=face, fill=_BLACK)
    return picture


def _centred(picture: Image.Image) -> Image.Image:
    wide = Image.new("L", (WIDTH, picture.height), _WHITE)
    wide.paste(picture, ((WIDTH - picture.width) // 2, 0))
    return wide


def _pile(parts: Sequence[Image.Image]) -> Image.Image:
    height = sum(part.height for part in parts) + 2 * _MARGIN
    whole, top = Image.new("L", (WIDTH, height), _WHITE), _MARGIN
    for part in parts:
        whole.paste(part, (0, top))
        top += part.height
    return whole.point(lambda dot: 255 if dot > 127 else 0).convert("1")
