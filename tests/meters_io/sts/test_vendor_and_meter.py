"""A vendor and a meter against each other, with clocks, lost slips, repeated requests, key changes and roll-overs.

What must hold: no token is credited twice, none that is typed in the order of sale is refused, and once every set was
typed the meter is under the configuration that the vendor has on record.
"""

import json
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from meters_io.errors import LocalError
from meters_io.sts.ciphers import Algorithm
from meters_io.sts.ciphers.sta import SAMPLE_TABLES
from meters_io.sts.key_ring import KeyRing
from meters_io.sts.keys import KeyType, decoder_key
from meters_io.sts.management import Management
from meters_io.sts.meter import Meter, MeterRules, ResultCode
from meters_io.sts.meter_state import MeterState, manufactured
from meters_io.sts.tid import BaseDate, tid_at
from meters_io.sts.transfer import Credit, encode_credit
from meters_io.sts.vending import CreditOrder, ManagementOrder, VendingRules
from meters_io.sts.vending_point import VendingPoint, order_change
from meters_io.sts.vending_record import (
    ChangeOrder,
    Issue,
    Order,
    VendingRecord,
    Wanted,
    configuration_of,
)
from meters_io.sts.vending_saved import record_from_plain, record_to_plain
from tests.meters_io.sts.published import KEY, PAN

MADE = datetime(2019, 12, 1, 8, 0, tzinfo=UTC)
PATIENT = VendingRules(clock_tolerance=timedelta(hours=1))  # more than all steps of a run can put a TID ahead
ELSEWHERE = replace(KEY, secret=bytes(range(20)), sgc="203557", krn=9)
ROOMY = MeterRules(units_max=10**12, currency_max=10**16)
FORBIDDEN_NOW = frozenset({"key_expired", "tid_exhausted", "special_taken", "no_change", "ddtk_credit", "key_returns"})
AT_HAND = 6  # keys that the vendor keeps of a group
RESOURCES = st.sampled_from([Credit.ELECTRICITY, Credit.ELECTRICITY_CURRENCY])


class VendorAndMeter(RuleBasedStateMachine):
    """Tokens are typed in the order of sale, except those that a customer mislaid and finds later."""

    def __init__(self) -> None:
        super().__init__()
        self.now = MADE + timedelta(hours=1)  # in the very minute a meter is made it takes no token
        self.keys = [replace(KEY, base_date=BaseDate.Y1993)]
        self.record = self.first_record()
        config = self.record.config(1)
        self.meter = Meter(manufactured(self.keys[0], config, MADE, memory_size=5), ROOMY, SAMPLE_TABLES)
        self.made = 1
        self.orders: list[Order] = []
        self.answers: dict[str, Issue] = {}
        self.drawer: deque[Issue] = deque()
        self.mislaid: list[Issue] = []
        self.accepted: list[str] = []
        self.owed = [0] * 8

    def first_record(self) -> VendingRecord:
        return VendingRecord(PAN, configuration_of(self.keys[0], 1))

    @rule(minutes=st.sampled_from([0, 1, 2, 17, 1440, 30_000, 70_000]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes, seconds=7)

    @rule(resource=RESOURCES, amount=st.integers(1, 10**6), behind=st.integers(0, 10), special=st.booleans())
    def credit_is_sold(self, resource: Credit, amount: int, behind: int, *, special: bool) -> None:
        self.sell(CreditOrder(self.next_request(), resource, amount, special), behind)

    @rule(limit=st.integers(0, 10**6))
    def a_power_limit_is_ordered(self, limit: int) -> None:
        self.sell(ManagementOrder(self.next_request(), Management.MAXIMUM_POWER_LIMIT, limit))

    @rule(ti=st.integers(1, 3))
    def another_tariff_is_ordered(self, ti: int) -> None:
        self.record = order_change(self.record, Wanted(ti=ti))

    @rule(sgc=st.sampled_from([KEY.sgc, ELSEWHERE.sgc]), ti=st.integers(1, 3))
    def the_meter_is_to_move_to_a_group(self, sgc: str, ti: int) -> None:
        self.record = order_change(self.record, Wanted(sgc=sgc, ti=ti))

    @rule(ti=st.integers(1, 2), which=st.integers(0))
    def a_change_to_some_key_is_sold_alone(self, ti: int, which: int) -> None:
        krn = self.keys[which % len(self.keys)].krn
        self.sell(ChangeOrder(self.next_request(), Wanted(KEY.sgc, ti, krn)))

    @rule()
    def the_meter_is_moved_elsewhere_and_back(self) -> None:
        home = self.record.active
        for wanted in (Wanted(sgc=ELSEWHERE.sgc), Wanted(home.sgc, home.ti, home.krn)):
            self.sell(ChangeOrder(self.next_request(), wanted))

    @rule(base=st.sampled_from(BaseDate), life=st.integers(0, 3), kt=st.sampled_from([KeyType.DDTK, KeyType.DUTK]))
    def the_group_gets_a_new_key(self, base: BaseDate, life: int, kt: KeyType) -> None:
        newest, active = self.keys[-1], self.record.active
        gone = self.keys[: len(self.keys) + 1 - AT_HAND]
        if any((key.sgc, key.krn) == (active.sgc, active.krn) for key in gone):
            return  # the meter's own key must be at hand when it comes to be moved
        try:
            ken = min((tid_at(self.now, base) >> 16) + life, 255)
        except LocalError:
            return  # of this base date no key is made now
        secret = self.made.to_bytes(20, "big")
        self.made += 1
        self.keys.append(replace(newest, secret=secret, krn=newest.krn % 9 + 1, base_date=base, ken=ken, kt=kt))
        self.keys = self.keys[-AT_HAND:]

    @rule()
    def the_newest_key_gets_a_longer_life(self) -> None:
        self.keys[-1] = replace(self.keys[-1], ken=255)

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0))
    def a_request_is_repeated(self, which: int) -> None:
        order = self.orders[which % len(self.orders)]
        before = self.record
        self.record, issue = self.vendor().issue(self.record, order, self.now, 9)
        assert (self.record, issue) == (before, self.answers[order.request_id])

    @precondition(lambda self: self.drawer)
    @rule(shuffle=st.integers(0, 99), faltering=st.booleans())
    def a_slip_is_typed(self, shuffle: int, *, faltering: bool) -> None:
        issue = self.drawer.popleft()
        if issue.change is not None:
            self.type_set(issue.change.digits, Random(shuffle), faltering=faltering)
        if issue.token is not None:
            self.type_token(issue)

    @precondition(lambda self: self.drawer)
    @rule(shuffle=st.integers(0, 99))
    def the_token_of_a_slip_is_mislaid_and_its_set_printed_again(self, shuffle: int) -> None:
        _, again = self.vendor().issue(self.record, self.drawer.popleft().order, self.now, 9)
        if again.change is not None:
            self.type_set(again.change.digits, Random(shuffle), faltering=False)
        if again.token is not None:
            self.mislaid.append(again)

    @precondition(lambda self: self.mislaid)
    @rule(which=st.integers(0))
    def a_mislaid_token_is_found_and_typed(self, which: int) -> None:
        issue = self.mislaid.pop(which % len(self.mislaid))
        self.wait_for_the_meter()
        assert issue.token is not None
        if self.meter.enter(issue.token.digits, self.now).code is ResultCode.ACCEPT:
            self.booked(issue)

    @precondition(lambda self: self.accepted)
    @rule(which=st.integers(0))
    def a_used_token_is_typed_again(self, which: int) -> None:
        self.wait_for_the_meter()
        code = self.meter.enter(self.accepted[which % len(self.accepted)], self.now).code
        assert code in {
            ResultCode.USED_ERROR, ResultCode.OLD_ERROR, ResultCode.CRC_ERROR,
        }  # fmt: skip

    @rule(times=st.integers(1, 5))
    def somebody_guesses(self, times: int) -> None:
        for number in range(times):
            code = self.meter.enter(encode_credit(bytes(16), 0, 1, number, 5), self.now).code
            assert code in {ResultCode.CRC_ERROR, ResultCode.LOCKED_OUT}

    @rule()
    def the_supply_fails(self) -> None:
        plain = json.loads(json.dumps(self.meter.state.to_plain()))
        self.meter = Meter(MeterState.from_plain(plain), ROOMY, SAMPLE_TABLES)
        self.meter.power_cycled()

    @rule()
    def the_vendor_starts_again(self) -> None:
        self.record = record_from_plain(json.loads(json.dumps(record_to_plain(self.record))))

    @invariant()
    def the_meter_holds_what_its_tokens_carried(self) -> None:
        assert self.meter.state.credit == self.owed

    def teardown(self) -> None:
        while self.drawer:
            self.a_slip_is_typed(0, faltering=False)
        state, active = self.meter.state, self.record.active
        key = replace(self.vendor().ring.find(active.sgc, active.krn), kt=active.kt, base_date=active.base_date)
        assert state.key == decoder_key(key, self.record.config(active.ti))

    def vendor(self) -> VendingPoint:
        return VendingPoint(KeyRing((*self.keys, ELSEWHERE)), PATIENT, SAMPLE_TABLES)

    def next_request(self) -> str:
        return str(len(self.orders))

    def sell(self, order: Order, behind: int = 0) -> None:
        """Sell what can be sold; a refusal changes nothing."""
        try:
            self.record, issue = self.vendor().issue(self.record, order, self.now - timedelta(minutes=behind), 5)
        except LocalError as refusal:
            assert refusal.code in FORBIDDEN_NOW, (self.keys, self.record.active)
            return
        self.orders.append(order)
        self.answers[order.request_id] = issue
        self.drawer.append(issue)

    def type_set(self, digits: tuple[str, ...], chance: Random, *, faltering: bool) -> None:
        """Type a key change set in some order; who falters stops half way and begins again next day."""
        order = chance.sample(digits, len(digits))
        if faltering:
            for token in order[: len(order) // 2]:
                self.wait_for_the_meter()
                assert self.meter.enter(token, self.now).code in {ResultCode.FIRST_KCT, ResultCode.SECOND_KCT}
            self.now += timedelta(days=1)
            chance.shuffle(order)
        self.wait_for_the_meter()
        assert [self.meter.enter(token, self.now).code for token in order][-1] is ResultCode.ACCEPT

    def type_token(self, issue: Issue) -> None:
        """Type a token in the order of sale; only the special one of a day may be too old, as its minute is."""
        self.wait_for_the_meter()
        assert issue.token is not None
        smallest = self.meter.state.tids[0]
        code = self.meter.enter(issue.token.digits, self.now).code
        if issue.token.order.special and issue.token.tid < smallest:
            assert code is ResultCode.OLD_ERROR
            return
        assert code is ResultCode.ACCEPT
        self.booked(issue)

    def booked(self, issue: Issue) -> None:
        assert issue.token is not None
        self.accepted.append(issue.token.digits)
        if isinstance(issue.order, CreditOrder):
            self.owed[issue.order.subclass] += issue.token.granted

    def wait_for_the_meter(self) -> None:
        until = self.meter.state.locked_until
        self.now = self.now if until is None else max(self.now, until)


class VendorAndOldMeter(VendorAndMeter):
    """The same for a meter of EA07 that wants sets of three."""

    def first_record(self) -> VendingRecord:
        return VendingRecord(PAN, configuration_of(self.keys[0], 1), Algorithm.STA, three_tokens=True)


# Nothing is shrunk: with this many steps that takes minutes, and a failure's steps read well enough.
_PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
TestVendorAndMeter = VendorAndMeter.TestCase
TestVendorAndMeter.settings = settings(max_examples=80, stateful_step_count=40, deadline=None, phases=_PHASES)
TestVendorAndOldMeter = VendorAndOldMeter.TestCase
TestVendorAndOldMeter.settings = settings(max_examples=40, stateful_step_count=40, deadline=None, phases=_PHASES)
