"""Tokens on the wire: a key change set before the credit, answers that are lost, and tries that come after them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.outbox import Taken
from app.ports import ConcentratorAddress, Refused, Target, TokenTaken, Trace, Unknown
from app.services.carrying import Answer, Ending, Parcel, carry
from meters_io.sts.key_ring import KeyRing
from meters_io.sts.keys import VendingKey
from meters_io.sts.meter import Meter, ResultCode
from meters_io.sts.meter_state import manufactured
from meters_io.sts.pan import pan_of_drn
from meters_io.sts.vending import CreditOrder
from meters_io.sts.vending_point import VendingPoint
from meters_io.sts.vending_record import VendingRecord, configuration_of
from tests.clocks import MONDAY_MORNING
from tests.fakes import Bench

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OLD, NEW = VendingKey(bytes(20), "123457", 1), VendingKey(bytes(range(20)), "123457", 2)
RECORD = VendingRecord(pan_of_drn("00000000000"), configuration_of(OLD, 1))
TARGET = Target("000000000025", "sts", ConcentratorAddress("3201", 1), 1)
TAKEN = frozenset({ResultCode.ACCEPT, ResultCode.FIRST_KCT, ResultCode.SECOND_KCT})


def new_meter() -> Meter:
    return Meter(manufactured(OLD, RECORD.config(1), datetime(2026, 1, 1, tzinfo=UTC)))


@dataclass
class Keyed(Bench):
    """A bench whose meter knows its key. From the token `lost_from` on (0 is the first) nobody hears its answers."""

    meter: Meter = field(default_factory=new_meter)
    lost_from: int | None = None
    answers: list[ResultCode] = field(default_factory=list)

    async def send_token(self, target: Target, digits: str, trace: Trace) -> TokenTaken | Refused | Unknown:
        code = self.meter.enter(digits, NOW).code
        self.answers.append(code)
        if self.lost_from is not None and len(self.answers) > self.lost_from:
            return Unknown("no_answer")
        if code in TAKEN:
            return TokenTaken(already=False)
        return TokenTaken(already=True) if code is ResultCode.USED_ERROR else Refused(code.name.lower())


def tokens() -> tuple[str, ...]:
    """What a module makes for a meter whose vending key has been superseded."""
    _, issue = VendingPoint(KeyRing((OLD, NEW))).issue(RECORD, CreditOrder("one", 4, 500_000), NOW, 5)
    return issue.digits


async def tried(bench: Keyed, digits: tuple[str, ...], *, again: bool = False) -> Answer:
    async def leave() -> bool:
        return True

    return await carry(bench, Parcel(Taken(1, UUID(int=1), 1, MONDAY_MORNING), TARGET, 500, None, digits, again), leave)


async def test_a_key_change_set_and_its_credit_are_typed_in_their_order() -> None:
    bench = Keyed()
    assert (await tried(bench, tokens())).ending is Ending.LANDED
    assert bench.answers[3:] == [ResultCode.ACCEPT, ResultCode.ACCEPT]
    assert bench.meter.state.krn == 2


@pytest.mark.parametrize("reached", range(6))
async def test_wherever_a_try_broke_off_the_next_one_lands_and_credits_once(reached: int) -> None:
    bench = Keyed()
    for digits in tokens()[:reached]:
        bench.meter.enter(digits, NOW)
    assert (await tried(bench, tokens(), again=True)).ending is Ending.LANDED
    assert bench.meter.state.credit[4] == 500_024
    assert bench.answers.count(ResultCode.CRC_ERROR) <= 1  # it is the third wrong token that makes a meter deaf


@pytest.mark.parametrize("lost_from", range(5))
async def test_an_answer_that_is_lost_leaves_the_try_unknown_and_the_rest_unsent(lost_from: int) -> None:
    bench = Keyed(lost_from=lost_from)
    answer = await tried(bench, tokens())
    assert (answer.ending, answer.reason, len(bench.answers)) == (Ending.UNKNOWN, "no_answer", lost_from + 1)
    bench.lost_from = None
    assert (await tried(bench, tokens(), again=True)).ending is Ending.LANDED
    assert bench.meter.state.credit[4] == 500_024


async def test_a_credit_that_came_in_an_earlier_try_is_found_without_its_set() -> None:
    bench = Keyed()
    await tried(bench, tokens())
    answer = await tried(bench, tokens(), again=True)
    assert (answer.ending, answer.before) == (Ending.LANDED, None)
    assert bench.answers[5:] == [ResultCode.USED_ERROR]


async def test_a_set_that_the_meter_does_not_take_stops_the_credit() -> None:
    bench = Keyed(meter=Meter(manufactured(NEW, RECORD.config(1), datetime(2026, 1, 1, tzinfo=UTC))))
    answer = await tried(bench, tokens())
    assert (answer.ending, answer.reason) == (Ending.REFUSED, "crc_error")
    assert len(bench.answers) == 1


async def test_a_credit_without_a_set_is_sent_again_as_it_is() -> None:
    bench = Keyed(meter=Meter(manufactured(NEW, RECORD.config(1), datetime(2026, 1, 1, tzinfo=UTC))))
    credit = tokens()[-1:]
    assert (await tried(bench, credit)).before is not None
    again = await tried(bench, credit, again=True)
    assert (again.ending, again.before) == (Ending.LANDED, None)
    assert bench.answers == [ResultCode.ACCEPT, ResultCode.USED_ERROR]
