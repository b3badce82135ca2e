"""Identity authentication (DL/T 645-2007, 070000FF): what has to go before a recharge or a sealed relay order."""

from dataclasses import dataclass

from headend_client.errors import Unreachable
from headend_client.link import Turn
from headend_client.outcome import Refused, Unknown
from headend_client.security import Challenge
from headend_client.verbs.call import Call
from meters_io.dlt645.purchase import Authentication, build_authentication, diversifier, parse_authenticated


@dataclass(frozen=True, slots=True)
class Opened:
    """An authenticated session with a meter: good for five minutes, or until somebody opens another one."""

    challenge: Challenge
    random2: bytes


async def authenticate(call: Call, turn: Turn) -> Opened | Refused:
    """Open a session within the turn that will use it. Raises Unreachable: it changes nothing in the meter."""
    address, wording = call.target.address, call.profile.dialect.wording
    challenge = await call.security.challenge(call.target)
    request = build_authentication(address, Authentication(challenge.cipher, challenge.random, diversifier(address)))
    said = await call.ask(turn, request, lambda reply: parse_authenticated(reply, address, wording))
    match said:
        case Refused():
            return said
        case Unknown(reason=reason):
            raise Unreachable(reason)
        case _:
            return Opened(challenge, said.random2)
