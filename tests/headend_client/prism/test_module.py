"""The PrismToken adapter when things go wrong: answers that are lost, sessions that end, answers that are not ours."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from headend_client.keyfile import Keys
from headend_client.prism.config import Amounts, Dialect, PrismConfig, PrismTiming
from headend_client.prism.module import PrismModule
from headend_client.security import IssuedToken, IssueRequest, SecurityCode, SecurityError
from headend_client.target import ConcentratorAddress, StsIdentity, Target
from meters_io.sts.keys import VendingKey
from meters_io.sts.pan import luhn_digit
from meters_io.sts.tid import tid_at
from meters_io.sts.transfer import granted
from tests.clocks import Clock
from tests.standins.prism import Fault
from tests.standins.prism_server import QUICK, PrismServer, prism_server

KEY = VendingKey(bytes(range(20)), "201457")
METER = StsIdentity(f"0700000001{luhn_digit('0700000001')}", "201457", 1, 1)
SHORT = replace(QUICK, answer_s=0.3)
SETTLED = QUICK.settle_s + 1


@pytest.fixture
def time() -> Clock:
    """The time of both sides."""
    return Clock()


@pytest.fixture
def server(time: Clock) -> Iterator[PrismServer]:
    """A module with one key."""
    with prism_server((KEY,), time) as found:
        yield found


@pytest.fixture
def wanted(time: Clock) -> IssueRequest:
    """A credit of fifty."""
    return IssueRequest("one", METER, 4, 5_000_000, time(), None)


class Adapters:
    """Opens adapters on one journal, as processes of one machine do, and closes them."""

    def __init__(self, journal: Path, time: Clock) -> None:
        self._journal, self._time = journal, time
        self._opened: list[PrismModule] = []

    def open(self, config: PrismConfig, keys: Keys = Keys()) -> PrismModule:  # noqa: B008  # frozen
        """Another process."""
        self._opened.append(PrismModule(config, self._journal, keys, self._time))
        return self._opened[-1]

    async def aclose(self) -> None:
        """All of them."""
        for each in self._opened:
            await each.aclose()


@pytest.fixture
async def adapters(tmp_path: Path, time: Clock) -> AsyncIterator[Adapters]:
    """Where adapters come from."""
    found = Adapters(tmp_path / "tokens", time)
    yield found
    await found.aclose()


@pytest.fixture
def module(adapters: Adapters, server: PrismServer) -> PrismModule:
    """An adapter in its usual state."""
    return adapters.open(server.config())


async def refusal(module: PrismModule, request: IssueRequest) -> SecurityError:
    """How a request is refused."""
    with pytest.raises(SecurityError) as caught:
        await module.issue_credit(request)
    return caught.value


async def ended(task: asyncio.Task[tuple[IssuedToken, ...]]) -> None:
    """A process dies."""
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


AFTER = [Fault.HANGS_UP_AFTER, Fault.GARBAGE, Fault.HUGE, Fault.CUT, Fault.GIVES_UP]


@pytest.mark.parametrize("fault", AFTER)
async def test_a_lost_answer_is_fetched_and_nothing_is_made_twice(
    module: PrismModule, server: PrismServer, wanted: IssueRequest, fault: Fault
) -> None:
    server.module.faults.append(fault)
    tokens = await module.issue_credit(wanted)
    assert server.module.calls("issueCreditToken") == ["one"]
    assert await module.issue_credit(wanted) == tokens
    assert server.module.counter == 999


async def test_an_answer_lost_by_a_process_that_died_is_fetched_by_the_next(
    adapters: Adapters, server: PrismServer, wanted: IssueRequest
) -> None:
    server.module.faults.append(Fault.SLOW)
    dying = asyncio.create_task(adapters.open(server.config()).issue_credit(wanted))
    assert await asyncio.to_thread(server.module.made.wait, 5)
    await ended(dying)
    assert len(await adapters.open(server.config()).issue_credit(wanted)) == 1
    assert server.module.calls("issueCreditToken") == ["one"]


async def test_a_call_that_is_still_under_way_is_waited_for_and_not_made_again(
    module: PrismModule, server: PrismServer, wanted: IssueRequest
) -> None:
    server.module.faults.append(Fault.SLOW_TO_BEGIN)
    asking = asyncio.create_task(refusal(module, wanted))
    assert await asyncio.to_thread(server.module.asked.wait, 5)
    server.hang_up()
    assert (await asking).reason == "answer_lost"
    assert (await refusal(module, wanted)).reason == "under_way"
    server.module.open_up.set()
    assert await asyncio.to_thread(server.module.made.wait, 5)
    assert len(await module.issue_credit(wanted)) == 1
    assert server.module.calls("issueCreditToken") == ["one"]


async def test_an_answer_that_takes_too_long_is_not_waited_for(
    adapters: Adapters, server: PrismServer, wanted: IssueRequest
) -> None:
    server.module.faults.append(Fault.SLOW_TO_BEGIN)
    module = adapters.open(server.config(SHORT))
    assert (await refusal(module, wanted)).code is SecurityCode.BUSY


async def test_a_call_that_the_module_never_heard_is_made_again_once_that_is_sure(
    module: PrismModule, server: PrismServer, wanted: IssueRequest, time: Clock
) -> None:
    server.module.faults.append(Fault.HANGS_UP_BEFORE)
    assert (await refusal(module, wanted)).reason == "answer_lost"
    assert (await refusal(module, wanted)).reason == "under_way"
    assert server.module.calls("issueCreditToken") == ["one"]
    time.forward(seconds=SETTLED)
    (token,) = await module.issue_credit(wanted)
    assert server.module.calls("issueCreditToken") == ["one", "one"]
    assert server.module.counter == 999
    assert await module.fetch("one") == (token,)


async def test_the_second_call_has_its_own_time_to_settle(
    module: PrismModule, server: PrismServer, wanted: IssueRequest, time: Clock
) -> None:
    server.module.faults += [Fault.HANGS_UP_BEFORE, Fault.HANGS_UP_BEFORE]
    await refusal(module, wanted)
    time.forward(seconds=SETTLED)
    await refusal(module, wanted)
    assert (await refusal(module, wanted)).reason == "under_way"


async def test_a_session_that_has_ended_is_opened_again_and_the_request_goes_on(
    module: PrismModule, server: PrismServer, wanted: IssueRequest
) -> None:
    await module.issue_credit(wanted)
    server.module.end_sessions()
    assert len(await module.issue_credit(replace(wanted, request_id="two"))) == 1
    assert len(server.module.calls("signInWithPassword")) == 2
    assert server.module.counter == 998


async def test_a_line_that_was_silent_for_long_is_tried_with_a_ping_first(
    adapters: Adapters, server: PrismServer, wanted: IssueRequest
) -> None:
    module = adapters.open(server.config(replace(QUICK, idle_s=0)))
    await module.issue_credit(wanted)
    await module.issue_credit(replace(wanted, request_id="two"))
    assert [name for name, _ in server.module.heard] == [
        "signInWithPassword",
        "issueCreditToken",
        "ping",
        "issueCreditToken",
    ]


async def test_a_line_that_died_between_two_requests_costs_no_answer(
    adapters: Adapters, server: PrismServer, wanted: IssueRequest
) -> None:
    module = adapters.open(server.config(replace(QUICK, idle_s=0)))
    await module.issue_credit(wanted)
    server.hang_up()
    assert len(await module.issue_credit(replace(wanted, request_id="two"))) == 1
    assert server.module.calls("issueCreditToken") == ["one", "two"]
    assert server.module.calls("fetchTokenResult") == []


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.BUSY, SecurityCode.BUSY),
        (Fault.LICENCE, SecurityCode.LICENCE),
        (Fault.CLOCK, SecurityCode.CLOCK),
        (Fault.STRANGE, SecurityCode.PERMISSION),
    ],
)
async def test_what_the_module_says_is_said_in_our_codes_and_the_request_can_be_taken_up(
    module: PrismModule, server: PrismServer, wanted: IssueRequest, time: Clock, fault: Fault, code: SecurityCode
) -> None:
    server.module.faults.append(fault)
    assert (await refusal(module, wanted)).code is code
    time.forward(seconds=SETTLED)
    assert len(await module.issue_credit(wanted)) == 1
    assert server.module.counter == 999


async def test_an_empty_counter_is_a_licence_that_has_run_out(
    module: PrismModule, server: PrismServer, wanted: IssueRequest
) -> None:
    server.module.counter = 0
    assert (await refusal(module, wanted)).code is SecurityCode.LICENCE


@pytest.mark.parametrize(
    ("fault", "reason"), [(Fault.OTHER_METER, "other_meter"), (Fault.OTHER_AMOUNT, "other_amount")]
)
async def test_tokens_that_are_not_what_was_asked_for_are_never_handed_out(
    module: PrismModule, server: PrismServer, wanted: IssueRequest, time: Clock, fault: Fault, reason: str
) -> None:
    server.module.faults.append(fault)
    for _ in range(3):
        refused = await refusal(module, wanted)
        assert (refused.code, refused.reason) == (SecurityCode.PERMISSION, reason)
        time.forward(seconds=SETTLED)
    assert server.module.calls("issueCreditToken") == ["one"]


async def test_an_identifier_that_the_meter_would_call_old_is_not_handed_out(
    module: PrismModule, server: PrismServer, wanted: IssueRequest
) -> None:
    server.module.faults.append(Fault.OLD_TID)
    last = tid_at(wanted.at, KEY.base_date)
    for _ in range(2):
        refused = await refusal(module, replace(wanted, last_tid=last))
        assert (refused.code, refused.reason) == (SecurityCode.CLOCK, "tid_went_back")
    assert server.module.calls("issueCreditToken") == ["one"]


async def test_a_module_that_counts_in_the_smallest_steps_is_spoken_to_so(
    adapters: Adapters, server: PrismServer, wanted: IssueRequest
) -> None:
    server.module.amounts_in_steps = True
    module = adapters.open(server.config(dialect=Dialect(amounts=Amounts.HUNDRED_THOUSANDTHS)))
    (token,) = await module.issue_credit(replace(wanted, amount=5_000_123))
    assert token.amount == granted(4, 5_000_123) > 5_000_123


@pytest.mark.parametrize("amounts", list(Amounts))
async def test_a_module_that_counts_otherwise_than_the_settings_say_sells_nothing(
    adapters: Adapters, server: PrismServer, wanted: IssueRequest, amounts: Amounts
) -> None:
    server.module.amounts_in_steps = amounts is Amounts.CURRENCY
    module = adapters.open(server.config(dialect=Dialect(amounts=amounts)))
    refused = await refusal(module, replace(wanted, amount=1_234_500_000))
    assert (refused.code, refused.reason) == (SecurityCode.PERMISSION, "other_amount")


async def test_who_may_not_come_in_hears_why(adapters: Adapters, server: PrismServer, wanted: IssueRequest) -> None:
    config = server.config()
    module = adapters.open(replace(config, place=replace(config.place, password="another")))
    refused = await refusal(module, wanted)
    assert (refused.code, refused.reason) == (SecurityCode.PERMISSION, "ESignin.Authentication")
    assert len(await adapters.open(config).issue_credit(wanted)) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"ca_file": ""}, "certificate"), ({"name": "elsewhere.test"}, "certificate"), ({"port": 1}, "no_connection")],
)
async def test_a_module_that_is_not_there_or_not_itself_is_not_told_anything(
    adapters: Adapters, server: PrismServer, wanted: IssueRequest, change: dict[str, object], reason: str
) -> None:
    config = server.config()
    module = adapters.open(replace(config, place=replace(config.place, **change)))  # type: ignore[arg-type]
    refused = await refusal(module, wanted)
    assert (refused.code, refused.reason.partition(":")[0]) == (SecurityCode.BUSY, reason)
    assert server.module.heard == []
    assert len(await adapters.open(config).issue_credit(wanted)) == 1  # nothing was sent, so nothing has to settle


async def test_requests_wait_for_one_another_and_not_for_ever(
    adapters: Adapters, server: PrismServer, wanted: IssueRequest
) -> None:
    server.module.faults.append(Fault.SLOW)
    module = adapters.open(server.config(PrismTiming(whole_s=1, answer_s=5)))
    both = [module.issue_credit(wanted), module.issue_credit(replace(wanted, request_id="two"))]
    said = await asyncio.gather(*both, return_exceptions=True)
    assert [each.code for each in said if isinstance(each, SecurityError)] == [SecurityCode.BUSY] * 2
    assert "two" not in server.module.calls("issueCreditToken")


async def test_a_cancelled_request_does_not_leave_its_answer_to_the_next(
    module: PrismModule, server: PrismServer, wanted: IssueRequest
) -> None:
    server.module.faults.append(Fault.SLOW)
    task = asyncio.create_task(module.issue_credit(wanted))
    assert await asyncio.to_thread(server.module.made.wait, 5)
    await ended(task)
    server.module.open_up.set()
    assert (await module.status())[0].module_id == "600727-SM-1"


async def test_nothing_secret_is_logged(
    module: PrismModule, server: PrismServer, wanted: IssueRequest, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.module.faults.append(Fault.HANGS_UP_AFTER)
    (token,) = await module.issue_credit(wanted)
    assert "the answer to request one was lost" in caplog.text
    hidden = [server.place.password, token.digits, *server.module._access]
    assert [secret for secret in hidden if secret in caplog.text + repr(module) + repr(server.config())] == []


async def test_a_request_id_of_any_shape_has_an_id_with_the_module(
    module: PrismModule, server: PrismServer, wanted: IssueRequest
) -> None:
    odd = replace(wanted, request_id="电力 / " + "x" * 80)
    server.module.faults.append(Fault.HANGS_UP_AFTER)
    tokens = await module.issue_credit(odd)
    (sent,) = server.module.calls("issueCreditToken")
    assert len(sent) == 40
    assert await module.fetch(odd.request_id) == tokens


async def test_what_another_machine_asked_for_is_fetched_from_the_module(
    adapters: Adapters, server: PrismServer, wanted: IssueRequest, tmp_path: Path, time: Clock
) -> None:
    tokens = await adapters.open(server.config()).issue_credit(wanted)
    elsewhere = Adapters(tmp_path / "other", time)
    assert await elsewhere.open(server.config()).fetch("one") == tokens
    await elsewhere.aclose()


async def test_its_alerts_are_told(module: PrismModule, server: PrismServer) -> None:
    server.module.alerts = (("ALicence", "expires tomorrow"),)
    assert (await module.status())[0].alerts == ("ALicence: expires tomorrow",)


async def test_esam_meters_are_served_from_the_key_file_beside_it(adapters: Adapters, server: PrismServer) -> None:
    aim = Target("201000000012", "sts", ConcentratorAddress("3201", 1), 31)
    keys = Keys(bytes(32), b"\x02\x01\x02\x03")
    assert await adapters.open(server.config(), keys).relay_password(aim) == b"\x02\x01\x02\x03"
    with pytest.raises(SecurityError, match="unknown_key"):
        await adapters.open(server.config()).challenge(aim)


async def test_two_processes_that_take_up_one_request_call_once(
    adapters: Adapters, server: PrismServer, wanted: IssueRequest, time: Clock
) -> None:
    server.module.faults += [Fault.HANGS_UP_BEFORE, Fault.SLOW_TO_BEGIN]
    first, second = adapters.open(server.config()), adapters.open(server.config())
    await refusal(first, wanted)
    time.forward(seconds=SETTLED)
    server.module.asked.clear()
    both = [asyncio.create_task(each.issue_credit(wanted)) for each in (first, second)]
    assert await asyncio.to_thread(server.module.asked.wait, 5)
    done, waiting = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED, timeout=5)
    assert [type(task.exception()) for task in done] == [SecurityError]
    server.module.open_up.set()
    assert [len(tokens) for tokens in await asyncio.gather(*waiting)] == [1]
    assert server.module.counter == 999
