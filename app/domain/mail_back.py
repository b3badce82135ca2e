"""Mail that comes back: which mail of ours it is about, and what became of that one (RFC 3464, RFC 3463, VERP).

Everything here was written by strangers. What cannot be read says nothing; what bears no mark of ours is refused.
"""

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses
from enum import StrEnum
from uuid import UUID

from app.domain.proving import bounce_mark, same_word

MOST_BYTES = 256 * 1024
LONGEST_LOCAL = 64  # RFC 5321, 4.5.3.1.1
_TAG = re.compile(r"(stop-)?([0-9a-f]{32})([0-9a-f]{16})")
_LONGEST_TAG = len("stop-") + 32 + 16
_BEARERS = ("delivered-to", "x-original-to", "envelope-to", "to")
_STATUS = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})")
_MOST_PARTS, _MOST_BLOCKS, _MOST_HEADERS = 20, 20, 20
_ABOUT_THE_MAIL = frozenset({"5.2.2", "5.2.3", "5.3.4"})  # full, too long, too big: the mailbox itself is there


class Purpose(StrEnum):
    """`bounce`: mail servers write there. `stop`: its reader wants no more reminders."""

    BOUNCE = "bounce"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Ours:
    """The message of ours that an address names, and what it is written to for."""

    message_id: UUID
    purpose: Purpose


class Fate(StrEnum):
    """`dead`: there is no such mailbox. `refused`: that one mail, for good. `late`: they go on trying.
    `passed_on`: to where nobody reports. `arrived`: it is there. `unsaid`: nothing that we understand, an answering
    machine perhaps."""

    DEAD = "dead"
    REFUSED = "refused"
    LATE = "late"
    PASSED_ON = "passed_on"
    ARRIVED = "arrived"
    UNSAID = "unsaid"


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says; `status` as in RFC 3463, empty where none is given."""

    fate: Fate
    status: str = ""


_NOTHING = Report(Fate.UNSAID)


def return_address(mailbox: str, secret: str, message_id: UUID, purpose: Purpose = Purpose.BOUNCE) -> str:
    """The address that mail about one message comes back to. ValueError for a mailbox that has no room for it."""
    local, at, host = mailbox.rpartition("@")
    if not local or not at or not host or len(local) + 1 + _LONGEST_TAG > LONGEST_LOCAL:
        raise ValueError("mail_bounce_address")
    stop = "stop-" if purpose is Purpose.STOP else ""
    return f"{local}+{stop}{message_id.hex}{bounce_mark(secret, message_id)}@{host}"


def whose(address: str, mailbox: str, secret: str) -> Ours | None:
    """The message whose return address this is; None for one that bears no mark of ours. Case says nothing."""
    local, _, host = mailbox.casefold().rpartition("@")
    said, _, at_host = address.strip().casefold().rpartition("@")
    found = _TAG.fullmatch(said.removeprefix(f"{local}+")) if at_host == host and said.startswith(f"{local}+") else None
    if found is None:
        return None
    message_id = UUID(found[2])
    if not same_word(found[3], bounce_mark(secret, message_id)):
        return None
    return Ours(message_id, Purpose.STOP if found[1] else Purpose.BOUNCE)


def parse(raw: bytes) -> Message | None:
    """Read a mail as far as it is worth reading; None for one that is nested beyond reason."""
    try:
        return message_from_bytes(raw[:MOST_BYTES])
    except (RecursionError, ValueError, LookupError):
        return None


def addressed(mail: Message) -> list[str]:
    """Every address that it may have come to us by."""
    said = [str(value) for name in _BEARERS for value in mail.get_all(name, [])[:_MOST_HEADERS]]
    return [address for _, address in getaddresses(said[:_MOST_HEADERS]) if address]


def report(mail: Message) -> Report:
    """What a delivery status notification says of the one mail that it is about."""
    if mail.get_content_type() != "multipart/report" or not mail.is_multipart():
        return _NOTHING
    parts = mail.get_payload()
    for part in parts[:_MOST_PARTS] if isinstance(parts, list) else []:
        if isinstance(part, Message) and part.get_content_type() == "message/delivery-status":
            return _of_blocks(part)
    return _NOTHING


def _of_blocks(part: Message) -> Report:
    blocks = part.get_payload()
    for block in blocks[:_MOST_BLOCKS] if isinstance(blocks, list) else []:
        if isinstance(block, Message) and block.get("action"):
            return _read(_first_word(block, "action"), _first_word(block, "status"))
    return _NOTHING


def _first_word(block: Message, name: str) -> str:
    words = str(block.get(name, "")).split()
    return words[0].casefold()[:20] if words else ""


def _read(action: str, said: str) -> Report:
    found = _STATUS.fullmatch(said)
    status = found[0] if found else ""
    match action:
        case "failed" if found and found[1] == "5":
            spares = found[2] == "7" or status in _ABOUT_THE_MAIL
            return Report(Fate.REFUSED if spares else Fate.DEAD, status)
        case "failed" if found and found[1] == "4":
            return Report(Fate.REFUSED, status)
        case "delayed":
            return Report(Fate.LATE, status)
        case "relayed":  # RFC 3464, 2.3.3: handed on to where nobody reports any more, which proves no arrival
            return Report(Fate.PASSED_ON, status)
        case "delivered":
            return Report(Fate.ARRIVED, status)
    return _NOTHING
