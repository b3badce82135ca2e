"""Choosing channels, and what they let out."""

import asyncio
import logging
from dataclasses import replace
from uuid import uuid4

import pytest
from pydantic import SecretStr

from app.domain.suppression import SuppressionScope
from app.models.account import ChannelName
from app.settings import Settings
from app.setup import SetupError
from notifier.channels import open_channels, open_status_readers
from notifier.channels.console import ConsoleChannel
from notifier.channels.smtp import SmtpChannel
from notifier.ports import DeliveryError, Rendered, Sender
from tests.contract.test_channel import smtp_settings, twilio_settings
from tests.standins import twilio
from tests.standins.mail import Relay, mail_relay
from tests.standins.twilio import twilio_stand_in


def rendered(channel: ChannelName, recipient: str, body: str) -> Rendered:
    return Rendered(uuid4(), channel, recipient, "Title", body, "https://relight.test/hooks/messages/x/1")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (Settings(sms_channel="pigeon"), "there is no channel 'pigeon'"),
        (Settings(sms_channel="smtp", smtp_host="localhost"), "smtp does not carry sms"),
        (Settings(sms_channel="twilio"), "RELIGHT_TWILIO_ACCOUNT"),
        (Settings(sms_channel="twilio", twilio_account="AC1", twilio_token=SecretStr("t")), "RELIGHT_TWILIO_SENDER"),
        (Settings(email_channel="smtp"), "RELIGHT_SMTP_HOST"),
    ],
)
async def test_a_wrong_setting_is_said_before_anything_is_sent(settings: Settings, words: str) -> None:
    with pytest.raises(SetupError, match=words):
        async with open_channels(settings):
            pass


def test_only_channels_in_use_may_tell_us_statuses() -> None:
    assert open_status_readers(Settings()) == {}
    assert list(open_status_readers(twilio_settings(""))) == ["twilio"]


async def test_the_console_shows_neither_number_nor_code(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    body = "Meter 201000000014: type 1234 5678 9012 3456 7890"
    await ConsoleChannel().send(rendered(ChannelName.SMS, "+8613800000001", body))
    assert "201000000014" in caplog.text
    assert "0001" in caplog.text
    assert "1380000" not in caplog.text
    assert "5678" not in caplog.text


async def test_nobody_who_is_not_us_gets_a_message_through_our_twilio_account() -> None:
    async with twilio_stand_in() as far:
        settings = twilio_settings(far.url).model_copy(update={"twilio_token": SecretStr("wrong")})
        async with open_channels(settings) as channels:
            with pytest.raises(DeliveryError, match="credentials") as refusal:
                await channels[ChannelName.SMS].send(rendered(ChannelName.SMS, "+8613800000001", "hello"))
        assert not refusal.value.permanent  # ours to mend: the message waits for it
        assert far.phone == []


PHONE = "+8613800000001"


def reminder(body: str = "hello") -> Rendered:
    return replace(rendered(ChannelName.SMS, PHONE, body), sender=Sender.REMINDERS)


async def test_opting_out_of_reminders_is_heard_as_stop() -> None:
    async with twilio_stand_in() as far, open_channels(twilio_settings(far.url)) as channels:
        far.faults.append(twilio.Fault.OPTED_OUT)
        with pytest.raises(DeliveryError, match="opted_out") as refusal:
            await channels[ChannelName.SMS].send(reminder())
    found = refusal.value
    assert (found.permanent, found.stop, found.scope, found.elsewhere) == (
        True,
        True,
        SuppressionScope.REMINDERS,
        False,
    )


async def test_a_stop_to_reminders_leaves_a_paid_token_alone() -> None:
    async with twilio_stand_in() as far, open_channels(twilio_settings(far.url)) as channels:
        far.stopped[twilio.REMINDER_SENDER] = {PHONE}
        with pytest.raises(DeliveryError, match="opted_out"):
            await channels[ChannelName.SMS].send(reminder())
        await channels[ChannelName.SMS].send(rendered(ChannelName.SMS, PHONE, "1234 5678"))
    assert [(t.sender, t.body) for t in far.phone] == [(twilio.SENDER, "1234 5678")]


async def test_a_token_that_twilio_may_not_bring_may_go_by_another_provider() -> None:
    async with twilio_stand_in() as far, open_channels(twilio_settings(far.url)) as channels:
        far.stopped[twilio.SENDER] = {PHONE}
        with pytest.raises(DeliveryError, match="sender_blocked") as refusal:
            await channels[ChannelName.SMS].send(rendered(ChannelName.SMS, PHONE, "1234 5678"))
    assert (refusal.value.elsewhere, refusal.value.scope) == (True, SuppressionScope.REMINDERS)


async def test_a_number_that_nothing_reaches_goes_on_the_list() -> None:
    async with twilio_stand_in() as far, open_channels(twilio_settings(far.url)) as channels:
        far.faults.append(twilio.Fault.LANDLINE)
        with pytest.raises(DeliveryError, match="landline") as refusal:
            await channels[ChannelName.SMS].send(reminder())
    assert (refusal.value.stop, refusal.value.scope) == (True, SuppressionScope.ALL)


async def test_an_api_key_may_sign_instead_of_the_token() -> None:
    async with twilio_stand_in() as far:
        keys = {"twilio_key": twilio.KEY, "twilio_key_secret": SecretStr(twilio.KEY_SECRET)}
        settings = twilio_settings(far.url).model_copy(update=keys)
        async with open_channels(settings) as channels:
            await channels[ChannelName.SMS].send(rendered(ChannelName.SMS, PHONE, "hello"))
        assert len(far.phone) == 1


async def test_a_failing_twilio_is_posted_to_once() -> None:
    async with twilio_stand_in() as far, open_channels(twilio_settings(far.url)) as channels:
        far.faults.append(twilio.Fault.BROKEN)
        with pytest.raises(DeliveryError, match="provider_down"):
            await channels[ChannelName.SMS].send(rendered(ChannelName.SMS, "+8613800000001", "hello"))
        assert far.posts == 1


async def test_a_messaging_service_may_be_the_sender() -> None:
    async with twilio_stand_in() as far:
        settings = twilio_settings(far.url).model_copy(update={"twilio_sender": "MG" + "1" * 32})
        async with open_channels(settings) as channels:
            await channels[ChannelName.SMS].send(rendered(ChannelName.SMS, "+8613800000001", "hello"))
        assert far.phone[0].sender == "MG" + "1" * 32


@pytest.fixture
def mail() -> Rendered:
    return rendered(ChannelName.EMAIL, "lin@example.com", "电表余额")


async def test_a_mail_says_that_a_machine_sent_it_and_keeps_its_id_at_each_try(mail: Rendered) -> None:
    async with mail_relay() as relay:
        channel = SmtpChannel(smtp_settings(relay.port))
        refs = {await channel.send(mail) for _ in range(2)}
    assert refs == {f"<{mail.message_id}@relight.test>"}
    first = relay.mailbox[0]
    assert (first["To"], first["Subject"], first["Auto-Submitted"]) == ("lin@example.com", "Title", "auto-generated")
    assert first.get_content().strip() == "电表余额"


async def test_a_wrong_mail_password_is_ours_to_mend(mail: Rendered) -> None:
    async with mail_relay() as relay:
        settings = smtp_settings(relay.port).model_copy(update={"smtp_password": SecretStr("wrong")})
        with pytest.raises(DeliveryError, match="credentials") as refusal:
            await SmtpChannel(settings).send(mail)
    assert not refusal.value.permanent
    assert relay.mailbox == []


async def test_mail_does_not_go_out_in_the_clear_where_tls_is_asked_for(mail: Rendered) -> None:
    async with mail_relay() as relay:
        settings = smtp_settings(relay.port).model_copy(update={"smtp_starttls": True})
        with pytest.raises(DeliveryError, match="relay_unfit"):
            await SmtpChannel(settings).send(mail)
    assert relay.mailbox == []


async def test_a_relay_that_is_not_there_has_taken_nothing(mail: Rendered) -> None:
    async with mail_relay() as relay:
        pass
    with pytest.raises(DeliveryError, match="relay_down") as refusal:
        await SmtpChannel(smtp_settings(relay.port)).send(mail)
    assert (refusal.value.permanent, refusal.value.maybe_sent) == (False, False)


@pytest.mark.parametrize("address", ["lin@example.com\nBcc: all@example.com", "lin@example.com\r\n\r\nhello"])
async def test_an_address_smuggles_no_header_in(address: str) -> None:
    with pytest.raises(DeliveryError, match="bad_mailbox") as refusal:
        await SmtpChannel(smtp_settings(Relay().port)).send(rendered(ChannelName.EMAIL, address, "hello"))
    assert refusal.value.permanent


async def test_a_line_to_twilio_that_dies_without_a_word_is_no_answer() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        async with open_channels(twilio_settings(f"http://{host}:{port}")) as channels:
            with pytest.raises(DeliveryError) as caught:
                await channels[ChannelName.SMS].send(rendered(ChannelName.SMS, "+8613800138000", "hello"))
    assert (caught.value.reason, caught.value.maybe_sent) == ("no_answer", True)
