"""The vending side of a meter through its key changes, as a pure state machine: record, order and clock in.

A token is made under the key that shall be in force. Where that is not the one the meter has, because a change was
ordered or the vending key was superseded, the key change set goes first, under the old key. Only with that issue is
the new configuration recorded as active. Save the record before a token leaves the house: once it is printed nothing
takes it back, neither token nor key.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from meters_io.errors import LocalError
from meters_io.sts.ciphers import Algorithm, cipher_of
from meters_io.sts.ciphers.sta import StaTables
from meters_io.sts.key_change import change_between, encode_key_change
from meters_io.sts.key_ring import KeyRing
from meters_io.sts.keys import Dkga, VendingKey
from meters_io.sts.vending import Issuer, VendingRules, VendingState, choose_tid
from meters_io.sts.vending_change import change_set, lawful_change
from meters_io.sts.vending_record import (
    ChangeOrder,
    Configuration,
    Issue,
    KeyChangeSet,
    Order,
    VendingRecord,
    Wanted,
    configuration_of,
)

_EMPTY_MEMORY = 0  # a roll-over fills the meter's memory with zeros, so the first minute of a base date is taken
_USUAL = VendingRules()


@dataclass(frozen=True, slots=True)
class VendingPoint:
    """Makes tokens and key change sets with the keys at hand. EA07 meters need the operator's `tables`.

    `follows`: whether a meter is moved of itself when its vending key is superseded (a newer revision, another key
    expiry number, kind or base date), or only when somebody orders it.
    """

    ring: KeyRing
    rules: VendingRules = _USUAL
    tables: StaTables | None = None
    follows: bool = True

    def issue(self, record: VendingRecord, order: Order, now: datetime, rnd: int) -> tuple[VendingRecord, Issue]:
        """Return the record to save and what answers `order`: the same as before if the request was served before.

        `rnd`: four bits from a cryptographic source. Raises LocalError: `request_reused`, `unknown_key`,
        `key_type_change` (this kind of key may not follow), `same_key` (a roll-over that would leave the key as it
        is), `key_returns` (one that would bring back a key from before a roll-over), `no_change` (a key change was
        ordered and none is due), and as `Issuer.issue` does.
        """
        earlier = record.issued.get(order.request_id)
        if earlier is not None:
            return record, _same(earlier, order)
        wanted = order.wanted if isinstance(order, ChangeOrder) and order.wanted else record.wanted
        key, target = self._target(record, wanted, now)
        issuer = self._issuer(record, key, target.ti)
        change = self._change(record, issuer, target) if target != record.active else None
        moved = replace(record, wanted=None) if change is None else _moved(record, change)
        if isinstance(order, ChangeOrder):
            choose_tid(key, None, now, self.rules)  # a key that could make no token now is no key to move to
            return _issued(moved, _change_alone(order, change))
        state, token = issuer.issue(VendingState(moved.last_tid, {}, moved.last_special), order, now, rnd)
        moved = replace(moved, last_tid=state.last_tid, last_special=state.last_special)
        return _issued(moved, Issue(order, change, token))

    def commission(self, record: VendingRecord, initial: bytes, *, rollover: bool = False) -> tuple[str, ...]:
        """Return the set that leads a meter from its maker's key (`initial`, a DITK) to its active configuration.

        Raises LocalError as `decoder_key` and `cipher_of` do.
        """
        key = self._key_of(record.active)
        change = change_between(key, key, record.config(record.active.ti), three_tokens=_third(record))
        return encode_key_change(cipher_of(record.ea, initial, self.tables), replace(change, rollover=rollover))

    def _target(self, record: VendingRecord, wanted: Wanted | None, now: datetime) -> tuple[VendingKey, Configuration]:
        key = self._chosen(record.active, wanted or Wanted(), now)
        ti = record.active.ti if wanted is None or wanted.ti is None else wanted.ti
        return key, configuration_of(key, ti)

    def _chosen(self, active: Configuration, wanted: Wanted, now: datetime) -> VendingKey:
        sgc = wanted.sgc or active.sgc
        if wanted.krn is not None:
            return self.ring.find(sgc, wanted.krn)
        if sgc != active.sgc:
            return self.ring.newest(sgc, now, self.rules.clock_offset)
        if not self.follows:
            return self._key_of(active)
        return self.ring.successor(sgc, active.krn, now, self.rules.clock_offset)

    def _key_of(self, configuration: Configuration) -> VendingKey:
        """Return the key of a configuration with the attributes it had when the meter got it."""
        key = self.ring.find(configuration.sgc, configuration.krn)
        return replace(key, kt=configuration.kt, ken=configuration.ken, base_date=configuration.base_date)

    def _change(self, record: VendingRecord, new: Issuer, target: Configuration) -> KeyChangeSet:
        old = self._issuer(record, self._key_of(record.active), record.active.ti)
        change = lawful_change(old, new, three_tokens=_third(record))
        made = KeyChangeSet(record.active, target, change_set(old, change))
        if _revives(target, (*record.changes, made), dated=new.key.dkga is Dkga.DKGA04):
            raise LocalError(
                "the meter had this key before its TID memory was emptied", code="key_returns", field="wanted"
            )
        return made

    def _issuer(self, record: VendingRecord, key: VendingKey, ti: int) -> Issuer:
        return Issuer(key, record.config(ti), self.rules, self.tables)


def order_change(record: VendingRecord, wanted: Wanted) -> VendingRecord:
    """Return the record with a key change that goes out with the next token; it takes the place of an earlier order."""
    return replace(record, wanted=wanted)


def sets_to_reissue(record: VendingRecord, has: Configuration) -> tuple[KeyChangeSet, ...]:
    """Return the sets that lead a meter that still `has` an earlier configuration to the active one, as first issued.

    Empty where it has that already. Raises LocalError `never_had` for a configuration it was not known under.
    """
    if has == record.active:
        return ()
    for at in reversed(range(len(record.changes))):
        if record.changes[at].old == has:
            return record.changes[at:]
    raise LocalError("this meter was never known under that key", code="never_had", field="configuration")


def _revives(target: Configuration, changes: tuple[KeyChangeSet, ...], *, dated: bool) -> bool:
    """Tell whether a meter would get back a key that it had before a roll-over: it would take its old tokens once more.

    `dated`: the base date is part of the decoder key.
    """
    emptied = False
    for change in reversed(changes):
        emptied = emptied or change.rolls_over
        if emptied and _alike(change.old, target, dated=dated):
            return True
    return False


def _alike(one: Configuration, other: Configuration, *, dated: bool) -> bool:
    """Tell whether two configurations have one decoder key: the key expiry number is no part of it."""
    return replace(one, ken=0) == replace(other, ken=0, base_date=other.base_date if dated else one.base_date)


def _moved(record: VendingRecord, change: KeyChangeSet) -> VendingRecord:
    moved = replace(record, active=change.new, wanted=None, changes=(*record.changes, change))
    return replace(moved, last_tid=_EMPTY_MEMORY, last_special=None) if change.rolls_over else moved


def _issued(record: VendingRecord, issue: Issue) -> tuple[VendingRecord, Issue]:
    return replace(record, issued={**record.issued, issue.order.request_id: issue}), issue


def _change_alone(order: ChangeOrder, change: KeyChangeSet | None) -> Issue:
    if change is None:
        raise LocalError("the meter has this key already", code="no_change", field="wanted")
    return Issue(order, change, None)


def _same(earlier: Issue, order: Order) -> Issue:
    if earlier.order != order:
        raise LocalError("this request was another order before", code="request_reused", field="request_id")
    return earlier


def _third(record: VendingRecord) -> bool:
    return record.three_tokens and record.ea is Algorithm.STA
