"""Carry an STS token to its meter, as if it had been typed. The same token again is safe: the meter remembers it."""

from headend_client.outcome import Refused, TokenTaken, Unknown
from headend_client.profiles.shape import CreditForm
from headend_client.verbs.call import Call
from meters_io.dlt645.token import TokenRequest, TokenResult, build_token, parse_token_reply
from meters_io.sts.meter import ResultCode

_NAMES = {code.value: code.name.lower() for code in ResultCode}


async def send_token(call: Call, digits: str) -> TokenTaken | Refused | Unknown:
    """Send the 20 digits. Raises Unreachable when they surely did not leave."""
    if call.profile.credit is not CreditForm.TOKEN:
        return Refused("not_supported")
    address = call.target.address
    async with call.turn() as turn:
        said = await call.tell(
            turn, build_token(address, TokenRequest(digits)), lambda reply: parse_token_reply(reply, address)
        )
    return _meaning(said) if isinstance(said, TokenResult) else said


def _meaning(said: TokenResult) -> TokenTaken | Refused | Unknown:
    """USED proves an earlier acceptance; OLD does not, it only says that newer tokens were taken.

    A section of a key change is taken although the change waits for the others.
    """
    match said.result:
        case ResultCode.ACCEPT | ResultCode.FIRST_KCT | ResultCode.SECOND_KCT:
            return TokenTaken(already=False)
        case ResultCode.USED_ERROR:
            return TokenTaken(already=True)
        case result if result in _NAMES:
            return Refused(_NAMES[result])
        case _:
            return Unknown("unknown_result")
