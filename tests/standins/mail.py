"""A mail relay on loopback: speaks TLS, takes credentials, keeps mail, and refuses or hangs up when told to.

Also what a mail server writes when it cannot deliver (RFC 3464).
"""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import StrEnum
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from tempfile import mkdtemp

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USER, PASSWORD = "relight", "a password"


class Fault(StrEnum):
    """What happens to the next mail. The last takes it all the same."""

    NO_MAILBOX = "no_mailbox"
    UNLOVED = "unloved"
    GREYLISTED = "greylisted"
    HANGS_UP_BEFORE_DATA = "hangs_up_before_data"
    HANGS_UP_AFTER_DATA = "hangs_up_after_data"


_REFUSALS = {
    Fault.NO_MAILBOX: "550 5.1.1 no such mailbox",
    Fault.UNLOVED: "550 5.7.1 not from you",
    Fault.GREYLISTED: "451 4.7.1 come back later",
}


def _set() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass
class Relay:
    """`mailbox` holds what was taken, oldest first; `content` as it came over the wire, `senders` of the envelopes.

    While `answering` is not set, what was taken is not confirmed. `lines` counts connections, `posts` every mail, also
    refused ones. `always`: the fault of every mail that has none of its own.
    """

    port: int = 0
    tls: ssl.SSLContext | None = None
    answering: asyncio.Event = field(default_factory=_set)
    mailbox: list[EmailMessage] = field(default_factory=list)
    content: list[bytes] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    always: Fault | None = None
    lines: int = 0
    posts: int = 0
    protocols: list[SMTP] = field(default_factory=list)

    def speak(self) -> SMTP:
        """One connection's protocol."""
        self.lines += 1
        with warnings.catch_warnings(action="ignore"):  # aiosmtpd minds passwords without TLS
            made = SMTP(
                self,
                hostname="relay.test",
                auth_required=True,
                auth_require_tls=self.tls is not None,
                require_starttls=self.tls is not None,
                tls_context=self.tls,
                authenticator=self._know,
                loop=asyncio.get_running_loop(),
            )
        self.protocols.append(made)
        return made

    def hang_up(self) -> None:
        """Every open line is cut."""
        for each in self.protocols:
            if isinstance(each.transport, asyncio.WriteTransport):
                each.transport.abort()
        self.protocols.clear()

    def _know(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object) -> AuthResult:
        known = isinstance(given, LoginPassword) and given == LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=known, handled=False)  # not handled: aiosmtpd itself answers 535

    def _fault(self, *wanted: Fault) -> Fault | None:
        """What happens to this mail, if it is one of these; each of `faults` happens once."""
        fault = self.faults[0] if self.faults else self.always
        if fault not in wanted:
            return None
        if self.faults:
            self.faults.pop(0)
        return fault

    async def handle_RCPT(  # noqa: N802  (aiosmtpd looks for this name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.posts += 1
        fault = self._fault(*_REFUSALS, Fault.HANGS_UP_BEFORE_DATA)
        if fault in _REFUSALS:
            return _REFUSALS[fault]
        if fault is Fault.HANGS_UP_BEFORE_DATA:
            _abort(server)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content
        assert isinstance(content, bytes)
        self.mailbox.append(message_from_bytes(content, policy=policy.default))
        self.content.append(content)
        self.senders.append(envelope.mail_from or "")
        if self._fault(Fault.HANGS_UP_AFTER_DATA) is not None:
            _abort(server)
        await self.answering.wait()
        return "250 2.0.0 taken"


def _abort(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.WriteTransport)
    server.transport.abort()


@dataclass(frozen=True, slots=True)
class Certificate:
    """A key and a certificate that only a test trusts."""

    file: Path
    context: ssl.SSLContext


@cache
def certificate() -> Certificate:
    """A certificate for 127.0.0.1, made at test time, which is its own authority."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "relay.test")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = Path(mkdtemp(prefix="relay"))
    file, secret = folder / "relay.pem", folder / "relay.key"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file, secret)
    return Certificate(file, context)


@asynccontextmanager
async def mail_relay(*, tls: bool = False) -> AsyncIterator[Relay]:
    """Serve it for the length of the block; `tls`: nothing but STARTTLS is taken before a sign-in."""
    relay = Relay(tls=certificate().context if tls else None)
    server = await asyncio.get_running_loop().create_server(relay.speak, "127.0.0.1", 0)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()
        relay.hang_up()
        await server.wait_closed()


def bounce(to: str, status: str = "5.1.1", action: str = "failed") -> bytes:
    """What a mail server sends back to `to` about one recipient (RFC 3464)."""
    return f"""From: MAILER-DAEMON@relay.test
To: {to}
Subject: Delivery Status Notification
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="cut"

--cut
Content-Type: text/plain

Your mail came no further.
--cut
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.test

Final-Recipient: rfc822; lin@example.com
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no

--cut
Content-Type: message/rfc822

Subject: Low balance

--cut--
""".replace("\n", "\r\n").encode()


def away(to: str) -> bytes:
    """What an answering machine sends back (RFC 3834)."""
    return f"From: lin@example.com\r\nTo: {to}\r\nAuto-Submitted: auto-replied\r\n\r\n5.1.1 on holiday\r\n".encode()
