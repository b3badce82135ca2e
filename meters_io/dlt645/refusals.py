"""Why a meter says no: the error byte of D1, D2, D4, DC, the word SERR of C3, and how makers word them, as
one table.
"""

from dataclasses import dataclass
from enum import StrEnum

from meters_io.bits import has_bit, uint_from_bytes
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.names import FUNCTION, REFUSED, REPLY, Control
from meters_io.errors import LocalError, RemoteError


class RefusalCode(StrEnum):
    """Stable words for every reason that the standard and the known firmware give."""

    CUSTOMER = "customer_mismatch"
    DUPLICATE = "duplicate_recharge"
    COUNT = "purchase_count_wrong"
    HOARD = "over_hoard_limit"
    HUNG = "hung_after_mac_errors"
    MAC = "verification_failed"
    NOT_AUTHENTICATED = "not_authenticated"
    FILE_ADDRESS = "file_address"
    PASSWORD = "password_or_not_authorised"
    NO_DATA = "no_such_data"
    EXPIRY = "order_expired"
    KEEP_POWER = "trip_refused_keep_power"
    ALREADY_OPEN = "already_open"
    NO_AUTO_CLOSE = "timed_trip_refused"
    BAD_DELAY = "bad_delay"
    BAUD = "baud_fixed"
    YEAR_ZONES = "too_many_year_zones"
    DAY_PERIODS = "too_many_day_periods"
    TARIFFS = "too_many_tariffs"
    OTHER = "other"
    UNSPECIFIED = "unspecified"  # a refusal without a bit that we know


class Wording(StrEnum):
    """How a meter model words its C3. Standard: bits, in two bytes or one. Codes: one vendor's 80H, 81H,
    82H.
    """

    BITS = "bits"
    CODES = "codes"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A meter's no. `word` is the error byte or word as it came, `control` the control code it came
    under.
    """

    code: RefusalCode
    word: int
    control: int


@dataclass(frozen=True, slots=True)
class _Row:
    code: RefusalCode
    err: int | None = None  # bit of the one error byte
    serr: int | None = None  # bit of SERR, in two bytes or one
    relay: int | None = None  # bit of the two-byte error of relay orders
    vendor: int | None = None  # the whole byte in `Wording.CODES`
    word: str = ""  # where it is not that of the code


# The order decides when several bits are set: the customer number is checked before the count by one
# firmware and reported after it by another, and it is the worse news in both.
_TABLE = (
    _Row(RefusalCode.CUSTOMER, serr=4, vendor=0x81),
    _Row(RefusalCode.DUPLICATE, serr=1),
    _Row(RefusalCode.COUNT, serr=5, vendor=0x80),
    _Row(RefusalCode.HOARD, serr=6, vendor=0x82),
    _Row(RefusalCode.HUNG, serr=8, relay=0),
    _Row(RefusalCode.NOT_AUTHENTICATED, serr=3, relay=3),
    _Row(RefusalCode.MAC, serr=2, relay=1),
    _Row(RefusalCode.MAC, serr=15, word="mac_or_password_setting"),
    _Row(RefusalCode.PASSWORD, err=2, relay=2),
    _Row(RefusalCode.EXPIRY, relay=4),
    _Row(RefusalCode.KEEP_POWER, relay=5),
    _Row(RefusalCode.NO_AUTO_CLOSE, relay=6),
    _Row(RefusalCode.BAD_DELAY, relay=7),
    _Row(RefusalCode.ALREADY_OPEN, relay=8),
    _Row(RefusalCode.NO_DATA, err=1),
    _Row(RefusalCode.BAUD, err=3),
    _Row(RefusalCode.YEAR_ZONES, err=4),
    _Row(RefusalCode.DAY_PERIODS, err=5),
    _Row(RefusalCode.TARIFFS, err=6),
    _Row(RefusalCode.FILE_ADDRESS, serr=7),
    _Row(RefusalCode.OTHER, err=0, serr=0),
)


# The same table by bit: what `meters_io.dlt645.message` says.
ERR_WORDS = {row.err: row.word or row.code.value for row in _TABLE if row.err is not None}
SERR_WORDS = {row.serr: row.word or row.code.value for row in _TABLE if row.serr is not None}
RELAY_WORDS = {row.relay: row.word or row.code.value for row in _TABLE if row.relay is not None}
VENDOR_WORDS = {row.vendor: row.word or row.code.value for row in _TABLE if row.vendor is not None}


def is_refusal(frame: Frame) -> bool:
    """Tell whether `frame` is a meter's no."""
    return frame.control & (REPLY | REFUSED) == REPLY | REFUSED


def parse_refusal(frame: Frame, wording: Wording = Wording.BITS) -> Refusal:
    """Read the reason out of a D1, D2, D4, DC, C3 ... frame.

    RemoteError when there is no reason in it at all, or more than two bytes: nothing is known then, and
    whoever sent a write has to read back.
    """
    if not is_refusal(frame) or len(frame.data) not in (1, 2):
        raise RemoteError("this is not a refusal", code="not_a_refusal", field="data")
    word = uint_from_bytes(frame.data)
    for row in _TABLE:
        if _speaks_of(row, frame, word, wording):
            return Refusal(row.code, word, frame.control)
    return Refusal(RefusalCode.UNSPECIFIED, word, frame.control)


def build_refusal(request: Frame, code: RefusalCode, width: int | None = None) -> Frame:
    """Refuse `request` for the reason `code`, as a meter does: 2 bytes under C3, else 1, unless `width`
    says.
    """
    secure = request.control & FUNCTION == Control.SECURITY
    width = width or (2 if secure else 1)
    for row in _TABLE:
        place = row.serr if secure else row.relay if width == 2 else row.err
        if row.code == code and place is not None and place < 8 * width:
            return _refuse(request, (1 << place).to_bytes(width, "little"))
    raise LocalError(f"{code} has no bit in this kind of refusal", code="no_such_refusal", field="code")


def _refuse(request: Frame, data: bytes) -> Frame:
    return Frame(request.address, request.control & FUNCTION | REPLY | REFUSED, data)


def _speaks_of(row: _Row, frame: Frame, word: int, wording: Wording) -> bool:
    if frame.control & FUNCTION == Control.SECURITY:
        if wording == Wording.CODES:
            return row.vendor == word
        return row.serr is not None and has_bit(word, row.serr)
    place = row.relay if len(frame.data) == 2 else row.err
    return place is not None and has_bit(word, place)
