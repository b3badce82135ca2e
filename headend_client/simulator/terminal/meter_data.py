"""What a terminal has read from a meter, as AFN 0C and 0D want it. It asks as any master does: item by item.

A meter that does not answer leaves nothing to tell. Of frozen days it has what the meter itself froze.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal

from headend_client.simulator.answers import Answerer
from headend_client.simulator.faults import Script
from headend_client.simulator.state import E5_PER_CENT, FrozenDay
from headend_client.simulator.world import Profile
from meters_io.dlt645.names import Item
from meters_io.dlt645.reads import ReadData, build_read, parse_read_reply
from meters_io.dlt645.values import energy_from_bytes, money_from_bytes, number_from_bytes
from meters_io.gdw1376.meter_values import PurchaseInfo, Register, RelayState, StatusWords

_ENERGIES = (Item.ENERGY, 0x00010100, 0x00010200, 0x00010300, 0x00010400)
_WORDS = range(0x04000501, 0x04000508)
_RELAY_OPEN = 1 << 4


@dataclass(frozen=True, slots=True)
class MeterData:
    """One meter as its terminal reads it `now`."""

    answerer: Answerer
    now: datetime
    zone: tzinfo

    def register(self) -> Register | None:
        """F129: energy, total and by tariff."""
        wh = [energy_from_bytes(raw) if raw else None for raw in map(self._item, _ENERGIES)]
        return None if wh[0] is None else Register(self.now, _kwh(wh[0]), tuple(_kwh(each) for each in wh[1:]))

    def relay(self) -> RelayState | None:
        """F161: whether the relay is closed."""
        word = self._item(Item.STATUS_3)
        if word is None:
            return None
        return RelayState(self.now, not int.from_bytes(word, "little") & _RELAY_OPEN, None, None)

    def purchase(self) -> PurchaseInfo | None:
        """F167: count, balance (below zero where it is overdrawn) and what was ever bought."""
        balance, overdraft = self._cents(Item.BALANCE), self._cents(Item.OVERDRAFT)
        if balance is None:
            return None
        count = self._item(Item.PURCHASE_COUNT)
        bought = self._cents(Item.PURCHASED_IN_ALL)
        return PurchaseInfo(
            self.now,
            number_from_bytes(count, 2) if count else None,
            _yuan(balance) if balance or not overdraft else Decimal(0),
            None if bought is None else _yuan(bought),
        )

    def status(self) -> StatusWords | None:
        """F28: the seven status words; a word that the meter does not have is zero."""
        words = [int.from_bytes(raw, "little") if raw else None for raw in map(self._item, _WORDS)]
        if words[2] is None:
            return None
        return StatusWords(self.now, (0,) * 7, tuple(word or 0 for word in words))

    def frozen(self, day: date) -> FrozenDay | None:
        """Return what the meter froze at the end of a day; None before that, and of a dead meter."""
        meter = self.answerer.meter
        if meter.behaviour.script is Script.DEAD:
            return None
        meter.advance(self.now)
        end = datetime(day.year, day.month, day.day, tzinfo=self.zone) + timedelta(days=1)
        return next((kept for kept in reversed(meter.state.frozen) if kept.at.astimezone(self.zone) == end), None)

    def frozen_register(self, kept: FrozenDay) -> Register:
        """0D F161, F177."""
        total, *tariffs = (_kwh(wh) for wh in kept.energies_wh)
        return Register(kept.at, total, tuple(tariffs))

    def frozen_purchase(self, kept: FrozenDay) -> PurchaseInfo:
        """0D F210, F215. An STS meter counts no purchases."""
        meter = self.answerer.meter
        counts = meter.spec.profile is Profile.ESAM
        bought = sum(credit.amount_e5 for credit in meter.state.credits if credit.at < kept.at) // E5_PER_CENT
        balance = max(kept.money_e5, 0) // E5_PER_CENT
        return PurchaseInfo(kept.at, kept.purchase_count if counts else None, _yuan(balance), _yuan(bought))

    def frozen_relay(self, kept: FrozenDay) -> RelayState:
        """0D F209: no meter freezes its relay, so it is what the terminal saw last."""
        return RelayState(kept.at, not self.answerer.meter.state.relay.is_open, None, None)

    def _cents(self, di: int) -> int | None:
        raw = self._item(di)
        return money_from_bytes(raw) if raw else None

    def _item(self, di: int) -> bytes | None:
        address = self.answerer.meter.spec.address
        frame = self.answerer.ask(build_read(address, di), self.now).frame
        answer = parse_read_reply(frame, address, di) if frame else None
        return answer.data if isinstance(answer, ReadData) else None


def _kwh(wh: int | None) -> Decimal | None:
    return None if wh is None else Decimal(wh) / 1000


def _yuan(cents: int) -> Decimal:
    return Decimal(cents) / 100
