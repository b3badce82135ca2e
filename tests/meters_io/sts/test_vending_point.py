"""A meter's way from key to key, as its vendor sees it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from meters_io.errors import LocalError
from meters_io.sts.ciphers import Algorithm
from meters_io.sts.ciphers.sta import SAMPLE_TABLES
from meters_io.sts.key_ring import KeyRing
from meters_io.sts.keys import Dkga, KeyType, VendingKey
from meters_io.sts.management import Management
from meters_io.sts.meter import Meter, ResultCode
from meters_io.sts.meter_state import MeterState, manufactured
from meters_io.sts.tid import BaseDate, tid_at
from meters_io.sts.transfer import Credit
from meters_io.sts.vending import CreditOrder, ManagementOrder, VendingRules
from meters_io.sts.vending_point import VendingPoint, order_change, sets_to_reissue
from meters_io.sts.vending_record import ChangeOrder, Issue, Order, VendingRecord, Wanted, configuration_of
from tests.meters_io.sts.published import KEY, PAN

MADE = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
NOON_TID = tid_at(NOON, BaseDate.Y2014)
NEWER = replace(KEY, secret=bytes(range(20)), krn=2)
ELSEWHERE = replace(KEY, secret=bytes(range(20, 40)), sgc="123457")
RECORD = VendingRecord(PAN, configuration_of(KEY, 1))
ORDER = CreditOrder("first", Credit.ELECTRICITY, 100)
AGAIN = replace(ORDER, request_id="second")


def point(*keys: VendingKey, **changes: object) -> VendingPoint:
    return replace(VendingPoint(KeyRing(keys or (KEY,)), tables=SAMPLE_TABLES), **changes)  # type: ignore[arg-type]


def new_meter(record: VendingRecord = RECORD, key: VendingKey = KEY) -> Meter:
    return Meter(manufactured(key, record.config(record.active.ti), MADE), tables=SAMPLE_TABLES)


def typed(meter: Meter, issue: Issue, now: datetime = NOON) -> list[ResultCode]:
    return [meter.enter(digits, now).code for digits in issue.digits]


def refused(vendor: VendingPoint, record: VendingRecord, order: Order, now: datetime = NOON) -> str:
    with pytest.raises(LocalError) as refusal:
        vendor.issue(record, order, now, 5)
    return refusal.value.code


def test_while_the_key_stands_there_is_a_token_and_no_set() -> None:
    record, issue = point().issue(RECORD, ORDER, NOON, 5)
    assert (issue.change, len(issue.digits)) == (None, 1)
    assert (record.active, record.last_tid, record.changes) == (RECORD.active, NOON_TID, ())
    assert typed(new_meter(), issue) == [ResultCode.ACCEPT]


def test_a_newer_key_goes_out_as_a_set_before_the_credit() -> None:
    record, issue = point(KEY, NEWER).issue(RECORD, ORDER, NOON, 5)
    meter = new_meter()
    assert typed(meter, issue)[3:] == [ResultCode.ACCEPT, ResultCode.ACCEPT]
    assert (meter.state.krn, meter.state.credit[0]) == (2, 100)
    assert record.active == configuration_of(NEWER, 1)
    _, next_issue = point(KEY, NEWER).issue(record, AGAIN, NOON, 5)
    assert (next_issue.change, typed(meter, next_issue)) == (None, [ResultCode.ACCEPT])


def test_the_credit_typed_before_its_set_is_refused_and_good_afterwards() -> None:
    _, issue = point(KEY, NEWER).issue(RECORD, ORDER, NOON, 5)
    meter = new_meter()
    *change, credit = issue.digits
    assert meter.enter(credit, NOON).code is ResultCode.CRC_ERROR
    assert [meter.enter(digits, NOON).code for digits in (*reversed(change), credit)][3:] == [ResultCode.ACCEPT] * 2


@pytest.mark.parametrize(
    "changed",
    [
        replace(KEY, ken=200),
        replace(KEY, kt=KeyType.DDTK),
        replace(KEY, base_date=BaseDate.Y1993, ken=255),
    ],
)
def test_a_key_whose_attributes_have_changed_is_superseded_too(changed: VendingKey) -> None:
    at = datetime(2024, 11, 1, tzinfo=UTC)  # all three base dates but one have begun, and none has run out
    order = ManagementOrder("limit", Management.MAXIMUM_POWER_LIMIT, 5_000)
    record, issue = point(changed).issue(RECORD, order, at, 5)
    assert record.active == configuration_of(changed, 1)
    meter = Meter(manufactured(KEY, RECORD.config(1), at - timedelta(days=1)))
    assert typed(meter, issue, at)[3:] == [ResultCode.ACCEPT] * 2
    assert (meter.state.ken, meter.state.kt) == (changed.ken, changed.kt)


def test_who_does_not_follow_sells_under_the_old_key_until_a_change_is_ordered() -> None:
    vendor = point(KEY, NEWER, follows=False)
    record, issue = vendor.issue(RECORD, ORDER, NOON, 5)
    assert issue.change is None
    record, issue = vendor.issue(order_change(record, Wanted(krn=2)), AGAIN, NOON, 5)
    assert record.active.krn == 2
    assert len(issue.digits) == 5


@pytest.mark.parametrize(
    ("wanted", "group", "ti"),
    [
        (Wanted(ti=7), KEY.sgc, 7),
        (Wanted(sgc="123457"), "123457", 1),
        (Wanted(sgc="123457", ti=7, krn=1), "123457", 7),
    ],
)
def test_an_ordered_change_waits_for_the_next_token(wanted: Wanted, group: str, ti: int) -> None:
    ordered = order_change(RECORD, wanted)
    assert ordered.active == RECORD.active
    record, issue = point(KEY, ELSEWHERE).issue(ordered, ORDER, NOON, 5)
    assert (record.active.sgc, record.active.ti, record.wanted) == (group, ti, None)
    meter = new_meter()
    assert typed(meter, issue)[3:] == [ResultCode.ACCEPT] * 2
    assert (meter.state.sgc, meter.state.ti) == (group, ti)


def test_a_change_can_be_asked_for_by_itself() -> None:
    order = ChangeOrder("move", Wanted(ti=9))
    record, issue = point().issue(RECORD, order, NOON, 5)
    assert (issue.token, record.active.ti, record.last_tid) == (None, 9, None)
    assert typed(new_meter(), issue)[-1] is ResultCode.ACCEPT
    assert point().issue(record, order, NOON, 5) == (record, issue)


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({"base_date": BaseDate.Y2035}, "tid_before_base"),
        ({"base_date": BaseDate.Y1993}, "tid_exhausted"),
        ({"ken": 85}, "key_expired"),
    ],
)
def test_no_meter_is_moved_to_a_key_that_could_sell_it_nothing(attributes: dict[str, object], code: str) -> None:
    vendor = point(KEY, replace(NEWER, **attributes))  # type: ignore[arg-type]
    assert refused(vendor, RECORD, ChangeOrder("move", Wanted(krn=2))) == code
    assert refused(vendor, order_change(RECORD, Wanted(krn=2)), ORDER) == code
    assert vendor.issue(RECORD, ORDER, NOON, 5)[1].change is None


def test_what_is_pending_is_what_a_change_without_a_wish_of_its_own_does() -> None:
    record, _ = point().issue(order_change(RECORD, Wanted(ti=9)), ChangeOrder("move"), NOON, 5)
    assert record.active.ti == 9


def test_a_change_to_what_a_meter_has_is_none() -> None:
    assert refused(point(), RECORD, ChangeOrder("move", Wanted(ti=1))) == "no_change"
    record, issue = point().issue(order_change(RECORD, Wanted(ti=1)), ORDER, NOON, 5)
    assert (issue.change, record.wanted) == (None, None)


def test_the_same_request_gets_the_same_tokens_whatever_has_changed_since() -> None:
    record, issue = point(KEY, NEWER).issue(RECORD, ORDER, NOON, 5)
    later = order_change(record, Wanted(ti=9))
    assert point(KEY).issue(later, ORDER, NOON + timedelta(days=400), 9) == (later, issue)
    assert refused(point(KEY), later, replace(ORDER, amount=7)) == "request_reused"


def test_a_lost_set_is_issued_again_as_it_was() -> None:
    record, first = point(KEY, NEWER).issue(RECORD, ORDER, NOON, 5)
    record, second = point(KEY, NEWER).issue(record, ChangeOrder("move", Wanted(ti=3)), NOON, 5)
    assert sets_to_reissue(record, RECORD.active) == (first.change, second.change)
    assert sets_to_reissue(record, configuration_of(NEWER, 1)) == (second.change,)
    assert sets_to_reissue(record, record.active) == ()
    with pytest.raises(LocalError) as refusal:
        sets_to_reissue(record, configuration_of(ELSEWHERE, 1))
    assert refusal.value.code == "never_had"


def test_a_refusal_leaves_the_active_key_and_the_order_as_they_were() -> None:
    ordered = order_change(RECORD, Wanted(ti=9))
    assert refused(point(), ordered, replace(ORDER, amount=-1)) == "amount_range"
    assert refused(point(), ordered, ORDER, MADE - timedelta(days=9999)) == "tid_before_base"
    record, issue = point().issue(ordered, ORDER, NOON, 5)
    assert (record.active.ti, len(issue.digits)) == (9, 5)


@pytest.mark.parametrize(
    ("keys", "record"),
    [
        ((ELSEWHERE,), RECORD),
        ((KEY,), order_change(RECORD, Wanted(sgc="123457"))),
        ((KEY,), order_change(RECORD, Wanted(krn=2))),
        ((NEWER,), RECORD),  # the set would have to go under the old key, and that is gone
    ],
)
def test_an_unknown_key_is_refused(keys: tuple[VendingKey, ...], record: VendingRecord) -> None:
    assert refused(point(*keys), record, ORDER) == "unknown_key"


@pytest.mark.parametrize(
    ("old", "new"), [(KeyType.DUTK, KeyType.DCTK), (KeyType.DCTK, KeyType.DUTK), (KeyType.DUTK, KeyType.DITK)]
)
def test_a_change_to_a_kind_of_key_that_no_meter_takes_is_refused(old: KeyType, new: KeyType) -> None:
    record = replace(RECORD, active=replace(RECORD.active, kt=old))
    assert refused(point(replace(KEY, kt=old), replace(NEWER, kt=new)), record, ORDER) == "key_type_change"


def test_credit_for_a_meter_on_its_way_out_of_a_default_key_is_sold() -> None:
    default = replace(KEY, kt=KeyType.DDTK)
    record = replace(RECORD, active=configuration_of(default, 1))
    assert refused(point(default), record, ORDER) == "ddtk_credit"
    _, issue = point(default, NEWER).issue(record, ORDER, NOON, 5)
    assert typed(new_meter(record, default), issue)[3:] == [ResultCode.ACCEPT] * 2


def test_an_expired_key_sells_nothing_but_leads_to_its_successor() -> None:
    expired = replace(KEY, ken=85)
    record = replace(RECORD, active=configuration_of(expired, 1))
    assert refused(point(expired), record, ORDER) == "key_expired"
    _, issue = point(expired, NEWER).issue(record, ORDER, NOON, 5)
    assert typed(new_meter(record, expired), issue)[3:] == [ResultCode.ACCEPT] * 2


def test_tids_go_on_across_a_change_of_key() -> None:
    record, first = point().issue(RECORD, ORDER, NOON, 5)
    _, second = point(KEY, NEWER).issue(record, AGAIN, NOON, 5)
    assert first.token and second.token
    assert second.token.tid == first.token.tid + 1
    meter = new_meter()
    assert typed(meter, first) == [ResultCode.ACCEPT]
    assert typed(meter, second)[-1] is ResultCode.ACCEPT


def test_a_roll_over_begins_at_the_new_base_date_and_empties_the_meters_memory() -> None:
    young = replace(NEWER, base_date=BaseDate.Y2035)
    vendor, eve = point(KEY, young), datetime(2034, 12, 31, 23, 59, tzinfo=UTC)
    record, before = vendor.issue(RECORD, ORDER, eve, 5)
    assert before.change is None
    record, issue = vendor.issue(record, AGAIN, eve + timedelta(minutes=1), 5)
    meter = new_meter()
    assert typed(meter, before) == [ResultCode.ACCEPT]
    # 00:00 stands in the emptied memory and 00:01 is reserved: the first token of the base date is that of 00:02.
    assert typed(meter, issue)[3:] == [ResultCode.ACCEPT] * 2
    assert (issue.token and issue.token.tid, record.last_tid) == (2, 2)
    assert meter.state.tids[-2:] == [0, 2]


def test_a_roll_over_that_would_leave_the_key_as_it_is_is_refused() -> None:
    old = VendingKey(bytes.fromhex("ABABABABABABABAB"), "123456", base_date=BaseDate.Y1993, dkga=Dkga.DKGA02)
    record = VendingRecord(PAN, configuration_of(old, 1), Algorithm.STA)
    at = datetime(2020, 1, 1, tzinfo=UTC)
    assert refused(point(replace(old, base_date=BaseDate.Y2014)), record, ORDER, at) == "same_key"
    _, issue = point(old, replace(old, krn=2, base_date=BaseDate.Y2014)).issue(record, ORDER, at, 5)
    assert len(issue.digits) == 3


OLD = replace(KEY, base_date=BaseDate.Y1993)
OLDER = replace(ELSEWHERE, sgc="123458", base_date=BaseDate.Y1993)
IN_2020 = datetime(2020, 1, 1, tzinfo=UTC)


def test_a_key_from_before_a_roll_over_would_revive_its_tokens_and_does_not_come_back() -> None:
    record = replace(RECORD, active=configuration_of(OLD, 1))
    vendor = point(OLD, ELSEWHERE, OLDER)
    record, first = vendor.issue(record, ORDER, IN_2020, 5)
    record, away = vendor.issue(record, ChangeOrder("away", Wanted(sgc=ELSEWHERE.sgc)), IN_2020, 5)
    assert refused(vendor, record, ChangeOrder("back", Wanted(sgc=OLD.sgc)), IN_2020) == "key_returns"
    # What it is that is refused here: the vendor forgets what was, and the meter takes a token a second time.
    _, back = vendor.issue(replace(record, changes=()), ChangeOrder("back", Wanted(sgc=OLD.sgc)), IN_2020, 5)
    meter = Meter(manufactured(OLD, RECORD.config(1), IN_2020 - timedelta(days=1)))
    for issue in (first, away, back, first):
        assert typed(meter, issue, IN_2020)[-1] is ResultCode.ACCEPT
    assert meter.state.credit[0] == 200


def test_nor_does_it_come_back_by_a_detour_without_a_roll_over() -> None:
    record = replace(RECORD, active=configuration_of(OLD, 1))
    vendor = point(OLD, ELSEWHERE, OLDER)
    for place, wanted in enumerate((Wanted(sgc=ELSEWHERE.sgc), Wanted(sgc=OLDER.sgc))):
        record, _ = vendor.issue(record, ChangeOrder(str(place), wanted), IN_2020, 5)
    back = ChangeOrder("back", Wanted(sgc=OLD.sgc))
    assert refused(vendor, record, back, IN_2020) == "key_returns"
    assert vendor.issue(record, ChangeOrder("back", Wanted(sgc=OLD.sgc, ti=2)), IN_2020, 5)[1].change is not None


def test_a_key_may_come_back_while_the_memory_is_kept() -> None:
    record, meter, vendor = RECORD, new_meter(), point()
    record, first = vendor.issue(record, ORDER, NOON, 5)
    issues = [first]
    for place, ti in enumerate((2, 1)):
        record, issue = vendor.issue(record, ChangeOrder(str(place), Wanted(ti=ti)), NOON, 5)
        issues.append(issue)
    assert [typed(meter, issue)[-1] for issue in issues] == [ResultCode.ACCEPT] * 3
    assert typed(meter, first) == [ResultCode.USED_ERROR]


@pytest.mark.parametrize(("three", "count"), [(False, 2), (True, 3)])
def test_an_ea07_meter_gets_two_tokens_or_three(three: bool, count: int) -> None:
    record = replace(RECORD, ea=Algorithm.STA, three_tokens=three)
    _, issue = point(KEY, NEWER).issue(record, ORDER, NOON, 5)
    assert len(issue.digits) == count + 1
    assert typed(new_meter(record), issue)[-2:] == [ResultCode.ACCEPT] * 2


def test_three_tokens_are_no_wish_of_an_ea11_meter() -> None:
    _, issue = point(KEY, NEWER).issue(replace(RECORD, three_tokens=True), ORDER, NOON, 5)
    assert typed(new_meter(), issue)[3:] == [ResultCode.ACCEPT] * 2


@pytest.mark.parametrize("ea", [Algorithm.MISTY1, Algorithm.STA])
def test_a_meter_from_the_factory_is_led_to_its_first_vending_key(ea: Algorithm) -> None:
    initial = bytes(16 if ea is Algorithm.MISTY1 else 8)
    record = replace(RECORD, ea=ea, three_tokens=True)
    state = MeterState(initial, ea, KeyType.DITK, 0, 0, 255, [NOON_TID - 1] * 50)
    meter = Meter(state, tables=SAMPLE_TABLES)
    codes = [meter.enter(digits, NOON).code for digits in point().commission(record, initial)]
    assert codes[-1] is ResultCode.ACCEPT
    assert (state.kt, state.sgc, state.ti) == (KeyType.DUTK, KEY.sgc, 1)
    _, issue = point().issue(record, ORDER, NOON, 5)
    assert typed(meter, issue) == [ResultCode.ACCEPT]


def test_a_special_token_is_sold_across_a_key_change_once_a_day() -> None:
    record, first = point().issue(RECORD, replace(ORDER, special=True), NOON, 5)
    assert refused(point(KEY, NEWER), record, replace(AGAIN, special=True)) == "special_taken"
    _, second = point(KEY, NEWER).issue(record, AGAIN, NOON, 5)
    meter = new_meter()
    assert [*typed(meter, first), *typed(meter, second)[-2:]] == [ResultCode.ACCEPT] * 3


def test_a_clock_that_has_fallen_behind_sells_nothing_but_answers_what_it_sold() -> None:
    vendor = point(rules=VendingRules(clock_tolerance=timedelta(minutes=1)))
    record, issue = vendor.issue(RECORD, ORDER, NOON, 5)
    early = NOON - timedelta(minutes=2)
    assert refused(vendor, record, AGAIN, early) == "clock_behind"
    assert vendor.issue(record, ORDER, early, 5) == (record, issue)


def test_no_token_shows_in_a_log() -> None:
    record, issue = point(KEY, NEWER).issue(RECORD, ORDER, NOON, 5)
    assert not [digits for digits in issue.digits if digits in repr(record) or digits in repr(issue)]
