"""Moving a meter from one key to another, and what forbids it (IEC 62055-41, 6.1.8 and 6.5)."""

from meters_io.errors import LocalError
from meters_io.sts.ciphers import cipher_of
from meters_io.sts.key_change import KeyChange, change_between, encode_key_change
from meters_io.sts.key_types import may_follow
from meters_io.sts.keys import decoder_key
from meters_io.sts.vending import Issuer


def lawful_change(old: Issuer, new: Issuer, *, three_tokens: bool = False) -> KeyChange:
    """Return the change of a meter from the key of one issuer to that of another.

    Raises LocalError: `key_type_change` (no meter takes a key of this kind after the old one), `same_key` (a roll-over
    that would leave the decoder key as it is), and as `change_between` does.
    """
    if not may_follow(old.key.kt, new.key.kt):
        raise LocalError("a key of this kind may not follow the old one", code="key_type_change", field="kt")
    change = change_between(old.key, new.key, new.meter, three_tokens=three_tokens)
    if change.rollover and change.key == decoder_key(old.key, old.meter):
        # Its memory emptied under the same key, the meter would take every token of the past once more.
        raise LocalError("a new base date needs a new decoder key", code="same_key", field="base_date")
    return change


def change_set(old: Issuer, change: KeyChange) -> tuple[str, ...]:
    """Return the tokens of a change, under the key of `old`. Raises LocalError as `decoder_key` and `cipher_of` do."""
    return encode_key_change(cipher_of(old.meter.ea, decoder_key(old.key, old.meter), old.tables), change)
