"""Mail through a relay, with aiosmtplib. One connection a message: the relay is near, and nothing is shared."""

from contextlib import suppress
from email.message import EmailMessage
from email.utils import parseaddr

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from app.models.account import ChannelName
from app.settings import Settings
from app.setup import SetupError
from notifier.channels.smtp import codes
from notifier.ports import DeliveryError, Rendered

_CALL_S = 10
_IMPLICIT_TLS_PORT = 465


class SmtpChannel:
    """A relay cannot be asked what it took. Our Message-ID is the same at each try, so that mailboxes can fold them."""

    name = "smtp"
    carries = frozenset({ChannelName.EMAIL})

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def send(self, rendered: Rendered) -> str:
        """Hand the mail to the relay; return its Message-ID. Raises DeliveryError.

        Until the relay knows us nothing has gone out. After that a lost line may have taken the mail with it.
        """
        mail = self._mail(rendered)
        line = self._line()
        await _connect(line)
        try:
            await line.send_message(mail)
        except SMTPRecipientsRefused as error:  # of one recipient
            raise codes.error(error.recipients[0].code) from None
        except SMTPResponseException as error:
            raise codes.error(error.code) from None
        except (SMTPException, OSError) as error:
            raise DeliveryError("no_answer", maybe_sent=True) from error
        finally:
            with suppress(SMTPException, OSError):
                await line.quit()
            line.close()
        return str(mail["Message-ID"])

    def _mail(self, rendered: Rendered) -> EmailMessage:
        sender = self._settings.smtp_sender
        mail = EmailMessage()
        try:
            mail["To"] = rendered.recipient
            mail["From"] = sender
            mail["Subject"] = " ".join(rendered.title.split())
        except ValueError:  # a line break in an address
            raise DeliveryError("bad_mailbox", permanent=True) from None
        mail["Message-ID"] = f"<{rendered.message_id}@{_domain(sender)}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(rendered.body)
        return mail

    def _line(self) -> SMTP:
        s = self._settings
        implicit = s.smtp_port == _IMPLICIT_TLS_PORT
        return SMTP(
            hostname=s.smtp_host,
            port=s.smtp_port,
            username=s.smtp_user or None,
            password=s.smtp_password.get_secret_value() or None,
            use_tls=implicit,
            start_tls=s.smtp_starttls and not implicit,
            timeout=_CALL_S,
        )

    async def close(self) -> None:
        """Nothing is held open."""


async def _connect(line: SMTP) -> None:
    """Reach the relay, agree on TLS, sign in. Nothing has been sent when this raises."""
    try:
        await line.connect()
    except SMTPAuthenticationError:
        raise DeliveryError("credentials") from None
    except SMTPConnectError as error:
        raise DeliveryError("relay_down") from error
    except (SMTPException, OSError) as error:  # a certificate that is not trusted, no STARTTLS, no greeting
        raise DeliveryError("relay_unfit") from error


def _domain(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"


def make(settings: Settings) -> SmtpChannel:
    """Build the channel. Raises SetupError if a setting is missing."""
    if not settings.smtp_host:
        raise SetupError("RELIGHT_SMTP_HOST is not set")
    return SmtpChannel(settings)
