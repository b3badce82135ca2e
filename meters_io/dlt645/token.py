"""An STS token in a DL/T 645 frame, both sides.

No public layout exists for this. The one here is our own vendor block under C = 03, kept behind one
function per direction so that a maker's real one can take its place:

    request   DI 070190FF, operator 4, the 20 digits of the token as 10 BCD bytes, low pair first
    reply     DI, result code 1 (the meter's token result, 1 = accepted), TID 3 low byte first, 0 = not
    known
"""

from dataclasses import dataclass, field

from meters_io.bits import digits_from_bytes, digits_to_bytes, uint_from_bytes, uint_to_bytes
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.names import Security
from meters_io.dlt645.purchase import (
    build_security,
    build_security_reply,
    parse_security,
    parse_security_reply,
)
from meters_io.dlt645.refusals import Refusal, Wording
from meters_io.errors import RemoteError


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """`digits`: the 20 digits as they would be typed."""

    digits: str = field(repr=False)
    operator: int = 0


@dataclass(frozen=True, slots=True)
class TokenResult:
    """What the meter made of a token. `result`: 1 accepted, 9 old, 10 used ...; `tid`: its identifier, 0 =
    not known.
    """

    result: int
    tid: int = 0


def build_token(address: str, request: TokenRequest) -> Frame:
    """Carry a token to meter `address`. LocalError unless it is 20 digits."""
    return build_security(address, Security.TOKEN, request.operator, digits_to_bytes(request.digits, 10))


def parse_token(request: Frame) -> TokenRequest:
    """Read, as a meter, a token that was carried here."""
    di, operator, body = parse_security(request)
    if di != Security.TOKEN or len(body) != 10:
        raise RemoteError("this carries no token", code="not_a_token", field="data")
    return TokenRequest(digits_from_bytes(body), operator)


def build_token_reply(address: str, answer: TokenResult) -> Frame:
    """Say, as a meter, what became of a token."""
    body = uint_to_bytes(answer.result, 1) + uint_to_bytes(answer.tid, 3)
    return build_security_reply(address, Security.TOKEN, body)


def parse_token_reply(reply: Frame, address: str) -> TokenResult | Refusal:
    """Read what meter `address` made of a token; a `Refusal` means that it did not look at the token at
    all.
    """
    body = parse_security_reply(reply, address, Security.TOKEN, Wording.BITS)
    if isinstance(body, Refusal):
        return body
    if len(body) != 4:
        raise RemoteError("a token result has 4 bytes", code="bad_length", field="data")
    return TokenResult(body[0], uint_from_bytes(body[1:]))
