"""SMS through Twilio, with Twilio's own library."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator

from app.domain.notice import Delivery
from app.models.account import ChannelName
from app.ports import CallbackRejected, InboundText, Posted
from app.settings import Settings
from app.setup import SetupError
from notifier.channels.twilio import codes
from notifier.channels.twilio.line import Line, made_since, need
from notifier.ports import Rendered, Sender

_LOOK_BACK = 50
_MOST_FIELDS = 100


class TwilioChannel:
    """Posts each message once: the library could repeat a post by itself (`max_retries`), and each is an SMS.

    Twilio knows no idempotency key. What became of a post whose answer was lost is found by listing what it sent to
    that number. Reminders have a sender of their own: Twilio keeps a list of those who said stop for each sender.
    """

    name = "twilio"
    carries = frozenset({ChannelName.SMS})

    def __init__(self, settings: Settings) -> None:
        self._senders = {
            Sender.TOKENS: settings.twilio_sender,
            Sender.REMINDERS: settings.twilio_reminder_sender or settings.twilio_sender,
        }
        self._line = Line(settings)

    async def send(self, rendered: Rendered) -> str:
        """Post the message; return its SID. Raises DeliveryError."""
        sender = self._senders[rendered.sender]
        origin = "messaging_service_sid" if sender.startswith("MG") else "from_"
        making = self._line.client.messages.create_async(
            to=rendered.recipient,
            body=rendered.body,
            status_callback=rendered.status_url,
            **{origin: sender},
        )
        return str((await self._line.post(making, rendered.sender)).sid)

    async def find(self, rendered: Rendered, since: datetime) -> str | None:
        """Look for the message among the newest to its recipient.

        The list is not narrowed by date: Twilio's filter is about the date of sending, which a waiting message lacks.
        """
        listed = self._line.client.messages.list_async(to=rendered.recipient, limit=_LOOK_BACK)
        for each in await self._line.ask(listed):  # a trial account puts words of its own in front of ours
            if each.body.endswith(rendered.body) and made_since(each.date_created, since):
                return str(each.sid)
        return None

    async def close(self) -> None:
        """Close the library's connections."""
        await self._line.close()


class TwilioStatuses:
    """Reads what Twilio posts to us: signed with our auth token over the address that it was told and all fields."""

    name = "twilio"
    accepted = "<Response/>"

    def __init__(self, settings: Settings) -> None:
        self._validator = RequestValidator(settings.twilio_token.get_secret_value())

    def read_status(self, url: str, headers: Mapping[str, str], form: Mapping[str, str]) -> Delivery:
        """Verify a callback to `url` (the public one, whatever a proxy made of it) and read it."""
        self._verify(url, headers, form)
        ref, code = form.get("MessageSid", ""), form.get("ErrorCode", "")
        if not ref or (code and not code.isdecimal()):
            raise CallbackRejected("unreadable")
        word = codes.delivery(form.get("MessageStatus", ""), ref, int(code or 0))
        if word is None:
            raise CallbackRejected("unreadable")
        return word

    def read_inbound(self, posted: Posted) -> list[InboundText]:
        """Verify and read a text that somebody wrote to one of our numbers. Raises CallbackRejected."""
        form = form_of(posted)
        self._verify(posted.url, posted.headers, form)
        ref, sender = form.get("MessageSid", ""), form.get("From", "")
        if not ref or not sender:
            raise CallbackRejected("unreadable")
        answered = bool(form.get("OptOutType"))  # its own words for STOP, START and HELP went out
        return [InboundText(ref, sender, form.get("To", ""), form.get("Body", ""), answered)]

    def _verify(self, url: str, headers: Mapping[str, str], form: Mapping[str, str]) -> None:
        if not self._validator.validate(url, dict(form), headers.get("x-twilio-signature", "")):
            raise CallbackRejected("bad_signature")


def form_of(posted: Posted) -> dict[str, str]:
    """The fields of a form. Raises CallbackRejected for what is none."""
    try:
        return dict(parse_qsl(posted.body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise CallbackRejected("unreadable") from None


def make(settings: Settings) -> TwilioChannel:
    """Build the channel inside a running loop. Raises SetupError if a setting is missing."""
    need(settings)
    if not settings.twilio_sender:
        raise SetupError("RELIGHT_TWILIO_SENDER is not set")
    return TwilioChannel(settings)


def make_statuses(settings: Settings) -> TwilioStatuses:
    """Build the reader of callbacks. Raises SetupError if a setting is missing."""
    need(settings)
    return TwilioStatuses(settings)
