"""Aliyun: templates instead of words, signatures of its own, receipts that are not signed."""

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from pydantic import SecretStr

from app.domain.notice import MessageState
from app.domain.suppression import SuppressionScope
from app.models.account import ChannelName
from app.ports import CallbackRejected, Posted
from app.setup import SetupError
from notifier.channels import open_channels, open_status_readers
from notifier.channels.aliyun import make
from notifier.channels.aliyun.pushes import AliyunPushes
from notifier.ports import DeliveryError, Rendered
from tests.contract.test_channel import CODES, VARIABLES, aliyun_settings
from tests.standins import aliyun
from tests.standins.aliyun import aliyun_stand_in

PHONE = "+8613800000001"
WORD = "p" * 32


def message(**changes: object) -> Rendered:
    plain = Rendered(uuid4(), ChannelName.SMS, PHONE, "", "电表 2010", "https://relight.test/hooks/messages/aliyun/1")
    return replace(replace(plain, provider_codes=CODES, variables=VARIABLES), **changes)  # type: ignore[arg-type]


async def test_free_text_is_refused_before_the_wire_and_may_go_elsewhere() -> None:
    async with aliyun_stand_in() as far:
        with pytest.raises(DeliveryError, match="needs_template") as refusal:
            await make(aliyun_settings(far.url)).send(message(provider_codes={}))
    assert (refusal.value.permanent, refusal.value.elsewhere, far.posts) == (True, True, 0)


async def test_a_template_goes_with_its_variables_and_our_id() -> None:
    async with aliyun_stand_in() as far:
        mine = message()
        await make(aliyun_settings(far.url)).send(mine)
    taken = far.phone[0]
    assert (taken.to, taken.template, taken.variables) == ("13800000001", "SMS_100", VARIABLES)
    assert taken.out_id == str(mine.message_id)


async def test_a_variable_that_is_missing_is_said_before_the_wire() -> None:
    async with aliyun_stand_in() as far:
        with pytest.raises(DeliveryError, match="bad_template"):
            await make(aliyun_settings(far.url)).send(message(variables={"meter": "2010"}))
    assert far.posts == 0


async def test_a_wrong_secret_is_ours_to_mend() -> None:
    async with aliyun_stand_in() as far:
        settings = aliyun_settings(far.url).model_copy(update={"aliyun_secret": SecretStr("wrong")})
        with pytest.raises(DeliveryError, match="credentials") as refusal:
            await make(settings).send(message())
    assert (refusal.value.permanent, far.phone) == (False, [])


async def test_a_failing_aliyun_is_posted_to_once() -> None:
    async with aliyun_stand_in() as far:
        far.faults.append(aliyun.Fault.BROKEN_AFTER_ACCEPT)
        with pytest.raises(DeliveryError, match="provider_down") as lost:
            await make(aliyun_settings(far.url)).send(message())
    assert (lost.value.maybe_sent, far.posts, len(far.phone)) == (True, 1, 1)


@pytest.mark.parametrize(
    ("fault", "reason", "permanent"),
    [
        (aliyun.Fault.LIMIT, "number_limit", False),
        (aliyun.Fault.NO_MONEY, "out_of_money", False),
        (aliyun.Fault.BAD_TEMPLATE, "bad_template", True),
        (aliyun.Fault.BAD_NUMBER, "bad_number", True),
    ],
)
async def test_refusals_are_told_apart(fault: aliyun.Fault, reason: str, permanent: bool) -> None:
    async with aliyun_stand_in() as far:
        far.faults.append(fault)
        with pytest.raises(DeliveryError) as refusal:
            await make(aliyun_settings(far.url)).send(message())
    assert (refusal.value.reason, refusal.value.permanent) == (reason, permanent)


async def test_what_became_of_a_message_can_be_asked() -> None:
    before = datetime.now(UTC)
    async with aliyun_stand_in() as far:
        channel, mine = make(aliyun_settings(far.url)), message()
        await channel.send(mine)
        assert await channel.look(PHONE, str(mine.message_id), before) is None
        far.phone[0].status = 3
        told = await channel.look(PHONE, str(mine.message_id), before)
    assert told is not None
    assert told.state is MessageState.DELIVERED


async def test_neither_number_nor_words_reach_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with aliyun_stand_in() as far:
        channel = make(aliyun_settings(far.url))
        await channel.send(message())
        far.faults.append(aliyun.Fault.BROKEN)
        with pytest.raises(DeliveryError):
            await channel.send(message())
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith("uvicorn")]
    assert not [line for line in ours if "13800000001" in line or "2010" in line]


def pushed(*entries: dict[str, object], word: str = WORD) -> Posted:
    return Posted("https://relight.test/hooks/receipts/aliyun", {}, json.dumps(entries).encode(), word)


def taken() -> aliyun.Taken:
    return aliyun.Taken("1^0", "13800000001", "SMS_100", VARIABLES, str(uuid4()), datetime.now(UTC))


def test_receipts_are_read_and_those_of_other_programs_left_out() -> None:
    other = taken()
    other.out_id = "another program"
    one = taken()
    (found,) = AliyunPushes(WORD).read_receipts(pushed(aliyun.receipt(one), aliyun.receipt(other)))
    assert str(found.message_id) == one.out_id
    assert (found.word.state, found.word.provider_ref) == (MessageState.DELIVERED, "1^0")


def test_a_number_that_is_gone_is_left_alone() -> None:
    (found,) = AliyunPushes(WORD).read_receipts(
        pushed(aliyun.receipt(taken(), success=False, err_code="INVALID_NUMBER"))
    )
    assert (found.word.state, found.word.stop, found.word.scope) == (MessageState.FAILED, True, SuppressionScope.ALL)


@pytest.mark.parametrize(
    ("posted", "code"),
    [
        (pushed(word="another word"), "bad_signature"),
        (pushed(word=""), "bad_signature"),
        (Posted("u", {}, b"{", WORD), "unreadable"),
        (Posted("u", {}, b'{"a": 1}', WORD), "unreadable"),
        (Posted("u", {}, b"[1]", WORD), "unreadable"),
        (Posted("u", {}, b"[" * 100_000, WORD), "unreadable"),
    ],
)
def test_whoever_does_not_know_the_word_or_speaks_nonsense_is_refused(posted: Posted, code: str) -> None:
    with pytest.raises(CallbackRejected, match=code):
        AliyunPushes(WORD).read_receipts(posted)


def test_a_short_word_is_no_secret() -> None:
    settings = aliyun_settings("https://x.test").model_copy(update={"aliyun_push_word": SecretStr("short")})
    with pytest.raises(SetupError, match="32 random characters"):
        open_status_readers(settings)


def test_a_signature_made_by_openssl_is_the_one_that_the_stand_in_wants() -> None:
    """`openssl dgst -sha256` over the canonical request, then `-hmac` over the algorithm's name and that hash."""
    canonical = (aliyun.FIXTURES / "request.txt").read_text()
    assert aliyun.signature_of(canonical, aliyun.SECRET) == (aliyun.FIXTURES / "request.sig").read_text().strip()


async def test_two_providers_are_opened_for_one_medium() -> None:
    async with aliyun_stand_in() as far:
        settings = aliyun_settings(far.url).model_copy(update={"sms_channel": "aliyun, console"})
        async with open_channels(settings) as channels:
            assert channels[ChannelName.SMS].carries == {ChannelName.SMS}
            await channels[ChannelName.SMS].send(message())
