"""Enter STS tokens other than credit: a setting, or the sections of a key change in their order.

A token may be entered again after a lost answer: the meter remembers the settings it has taken, and takes a section of
a key change again. The last section is the exception: once it is in, the meter has another key and reads nothing of
this set any more. So a section that no longer reads, where one before it was read under the same key, was taken.
"""

from headend_client.errors import Unreachable
from headend_client.orders import EnterTokens
from headend_client.outcome import Readings, Refused, Unknown
from headend_client.spelling import Said
from headend_client.verbs.call import Call
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.token import TokenRequest, TokenResult, build_token, parse_token_reply
from meters_io.errors import LocalError
from meters_io.sts.results import ResultCode

_TAKEN = (ResultCode.ACCEPT, ResultCode.FIRST_KCT, ResultCode.SECOND_KCT)
_CHANGED = "key_changed"


async def enter_tokens(call: Call, order: EnterTokens) -> Readings | Refused | Unknown:
    """Enter them one after the other; a no ends it. Raises Unreachable when surely none was sent.

    Readings: `token_1` ...: the meter's word on each, `used_error` where it had taken it before.
    """
    try:
        requests = [build_token(call.target.address, TokenRequest(digits)) for digits in order.digits]
    except LocalError:
        return Refused("bad_value")
    words: dict[str, Said] = {}
    for place, request in enumerate(requests, 1):
        try:
            word = await _enter(call, request, followed=place > 1)
        except Unreachable as error:
            if place == 1:
                raise
            return Unknown(str(error))
        if not isinstance(word, str):
            return word
        words[f"token_{place}"] = word
    return Readings(words)


async def _enter(call: Call, request: Frame, *, followed: bool) -> str | Refused | Unknown:
    """Enter one, and once more if nothing says what became of it. `followed`: one before it was read."""
    said = await _send(call, request)
    if not isinstance(said, Unknown):
        return _meaning(said)
    try:
        again = await _send(call, request)
    except Unreachable:
        return said
    if isinstance(again, TokenResult) and again.result == ResultCode.CRC_ERROR and followed:
        return _CHANGED
    return again if isinstance(again, Unknown) else _meaning(again)


async def _send(call: Call, request: Frame) -> TokenResult | Refused | Unknown:
    async with call.turn() as turn:
        return await call.tell(turn, request, lambda reply: parse_token_reply(reply, call.target.address))


def _meaning(said: TokenResult | Refused) -> str | Refused | Unknown:
    if isinstance(said, Refused):
        return said
    try:
        result = ResultCode(said.result)
    except ValueError:
        return Unknown("unknown_result")
    name = result.name.lower()
    return name if result in _TAKEN or result is ResultCode.USED_ERROR else Refused(name)
