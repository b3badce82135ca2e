"""Read the money in a meter (00900200, 00900201) and, where it keeps one, its purchase count."""

from headend_client.outcome import Refused, Unknown, Wallet
from headend_client.profiles.shape import CountFrom, CreditForm
from headend_client.verbs.call import Call
from meters_io.dlt645.purchase import build_state_query, parse_state_reply
from meters_io.dlt645.reads import BALANCE, OVERDRAFT, PURCHASE_COUNT, Register, build_read, parse_register


async def read_wallet(call: Call) -> Wallet | Refused | Unknown:
    """Read balance, overdraft and count. Refused("no_wallet") by a model without one. Raises Unreachable."""
    if call.profile.credit is CreditForm.NONE:
        return Refused("no_wallet")
    balance = await _figure(call, BALANCE)
    if not isinstance(balance, int):
        return balance
    overdraft = await _figure(call, OVERDRAFT)
    if not isinstance(overdraft, int):
        return overdraft
    if call.profile.count is CountFrom.NOWHERE:
        return Wallet(balance - overdraft, overdraft, None)
    count = await _count(call)
    return Wallet(balance - overdraft, overdraft, count) if isinstance(count, int) else count


async def _count(call: Call) -> int | Refused | Unknown:
    """Ask the chip; a meter that does not know the question has the count in its newest purchase record."""
    address, wording = call.target.address, call.profile.dialect.wording
    state = await call.ask_alone(build_state_query(address), lambda reply: parse_state_reply(reply, address, wording))
    match state:
        case Refused():
            return await _figure(call, PURCHASE_COUNT)
        case Unknown():
            return state
        case _:
            return state.count


async def _figure(call: Call, register: Register[int | None]) -> int | Refused | Unknown:
    address = call.target.address
    figure = await call.ask_alone(
        build_read(address, register.di), lambda reply: parse_register(reply, address, register)
    )
    return Unknown("not_available") if figure is None else figure
