"""SMS through Twilio, with Twilio's own library."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from app.domain.notice import Delivery
from app.models.account import ChannelName
from app.ports import CallbackRejected
from app.settings import Settings
from app.setup import SetupError
from notifier.channels.twilio import codes
from notifier.ports import DeliveryError, Rendered

_HUSHED = logging.getLogger(f"{__name__}.wire")
_HUSHED.setLevel(logging.WARNING)  # the library logs each request, with the number in it
_CALL_S = 10  # the library's asynchronous client heeds no time limit of its own (twilio-python#925)
_LOOK_BACK = 50
_CLOCKS_DIFFER = timedelta(minutes=2)


class TwilioChannel:
    """Posts each message once: the library could repeat a post by itself (`max_retries`), and each is an SMS.

    Twilio knows no idempotency key. What became of a post whose answer was lost is found by listing what it sent to
    that number.
    """

    name = "twilio"
    carries = frozenset({ChannelName.SMS})

    def __init__(self, settings: Settings) -> None:
        self._sender = settings.twilio_sender
        self._http = AsyncTwilioHttpClient(logger=_HUSHED)
        self._client = Client(settings.twilio_account, settings.twilio_token.get_secret_value(), http_client=self._http)
        if settings.twilio_url:
            self._client.api.base_url = settings.twilio_url

    async def send(self, rendered: Rendered) -> str:
        """Post the message; return its SID. Raises DeliveryError."""
        origin = "messaging_service_sid" if self._sender.startswith("MG") else "from_"
        try:
            async with asyncio.timeout(_CALL_S):
                made = await self._client.messages.create_async(
                    to=rendered.recipient,
                    body=rendered.body,
                    status_callback=rendered.status_url,
                    **{origin: self._sender},
                )
        except TwilioRestException as error:
            raise codes.error(error.status, error.code) from None
        except (OSError, TimeoutError, TwilioException) as error:
            raise DeliveryError("no_answer", maybe_sent=True) from error
        return str(made.sid)

    async def find(self, rendered: Rendered, since: datetime) -> str | None:
        """Look for the message among the newest to its recipient.

        The list is not narrowed by date: Twilio's filter is about the date of sending, which a waiting message lacks.
        """
        try:
            async with asyncio.timeout(_CALL_S):
                found = await self._client.messages.list_async(to=rendered.recipient, limit=_LOOK_BACK)
        except TwilioRestException as error:
            raise codes.error(error.status, error.code) from None
        except (OSError, TimeoutError, TwilioException) as error:
            raise DeliveryError("no_answer") from error
        for each in found:  # a trial account puts words of its own in front of ours
            if each.body.endswith(rendered.body) and _made_at(each.date_created) >= since - _CLOCKS_DIFFER:
                return str(each.sid)
        return None

    async def close(self) -> None:
        """Close the library's connections."""
        await self._http.close()


def _made_at(date_created: object) -> datetime:
    if not isinstance(date_created, datetime):
        raise DeliveryError("unreadable_list")
    return date_created


class TwilioStatuses:
    """Reads status callbacks: signed with our auth token over the address that Twilio was told and all fields."""

    name = "twilio"

    def __init__(self, settings: Settings) -> None:
        self._validator = RequestValidator(settings.twilio_token.get_secret_value())

    def read_status(self, url: str, headers: Mapping[str, str], form: Mapping[str, str]) -> Delivery:
        """Verify a callback to `url` (the public one, whatever a proxy made of it) and read it."""
        if not self._validator.validate(url, dict(form), headers.get("x-twilio-signature", "")):
            raise CallbackRejected("bad_signature")
        state = codes.STATUSES.get(form.get("MessageStatus", ""))
        ref, code = form.get("MessageSid", ""), form.get("ErrorCode", "")
        if state is None or not ref or (code and not code.isdecimal()):
            raise CallbackRejected("unreadable")
        number = int(code) if code else 0
        return Delivery(state, ref, codes.word(number) if number else "", stop=number == codes.OPTED_OUT)


def make(settings: Settings) -> TwilioChannel:
    """Build the channel inside a running loop. Raises SetupError if a setting is missing."""
    _need(settings)
    if not settings.twilio_sender:
        raise SetupError("RELIGHT_TWILIO_SENDER is not set")
    return TwilioChannel(settings)


def make_statuses(settings: Settings) -> TwilioStatuses:
    """Build the reader of status callbacks. Raises SetupError if a setting is missing."""
    _need(settings)
    return TwilioStatuses(settings)


def _need(settings: Settings) -> None:
    if not settings.twilio_account or not settings.twilio_token.get_secret_value():
        raise SetupError("RELIGHT_TWILIO_ACCOUNT and RELIGHT_TWILIO_TOKEN are not set")
