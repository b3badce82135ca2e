"""Signs mail for our domain (DKIM, RFC 6376), where the relay does not."""

from dataclasses import dataclass, field
from pathlib import Path

import dkim

from app.settings import Settings
from app.setup import SetupError

# RFC 8058, 4: mailboxes heed one-click unsubscribing only where its two headers are signed.
SIGNED = (
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "auto-submitted",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "list-unsubscribe",
    "list-unsubscribe-post",
)


@dataclass(frozen=True, slots=True)
class DkimKey:
    """The key of one domain and the selector under which its public half stands in the DNS."""

    domain: str
    selector: str
    pem: bytes = field(repr=False)

    def signed(self, mail: bytes) -> bytes:
        """The mail (CRLF) with a signature in front; takes milliseconds of computing."""
        named = mail.partition(b"\r\n\r\n")[0].lower()
        there = [name.encode() for name in SIGNED if b"\r\n" + name.encode() + b":" in b"\r\n" + named]
        header: bytes = dkim.sign(
            mail,
            self.selector.encode(),
            self.domain.encode(),
            self.pem,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=there,
        )
        return header + mail


def open_key(settings: Settings) -> DkimKey | None:
    """The key that the settings name; None where the relay signs. Raises SetupError for one that does not sign."""
    if not settings.dkim_domain:
        return None
    if not settings.dkim_selector or not settings.dkim_key_file:
        raise SetupError("RELIGHT_DKIM_DOMAIN needs RELIGHT_DKIM_SELECTOR and RELIGHT_DKIM_KEY_FILE")
    try:
        key = DkimKey(settings.dkim_domain, settings.dkim_selector, Path(settings.dkim_key_file).read_bytes())
        key.signed(b"From: a@b.test\r\n\r\n\r\n")
    except (OSError, dkim.DKIMException, ValueError) as error:
        raise SetupError(f"RELIGHT_DKIM_KEY_FILE: not a readable RSA key ({type(error).__name__})") from error
    return key
