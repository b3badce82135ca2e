"""Connections to the relay: a few, each for one mail at a time, opened when needed and looked at when stale."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from aiosmtplib import SMTP, SMTPAuthenticationError, SMTPConnectError, SMTPException

from app.settings import Settings
from notifier.ports import CREDENTIALS, DeliveryError

_CALL_S = 10
_IMPLICIT_TLS_PORT = 465
_FRESH_S, _OLD_S = 5.0, 60.0  # a line that rested for longer is asked whether it lives; one still older is not used
_ASKED_S = 2.0


@dataclass(frozen=True, slots=True)
class _Resting:
    line: SMTP
    since: float


class Lines:
    """At most `smtp_connections` lines to the relay."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._room = asyncio.Semaphore(settings.smtp_connections)
        self._resting: list[_Resting] = []
        self._tls = ssl.create_default_context(cafile=settings.smtp_ca_file or None)

    @asynccontextmanager
    async def line(self) -> AsyncIterator[SMTP]:
        """A line that is signed in, for the length of the block; one that breaks in it is not used again.

        Raises DeliveryError if there is none; nothing has been sent then.
        """
        async with self._room:
            line = await self._take()
            try:
                yield line
            except DeliveryError:  # a refusal, and the line is as good as before, unless it is closed
                self._rest(line)
                raise
            except BaseException:
                line.close()
                raise
            self._rest(line)

    def _rest(self, line: SMTP) -> None:
        if line.is_connected:
            self._resting.append(_Resting(line, _now()))

    async def _take(self) -> SMTP:
        while self._resting:
            resting = self._resting.pop()
            if await _lives(resting):
                return resting.line
            resting.line.close()
        line = self._make()
        await _connect(line)
        return line

    def _make(self) -> SMTP:
        s = self._settings
        implicit = s.smtp_port == _IMPLICIT_TLS_PORT
        return SMTP(
            hostname=s.smtp_host,
            port=s.smtp_port,
            username=s.smtp_user or None,
            password=s.smtp_password.get_secret_value() or None,
            use_tls=implicit,
            start_tls=s.smtp_starttls and not implicit,
            tls_context=self._tls if implicit or s.smtp_starttls else None,
            timeout=_CALL_S,
        )

    async def close(self) -> None:
        """Say goodbye on every line."""
        while self._resting:
            line = self._resting.pop().line
            with suppress(SMTPException, OSError):
                await line.quit(timeout=_ASKED_S)
            line.close()


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _lives(resting: _Resting) -> bool:
    rested_s = _now() - resting.since
    if not resting.line.is_connected or rested_s > _OLD_S:
        return False
    if rested_s <= _FRESH_S:
        return True
    try:
        await resting.line.noop(timeout=_ASKED_S)
    except (SMTPException, OSError):
        return False
    return True


async def _connect(line: SMTP) -> None:
    """Reach the relay, agree on TLS, sign in. Nothing has been sent when this raises."""
    try:
        await line.connect()
    except SMTPAuthenticationError:
        raise DeliveryError(CREDENTIALS) from None
    except SMTPConnectError as error:
        raise DeliveryError("relay_down") from error
    except (SMTPException, OSError) as error:  # a certificate that is not trusted, no STARTTLS, no greeting
        raise DeliveryError("relay_unfit") from error
