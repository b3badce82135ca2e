"""Mail: lines that stay open, TLS, signatures that others verify, and the way out of reminders."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from app.domain.mail_back import Ours, Purpose, whose
from app.domain.suppression import SuppressionScope
from app.models.account import ChannelName
from app.settings import Settings
from app.setup import SetupError
from notifier.channels import smtp
from notifier.channels.smtp import SmtpChannel
from notifier.ports import DeliveryError, Rendered
from tests.contract.test_channel import smtp_settings
from tests.standins.mail import Fault, Relay, certificate, mail_relay

SECRET, MAILBOX = "k" * 32, "bounce@relight.test"


def warning(recipient: str = "lin@example.com") -> Rendered:
    return Rendered(
        uuid4(),
        ChannelName.EMAIL,
        recipient,
        "余额不足",
        "电表余额 ¥5.00",
        "https://relight.test/x",
        locale="en",
        stop_url="https://relight.test/u/1/w",
        settings_url="https://relight.test/my",
    )


def settings_of(relay: Relay, **more: object) -> Settings:
    known = {"session_secret": SecretStr(SECRET), "mail_bounce_address": MAILBOX}
    return smtp_settings(relay.port).model_copy(update=known | more)


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("dkim") / "dkim.pem"
    path.write_bytes(
        KEY.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )
    yield path


KEY = rsa.generate_private_key(65537, 2048)


def dns(name: bytes, timeout: int = 5) -> bytes | None:
    """The one record that our domain has."""
    public = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    text = b"".join(public.splitlines()[1:-1])
    return b"v=DKIM1; k=rsa; p=" + text if name == b"mail._domainkey.relight.test." else None


async def test_mails_share_a_few_lines_and_no_line_carries_two_at_once() -> None:
    async with mail_relay() as relay:
        channel = SmtpChannel(settings_of(relay, smtp_connections=3))
        refs = await asyncio.gather(*(channel.send(warning()) for _ in range(20)))
        await channel.close()
    assert len({*refs}) == len(relay.mailbox) == 20
    assert relay.lines <= 3


async def test_a_line_that_the_relay_has_cut_is_opened_anew_and_loses_no_mail() -> None:
    async with mail_relay() as relay:
        channel = SmtpChannel(settings_of(relay))
        await channel.send(warning())
        relay.hang_up()
        await asyncio.sleep(0)
        try:
            await channel.send(warning())
        except DeliveryError as error:
            assert not error.maybe_sent  # nothing had gone: it is sent again at once
            await channel.send(warning())
        await channel.close()
    assert len(relay.mailbox) == 2


async def test_a_refusal_leaves_the_line_as_good_as_before() -> None:
    async with mail_relay() as relay:
        channel = SmtpChannel(settings_of(relay))
        for fault in (Fault.GREYLISTED, Fault.NO_MAILBOX):
            relay.faults.append(fault)
            with pytest.raises(DeliveryError):
                await channel.send(warning())
        await channel.send(warning())
        await channel.close()
    assert (relay.lines, len(relay.mailbox)) == (1, 1)


async def test_a_line_that_breaks_before_the_content_has_surely_carried_nothing() -> None:
    async with mail_relay() as relay:
        channel = SmtpChannel(settings_of(relay))
        relay.faults.append(Fault.HANGS_UP_BEFORE_DATA)
        with pytest.raises(DeliveryError, match="relay_lost") as lost:
            await channel.send(warning())
        assert (lost.value.maybe_sent, lost.value.permanent, relay.mailbox) == (False, False, [])


async def test_only_a_mailbox_that_is_not_there_is_never_written_to_again() -> None:
    async with mail_relay() as relay:
        channel = SmtpChannel(settings_of(relay))
        relay.faults += [Fault.NO_MAILBOX, Fault.UNLOVED]
        with pytest.raises(DeliveryError, match="bad_mailbox") as gone:
            await channel.send(warning())
        with pytest.raises(DeliveryError, match="smtp_550") as unloved:
            await channel.send(warning())
        await channel.close()
    assert (gone.value.permanent, gone.value.stop, gone.value.scope) == (True, True, SuppressionScope.ALL)
    assert (unloved.value.permanent, unloved.value.stop) == (True, False)


async def test_mail_and_password_go_over_tls_to_a_relay_whose_certificate_is_trusted() -> None:
    async with mail_relay(tls=True) as relay:
        trusting = settings_of(relay, smtp_starttls=True, smtp_ca_file=str(certificate().file))
        channel = SmtpChannel(trusting)
        await channel.send(warning())
        await channel.close()
        assert len(relay.mailbox) == 1
        with pytest.raises(DeliveryError, match="relay_unfit") as stranger:
            await SmtpChannel(settings_of(relay, smtp_starttls=True)).send(warning())
        with pytest.raises(DeliveryError, match=r"credentials|relay_unfit"):
            await SmtpChannel(settings_of(relay)).send(warning())  # in the clear
    assert not stranger.value.maybe_sent
    assert len(relay.mailbox) == 1


async def test_a_mail_comes_back_to_an_address_of_its_own() -> None:
    mail = warning()
    async with mail_relay() as relay:
        channel = SmtpChannel(settings_of(relay))
        await channel.send(mail)
        await channel.close()
    assert whose(relay.senders[0], MAILBOX, SECRET) == Ours(mail.message_id, Purpose.BOUNCE)


async def test_a_reminder_says_how_it_is_ended_and_a_result_does_not() -> None:
    reminder = warning()
    result = Rendered(
        uuid4(), ChannelName.EMAIL, "lin@example.com", "Paid", "Paid", "", settings_url="https://relight.test/my"
    )
    async with mail_relay() as relay:
        channel = SmtpChannel(settings_of(relay))
        await channel.send(reminder)
        await channel.send(result)
        await channel.close()
    first, second = relay.mailbox
    stop, _, mailto = first["List-Unsubscribe"].partition(", ")
    assert (stop, first["List-Unsubscribe-Post"]) == ("<https://relight.test/u/1/w>", "List-Unsubscribe=One-Click")
    found = whose(mailto.removeprefix("<mailto:").partition("?")[0], MAILBOX, SECRET)
    assert found == Ours(reminder.message_id, Purpose.STOP)
    assert "Stop them here: https://relight.test/u/1/w" in first.get_content()
    assert second["List-Unsubscribe"] is None
    assert "https://relight.test/my" in second.get_content()


async def test_our_signature_is_verified_by_others_and_breaks_when_a_letter_changes(key_file: Path) -> None:
    async with mail_relay() as relay:
        signing = settings_of(relay, dkim_domain="relight.test", dkim_selector="mail", dkim_key_file=str(key_file))
        channel = smtp.make(signing)
        await channel.send(warning())
        await channel.close()
    came = relay.content[0]
    signed = relay.mailbox[0]["DKIM-Signature"].replace(" ", "").replace("\r\n", "")
    assert "list-unsubscribe:list-unsubscribe-post" in signed
    assert dkim.verify(came, dnsfunc=dns)
    for old, new in (
        (b"relight.test/u/1/w", b"relight.test/u/2/w"),
        (b"One-Click", b"Two-Click"),
        (b"To: lin", b"To: min"),
    ):
        assert old in came
        assert not dkim.verify(came.replace(old, new), dnsfunc=dns)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"dkim_domain": "relight.test"}, "RELIGHT_DKIM_SELECTOR"),
        (
            {"dkim_domain": "relight.test", "dkim_selector": "mail", "dkim_key_file": "/nowhere"},
            "RELIGHT_DKIM_KEY_FILE",
        ),
        ({"mail_bounce_address": "a-very-long-mailbox@relight.test"}, "RELIGHT_MAIL_BOUNCE_ADDRESS"),
    ],
)
def test_a_mail_setting_that_cannot_work_is_said_at_the_start(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(SetupError, match=words):
        smtp.make(settings_of(Relay(), **wrong))


async def test_an_address_that_no_relay_takes_is_refused_before_the_wire() -> None:
    with pytest.raises(DeliveryError, match="bad_mailbox") as refusal:
        await SmtpChannel(settings_of(Relay())).send(warning("林@example.com"))
    assert refusal.value.permanent
