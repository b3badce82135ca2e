"""The lines of a token journal: one JSON object each.

    {"v": 2, "request_id", "drn", "sgc", "krn", "asked", "at", "tokens": [{"digits", "tid", ...}, ...]}

`tokens` null: asked of a module, and no answer has come yet. An empty list: the module surely made none. Lines of the
first kind, without "v", hold one credit token each and are still read.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import cast

from headend_client.security import (
    IssuedToken,
    IssueRequest,
    KeyChanged,
    KeyChangeRequest,
    ManagementRequest,
    MeterKey,
    SecurityCode,
    SecurityError,
)

Request = IssueRequest | ManagementRequest | KeyChangeRequest
Owner = tuple[str, str, int]
"""Meter number, supply group, key revision: what a TID must be the only one of."""

_FORM = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of a request. `asked`: what it asked for, the same whenever it comes again. `at`: ISO 8601.

    `sgc`, `krn`: the key of those tokens that have a TID. `tokens`: see above.
    """

    request_id: str
    drn: str
    sgc: str
    krn: int
    asked: str
    at: str
    tokens: tuple[IssuedToken, ...] | None

    @property
    def owner(self) -> Owner:
        """Who its TIDs belong to."""
        return self.drn, self.sgc, self.krn

    @property
    def last_tid(self) -> int | None:
        """The newest TID of its tokens."""
        return max((token.tid for token in self.tokens or () if token.tid is not None), default=None)


def entry_of(request: Request, drn: str, tokens: tuple[IssuedToken, ...] | None) -> Entry:
    """Return what is remembered of a request. `drn`: the number printed on the meter."""
    to = request.change_to if isinstance(request, IssueRequest) else None
    key = to or request.meter
    return Entry(request.request_id, drn, key.sgc, key.krn, asked_by(request), request.at.isoformat(), tokens)


def same(entry: Entry, request: Request) -> Entry:
    """Return what stands for a request that comes again: it must ask for the same; its meter may have got another key
    meanwhile. Raises SecurityError(PERMISSION)."""
    if entry.asked != asked_by(request):
        raise SecurityError(SecurityCode.PERMISSION, "request_reused")
    return entry


def asked_by(request: Request) -> str:
    """Return what a request asks for, as entries remember it."""
    match request:
        case IssueRequest(meter=meter, subclass=subclass, amount=amount):
            return credit_asked(meter.drn, subclass, amount)
        case ManagementRequest(meter=meter, subclass=subclass, value=value):
            return f"management {meter.drn} {subclass} {value}"
        case KeyChangeRequest(meter=meter, to=to):
            return f"key_change {meter.drn} {to.sgc} {to.krn} {to.ti}"


def credit_asked(drn: str, subclass: int, amount: int) -> str:
    """Return what a request for credit asks for."""
    return f"credit {drn} {subclass} {amount}"


def write_line(entry: Entry) -> bytes:
    """Return an entry's line, its end included."""
    return json.dumps({"v": _FORM, **asdict(entry)}).encode() + b"\n"


def read_line(line: bytes) -> Entry:
    """Return the entry of a line. Raises ValueError, TypeError or KeyError for what is none."""
    plain = json.loads(line)
    if not isinstance(plain, dict):
        raise TypeError("an object is due")
    form = plain.pop("v", 1)
    if form == 1:
        return _first_form(plain)
    if form != _FORM:
        raise ValueError("a form of a newer program")
    tokens = plain.pop("tokens")
    return Entry(**plain, tokens=None if tokens is None else tuple(_token(each) for each in tokens))


def _token(plain: dict[str, object]) -> IssuedToken:
    change = plain.pop("change")
    return IssuedToken(**plain, change=_changed(change))  # type: ignore[arg-type]  # what `asdict` wrote


def _changed(plain: object) -> KeyChanged | None:
    if plain is None:
        return None
    found = cast(dict[str, Mapping[str, object]], plain)
    to = MeterKey(**found.pop("to"))  # type: ignore[arg-type]  # what `asdict` wrote
    return KeyChanged(to, **found)  # type: ignore[arg-type]


def _first_form(plain: Mapping[str, object]) -> Entry:
    line = cast(Mapping[str, str], plain)
    drn, subclass = line["drn"], int(line["subclass"])
    token = IssuedToken(line["digits"], int(line["tid"]), subclass, int(line["granted"]))
    asked = credit_asked(drn, subclass, int(line["amount"]))
    return Entry(line["request_id"], drn, line["sgc"], int(line["krn"]), asked, line["at"], (token,))
