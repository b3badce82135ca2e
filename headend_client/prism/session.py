"""Calls under an access token: signed in when it is needed, and anew when the module takes the token no more."""

import asyncio
from itertools import count
from uuid import uuid4

from headend_client.prism.config import PrismPlace, PrismTiming
from headend_client.prism.errors import AnswerLost, ApiRefused, NotSent
from headend_client.prism.line import Line
from headend_client.prism.messages import API_VERSION, decode_reply, encode_call, make

_TOKEN_ENDED = "EAuthentication.Token"


class Session:
    """One call at a time; the caller sees to that. The token lives in memory and shows nowhere."""

    def __init__(self, place: PrismPlace, timing: PrismTiming) -> None:
        self._place, self._line = place, Line(place, timing)
        self._token: str | None = None
        self._numbers = count(1)

    async def call(self, method: str, message_id: str, until: float, **arguments: object) -> object:
        """Call a method under a token; return its result. `until`: loop time.

        Raises NotSent, AnswerLost, ApiRefused. A module that no longer knows the token has done nothing, so the same
        call is made again under a new one.
        """
        if self._line.is_stale:
            await self._try_line(until)
        token = self._token or await self._sign_in(until)
        try:
            return await self._ask(method, until, messageId=message_id, accessToken=token, **arguments)
        except ApiRefused as refused:
            if refused.reason != _TOKEN_ENDED:
                raise
        token = await self._sign_in(until)
        return await self._ask(method, until, messageId=message_id, accessToken=token, **arguments)

    async def aclose(self) -> None:
        """Close the line; the next call opens it again."""
        await self._line.aclose()

    async def _try_line(self, until: float) -> None:
        """Find out at no risk that a line is dead; the next call then opens another."""
        try:
            await self._ask("ping", until, sleepMs=0, echo="relight")
        except (AnswerLost, ApiRefused):
            self._line.drop()

    async def _sign_in(self, until: float) -> str:
        self._token, place = None, self._place
        options = make("SessionOptions", version=API_VERSION)
        try:
            signed_in = await self._ask(
                "signInWithPassword",
                until,
                messageId=uuid4().hex,
                realm=place.realm,
                username=place.user,
                password=place.password,
                sessionOpts=options,
            )
        except AnswerLost as lost:
            raise NotSent(f"sign_in: {lost.reason}") from None
        token = getattr(signed_in, "accessToken", None)
        if not isinstance(token, str) or not token:
            raise NotSent("sign_in: unreadable")
        self._token = token
        return token

    async def _ask(self, method: str, until: float, **arguments: object) -> object:
        if asyncio.get_running_loop().time() >= until:
            raise NotSent("no_time")
        number = next(self._numbers)
        frame = await self._line.exchange(encode_call(method, number, arguments), until)
        try:
            return decode_reply(method, number, frame)
        except AnswerLost:
            self._line.drop()  # out of step
            raise
