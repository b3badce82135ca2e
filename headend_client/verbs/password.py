"""The plain password of meters without a chip: PA and P0 P1 P2, for relay orders and for writes."""

from headend_client.verbs.call import Call
from meters_io.bits import uint_from_bytes
from meters_io.dlt645.relay import Password


async def plain_password(call: Call) -> Password:
    """Return what the security module has for this meter. Raises SecurityError."""
    raw = await call.security.relay_password(call.target)
    return Password(raw[0], uint_from_bytes(raw[1:4]))
