"""A message as mail: its headers, its words, and where its reader ends or changes what comes."""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from app.context import utc_now
from app.domain.mail_back import Purpose, return_address
from app.settings import Settings
from notifier.ports import DeliveryError, Rendered

_SEVEN_BITS = SMTP.clone(cte_type="7bit")  # what every relay carries, and what no relay on the way alters
_STOP = {
    "zh": "不想再收到此类提醒？点此停止：{url}",
    "en": "No more reminders like this? Stop them here: {url}",
}
_CHOOSE = {
    "zh": "选择接收哪些通知：{url}",
    "en": "Choose what you are told: {url}",
}


def compose(rendered: Rendered, settings: Settings) -> EmailMessage:
    """Make the mail. Our Message-ID is the same at each try, so that mailboxes can fold two. Raises DeliveryError."""
    mail = EmailMessage(policy=_SEVEN_BITS)
    if not rendered.recipient.isascii() or "@" not in rendered.recipient:
        raise DeliveryError("bad_mailbox", permanent=True)
    try:
        mail["To"] = rendered.recipient
        mail["From"] = settings.smtp_sender
        mail["Subject"] = " ".join(rendered.title.split())
    except ValueError:  # a line break in an address
        raise DeliveryError("bad_mailbox", permanent=True) from None
    mail["Date"] = format_datetime(utc_now())
    mail["Message-ID"] = f"<{rendered.message_id}@{_domain(settings.smtp_sender)}>"
    mail["Auto-Submitted"] = "auto-generated"
    if rendered.stop_url:
        mail["List-Unsubscribe"] = ", ".join(f"<{each}>" for each in _ways_to_stop(rendered, settings))
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(rendered.body + _foot(rendered))
    return mail


def envelope_sender(rendered: Rendered, settings: Settings) -> str:
    """Where the mail comes back to: an address of its own (VERP) where bounces are read, else the sender's."""
    secret = settings.session_secret.get_secret_value()
    if settings.mail_bounce_address and secret:
        return return_address(settings.mail_bounce_address, secret, rendered.message_id)
    return parseaddr(settings.smtp_sender)[1]


def _ways_to_stop(rendered: Rendered, settings: Settings) -> list[str]:
    secret = settings.session_secret.get_secret_value()
    ways = [rendered.stop_url]
    if settings.mail_bounce_address and secret:
        there = return_address(settings.mail_bounce_address, secret, rendered.message_id, Purpose.STOP)
        ways.append(f"mailto:{there}?subject=stop")
    return ways


def _foot(rendered: Rendered) -> str:
    table, url = (_STOP, rendered.stop_url) if rendered.stop_url else (_CHOOSE, rendered.settings_url)
    return f"\n\n-- \n{table.get(rendered.locale, table['zh']).format(url=url)}\n" if url else ""


def _domain(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"
