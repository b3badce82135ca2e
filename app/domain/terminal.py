"""Terminals at metering boxes: codes that let them in, requests that bear their signature, and how they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # nothing that is read as something else
CODE_LENGTH = 12
CODE_LASTS = timedelta(hours=24)
CLOCKS_DIFFER = timedelta(seconds=120)
SIGNED_FOR = timedelta(seconds=120)
NONCE_KEPT = CLOCKS_DIFFER + SIGNED_FOR
BEATS_MISSED = 3

Health = Mapping[str, str | int | bool | None]

FIRST_SETTINGS: dict[str, str | int | bool] = {
    "idle_s": 45,
    "warn_s": 15,
    "beat_s": 30,
    "language": "zh",
    "display": "touch",
    "printer": True,
    "speech": True,
}


class Bar(StrEnum):
    """Why a terminal's request is not let in."""

    BAD_SIGNATURE = "bad_signature"
    TOO_OLD = "too_old"
    REPLAYED = "replayed"
    WRONG_REQUEST = "wrong_request"
    REVOKED = "revoked"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class Signed:
    """What the signature of a request says. `body_hash`: SHA-256 of the body's bytes, hex."""

    signed_at: datetime
    expires_at: datetime
    nonce: str
    sequence: int
    method: str
    path: str
    body_hash: str


@dataclass(frozen=True, slots=True)
class Came:
    """The request as it came."""

    method: str
    path: str
    body_hash: str


def bar(signed: Signed, came: Came, now: datetime) -> Bar | None:
    """Say why a request with a good signature is refused nevertheless. Sequence and nonce are the rows' to judge."""
    if abs(now - signed.signed_at) > CLOCKS_DIFFER or not signed.signed_at <= signed.expires_at <= (
        signed.signed_at + SIGNED_FOR
    ):
        return Bar.TOO_OLD
    if (signed.method, signed.path, signed.body_hash) != (came.method, came.path, came.body_hash):
        return Bar.WRONG_REQUEST
    return None


def spaced_code(code: str) -> str:
    """An enrolment code as staff read it to each other: ABCD-EFGH-JKLM."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def plain_code(typed: str) -> str:
    """An enrolment code as it was typed, without what people put between."""
    return "".join(c for c in typed.upper() if c.isalnum())[: CODE_LENGTH + 1]


class Ailment(StrEnum):
    """What staff must see to at a terminal."""

    SILENT = "silent"
    DOOR_OPEN = "door_open"
    UNIT_FAULT = "unit_fault"
    LINE_FAULT = "line_fault"
    PAPER_OUT = "paper_out"
    PRINTER_FAULT = "printer_fault"
    SCANNER_FAULT = "scanner_fault"
    CLOCK_WRONG = "clock_wrong"


_SIGNS: tuple[tuple[str, str, Ailment], ...] = (
    ("door", "open", Ailment.DOOR_OPEN),
    ("unit", "fault", Ailment.UNIT_FAULT),
    ("paper", "out", Ailment.PAPER_OUT),
    ("printer", "fault", Ailment.PRINTER_FAULT),
    ("scanner", "fault", Ailment.SCANNER_FAULT),
)
_MOST_LINE_ERRORS = 0.2
_FEWEST_EXCHANGES = 10


def ailments(health: Health, beat_at: datetime | None, beat_s: int, now: datetime) -> tuple[Ailment, ...]:
    """What is wrong with a terminal, the worst first; its last beat counts for three."""
    found = [ailment for field, word, ailment in _SIGNS if health.get(field) == word]
    if beat_at is not None and now - beat_at > BEATS_MISSED * timedelta(seconds=beat_s):
        found.insert(0, Ailment.SILENT)
    errors, exchanges = _number(health, "line_errors"), _number(health, "line_exchanges")
    if exchanges >= _FEWEST_EXCHANGES and errors / exchanges > _MOST_LINE_ERRORS:
        found.append(Ailment.LINE_FAULT)
    if abs(_number(health, "offset_s")) > CLOCKS_DIFFER.total_seconds():
        found.append(Ailment.CLOCK_WRONG)
    return tuple(found)


def _number(health: Health, name: str) -> int:
    value = health.get(name)
    return value if isinstance(value, int) else 0


_WORDS: dict[str, tuple[str, ...]] = {
    "paper": ("ok", "low", "out", "none"),
    "printer": ("ok", "fault", "none"),
    "scanner": ("ok", "fault", "none"),
    "door": ("closed", "open", "none"),
    "unit": ("ok", "fault", "none"),
}
_FIGURES = ("line_errors", "line_exchanges", "disk_free_mb", "queue", "offset_s", "last_entry")
_MOST = 2**31


def read_health(said: object) -> dict[str, str | int | bool | None]:
    """Keep of a beat what we know the meaning of. Raises ValueError for what is not an object."""
    if not isinstance(said, dict):
        raise ValueError("health is not an object")
    words = {name: said[name] for name, known in _WORDS.items() if said.get(name) in known}
    figures = {
        name: said[name]
        for name in _FIGURES
        if isinstance(said.get(name), int) and not isinstance(said[name], bool) and abs(said[name]) < _MOST
    }
    return {**words, **figures}


class Kind(StrEnum):
    """What a terminal's journal tells of."""

    STARTED = "started"
    TOKEN_ENTERED = "token_entered"
    RELAY_CLOSED = "relay_closed"
    BALANCE_READ = "balance_read"
    PRINTED = "printed"
    PRINT_FAILED = "print_failed"
    DOOR_OPENED = "door_opened"
    DOOR_CLOSED = "door_closed"
    UNIT_FAULT = "unit_fault"
    LINE_FAULT = "line_fault"
    STAFF_BADGE = "staff_badge"
    STILL_OUT = "still_out"


_KEPT_FIELDS = ("purchase", "outcome", "code", "balance_minor", "relay_open", "receipt", "badge", "detail")
_LONGEST_WORD = 64
_TOKEN_LENGTH = 20


def read_body(said: object) -> dict[str, str | int | bool | None]:
    """Keep of a journal line's body what we know the meaning of; anything that looks like a token is left out."""
    if not isinstance(said, dict):
        return {}
    return {name: said[name] for name in _KEPT_FIELDS if name in said and _harmless(said[name])}


def _harmless(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= _LONGEST_WORD and sum(c.isdigit() for c in value) < min(_TOKEN_LENGTH, len(value) + 1)
    return value is None or (isinstance(value, int) and abs(value) < _MOST)
