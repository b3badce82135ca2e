"""The line to Twilio that messages and calls share: one client, hushed, and with a time limit on every word."""

import asyncio
import logging
from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import TypeVar

from aiohttp import ClientError
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from app.settings import Settings
from app.setup import SetupError
from notifier.channels.twilio import codes
from notifier.ports import DeliveryError, Sender

_HUSHED = logging.getLogger("notifier.channels.twilio.wire")
_HUSHED.setLevel(logging.WARNING)  # the library logs each request, with the number in it
_CALL_S = 10  # the library's asynchronous client heeds no time limit of its own (twilio-python#925)
_NO_ANSWER = (OSError, TimeoutError, TwilioException, ClientError)  # aiohttp's own, where a connection has died
_CLOCKS_DIFFER = timedelta(minutes=2)

T = TypeVar("T")


class Line:
    """Signs with an API key where there is one, else with the auth token; callbacks are always by the auth token."""

    def __init__(self, settings: Settings) -> None:
        self._http = AsyncTwilioHttpClient(logger=_HUSHED)
        user, secret = settings.twilio_account, settings.twilio_token.get_secret_value()
        if settings.twilio_key:
            user, secret = settings.twilio_key, settings.twilio_key_secret.get_secret_value()
        self.client = Client(user, secret, account_sid=settings.twilio_account, http_client=self._http)
        if settings.twilio_url:
            self.client.api.base_url = settings.twilio_url

    async def post(self, making: Awaitable[T], sender: Sender) -> T:
        """Wait for a post, once. Raises DeliveryError; after a lost answer it may have been taken."""
        try:
            async with asyncio.timeout(_CALL_S):
                return await making
        except TwilioRestException as error:
            raise codes.error(error.status, error.code, sender) from None
        except _NO_ANSWER as error:
            raise DeliveryError("no_answer", maybe_sent=True) from error

    async def ask(self, asking: Awaitable[T]) -> T:
        """Wait for a list. Raises DeliveryError."""
        try:
            async with asyncio.timeout(_CALL_S):
                return await asking
        except TwilioRestException as error:
            raise codes.error(error.status, error.code) from None
        except _NO_ANSWER as error:
            raise DeliveryError("no_answer") from error

    async def close(self) -> None:
        """Close the library's connections."""
        await self._http.close()


def made_since(date_created: object, since: datetime) -> bool:
    """Was it made after `since`, as far as two clocks can agree? Raises DeliveryError for what is no date."""
    if not isinstance(date_created, datetime):
        raise DeliveryError("unreadable_list")
    return date_created >= since - _CLOCKS_DIFFER


def need(settings: Settings) -> None:
    """Raises SetupError where we could not sign."""
    if not settings.twilio_account or not settings.twilio_token.get_secret_value():
        raise SetupError("RELIGHT_TWILIO_ACCOUNT and RELIGHT_TWILIO_TOKEN are not set")
    if settings.twilio_key and not settings.twilio_key_secret.get_secret_value():
        raise SetupError("RELIGHT_TWILIO_KEY is set, RELIGHT_TWILIO_KEY_SECRET is not")
