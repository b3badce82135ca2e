"""A mail relay on loopback: takes credentials, keeps mail, and refuses or hangs up when told to."""

import asyncio
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import StrEnum

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "relight", "a password"


class Fault(StrEnum):
    """What happens to the next mail. The last takes it all the same."""

    NO_MAILBOX = "no_mailbox"
    GREYLISTED = "greylisted"
    HANGS_UP_AFTER_DATA = "hangs_up_after_data"


def _set() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass
class Relay:
    """`mailbox` holds what was taken, oldest first. While `answering` is not set, what was taken is not confirmed."""

    port: int = 0
    answering: asyncio.Event = field(default_factory=_set)
    mailbox: list[EmailMessage] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def speak(self) -> SMTP:
        """One connection's protocol."""
        with warnings.catch_warnings(action="ignore"):  # aiosmtpd minds passwords without TLS
            return SMTP(
                self,
                hostname="relay.test",
                auth_required=True,
                auth_require_tls=False,
                authenticator=self._know,
                loop=asyncio.get_running_loop(),
            )

    def _know(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object) -> AuthResult:
        known = isinstance(given, LoginPassword) and given == LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=known, handled=False)  # not handled: aiosmtpd itself answers 535

    async def handle_RCPT(  # noqa: N802  (aiosmtpd looks for this name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.faults[:1] == [Fault.NO_MAILBOX]:
            self.faults.pop(0)
            return "550 5.1.1 no such mailbox"
        if self.faults[:1] == [Fault.GREYLISTED]:
            self.faults.pop(0)
            return "451 4.7.1 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        self.mailbox.append(message_from_bytes(content, policy=policy.default))
        if self.faults[:1] == [Fault.HANGS_UP_AFTER_DATA]:
            self.faults.pop(0)
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        await self.answering.wait()
        return "250 2.0.0 taken"


@asynccontextmanager
async def mail_relay() -> AsyncIterator[Relay]:
    """Serve it for the length of the block."""
    relay = Relay()
    server = await asyncio.get_running_loop().create_server(relay.speak, "127.0.0.1", 0)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()
        await server.wait_closed()
