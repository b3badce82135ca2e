"""Recharge an ESAM meter (070102FF). The count it goes under makes it safe to repeat."""

from headend_client.outcome import Done, Refused, Unknown
from headend_client.profiles.shape import CreditForm
from headend_client.security import RechargeMacs
from headend_client.target import Recharge
from headend_client.verbs.call import Call
from headend_client.verbs.identity import authenticate
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.purchase import Accepted, Purchase, PurchaseKind, build_purchase, parse_purchase_reply
from meters_io.dlt645.refusals import Refusal


async def send_purchase(call: Call, recharge: Recharge) -> Done | Refused | Unknown:
    """Authenticate and recharge in one turn. Raises Unreachable when the recharge surely did not leave.

    `duplicate_recharge` is a refusal too: the caller reads back, and the count tells whose it was.
    """
    if call.profile.credit is not CreditForm.RECHARGE:
        return Refused("not_supported")
    async with call.turn() as turn:
        opened = await authenticate(call, turn)
        if isinstance(opened, Refused):
            return opened
        macs = await call.security.recharge_macs(
            call.target, opened.challenge, opened.random2, recharge.amount_minor, recharge.number
        )
        said = await call.tell(turn, _request(call, recharge, macs), lambda reply: _parse(call, reply))
    return Done() if isinstance(said, Accepted) else said


def _request(call: Call, recharge: Recharge, macs: RechargeMacs) -> Frame:
    purchase = Purchase(
        amount_cents=recharge.amount_minor,
        count=recharge.number,
        customer=call.target.customer,
        mac1=macs.amount_count,
        mac2=macs.customer,
    )
    return build_purchase(call.target.address, PurchaseKind.RECHARGE, purchase)


def _parse(call: Call, reply: Frame) -> Accepted | Refusal:
    return parse_purchase_reply(reply, call.target.address, PurchaseKind.RECHARGE, call.profile.dialect.wording)
