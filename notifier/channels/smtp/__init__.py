"""Mail through a relay, with aiosmtplib: over a few lines that stay open, signed by us where the relay does not."""

import asyncio
from contextlib import suppress
from uuid import UUID

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from app.domain.mail_back import return_address
from app.models.account import ChannelName
from app.settings import Settings
from app.setup import SetupError
from notifier.channels.smtp import codes
from notifier.channels.smtp.dkim_key import DkimKey, open_key
from notifier.channels.smtp.lines import Lines
from notifier.channels.smtp.mail import compose, envelope_sender
from notifier.ports import DeliveryError, Rendered

_ANY = UUID(int=0)


class SmtpChannel:
    """A relay cannot be asked what it took. Our Message-ID is the same at each try, so that mailboxes can fold them."""

    name = "smtp"
    carries = frozenset({ChannelName.EMAIL})

    def __init__(self, settings: Settings, key: DkimKey | None = None) -> None:
        self._settings, self._key = settings, key
        self._lines = Lines(settings)

    async def send(self, rendered: Rendered) -> str:
        """Hand the mail to the relay; return its Message-ID. Raises DeliveryError.

        Until its content is on the way nothing has gone out; after that a lost line may have taken it along.
        """
        mail = compose(rendered, self._settings)
        sender = envelope_sender(rendered, self._settings)
        content = mail.as_bytes()
        if self._key is not None:
            content = await asyncio.to_thread(self._key.signed, content)
        async with self._lines.line() as line:
            await _address(line, sender, rendered.recipient)
            await _hand_over(line, content)
        return str(mail["Message-ID"])

    async def close(self) -> None:
        """Say goodbye on every line."""
        await self._lines.close()


async def _address(line: SMTP, sender: str, recipient: str) -> None:
    try:
        await line.mail(sender)
        await line.rcpt(recipient)
    except SMTPResponseException as error:
        await _start_over(line)
        raise codes.error(error.code, error.message) from None
    except (SMTPException, OSError) as error:
        line.close()
        raise DeliveryError("relay_lost") from error


async def _hand_over(line: SMTP, content: bytes) -> None:
    try:
        await line.data(content)
    except SMTPResponseException as error:
        await _start_over(line)
        raise codes.error(error.code, error.message) from None
    except (SMTPException, OSError) as error:
        line.close()
        raise DeliveryError("no_answer", maybe_sent=True) from error


async def _start_over(line: SMTP) -> None:
    with suppress(SMTPException, OSError):
        await line.rset()


def make(settings: Settings) -> SmtpChannel:
    """Build the channel. Raises SetupError if a setting is missing."""
    if not settings.smtp_host:
        raise SetupError("RELIGHT_SMTP_HOST is not set")
    _look_at_bounces(settings)
    return SmtpChannel(settings, open_key(settings))


def _look_at_bounces(settings: Settings) -> None:
    if not settings.mail_bounce_address:
        return
    try:
        return_address(settings.mail_bounce_address, "any", _ANY)
    except ValueError:
        raise SetupError("RELIGHT_MAIL_BOUNCE_ADDRESS: a mailbox with at most 10 characters before its @") from None
