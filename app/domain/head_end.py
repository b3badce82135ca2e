"""Existing head ends that lead to meters of ours: their names, their places, how their tasks end (SPEC H-8)."""

import re
from datetime import timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from app.domain.dialling import CannotDial, read_host

LEAST_SECRET = 32
MOST_MOVED = 2000
_KEY = re.compile(r"[A-Za-z0-9._-]{1,80}")
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")
_HERE = ("localhost", "127.0.0.1", "::1")
_LONGEST_NAME = 80
FORGOTTEN_AFTER = timedelta(seconds=45)
"""A head end of which no front-end has heard anything for so long: nobody looks after it."""


class TaskEnd(StrEnum):
    """How a task ended that was to change a meter. The first five are the head end's words.

    `lost`: nobody will hear of it any more, and the meter was read. `not_sent`: it never left.
    """

    DONE = "done"
    REFUSED = "refused"
    NOT_DONE = "not_done"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    LOST = "lost"
    NOT_SENT = "not_sent"


TOLD_ENDS = frozenset(TaskEnd) - {TaskEnd.LOST, TaskEnd.NOT_SENT}


class Health(StrEnum):
    """How a head end is. `off`: staff have switched it off. `unwatched`: no front-end looks after it."""

    OFF = "off"
    UNWATCHED = "unwatched"
    TROUBLED = "troubled"
    WELL = "well"


class CannotJoin(Exception):
    """What was typed cannot be. `code`: bad_name, name_taken, bad_url, not_https, bad_key, short_secret,
    place_full, no_meters, unknown_meters, meters_kept, meter_busy, no_node, no_session_secret."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


def read_name(text: str) -> str:
    """Return what staff call something. Raises CannotJoin."""
    name = " ".join(text.split())
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise CannotJoin("bad_name")
    return name


def read_url(text: str) -> str:
    """Return where a head end is asked, with no slash at its end. Raises CannotJoin.

    Only over TLS, for tokens travel there; this machine itself is the exception. No query, no user, no fragment.
    """
    try:
        place = urlsplit(text.strip())
        host, port = read_host(place.hostname or ""), place.port
    except (ValueError, CannotDial):
        raise CannotJoin("bad_url") from None
    path = place.path.rstrip("/")
    if place.scheme not in ("http", "https") or "@" in place.netloc or place.query or place.fragment:
        raise CannotJoin("bad_url")
    if not _PATH.fullmatch(path):
        raise CannotJoin("bad_url")
    if place.scheme == "http" and host not in _HERE:
        raise CannotJoin("not_https")
    spelt = f"[{host}]" if ":" in host else host
    return f"{place.scheme}://{spelt}{f':{port}' if port else ''}{path}"


def read_key(text: str) -> str:
    """Return the name of our secret there. Raises CannotJoin."""
    if not _KEY.fullmatch(text.strip()):
        raise CannotJoin("bad_key")
    return text.strip()


def read_secret(text: str) -> str:
    """Return a secret that is long enough to sign with. Raises CannotJoin."""
    secret = text.strip()
    if len(secret) < LEAST_SECRET or not secret.isprintable() or not secret.isascii():
        raise CannotJoin("short_secret")
    return secret


def health(*, enabled: bool, silent_for: timedelta | None, trouble: str) -> Health:
    """How a head end is. `silent_for`: since a front-end last looked at it, None: none ever did."""
    if not enabled:
        return Health.OFF
    if silent_for is None or silent_for > FORGOTTEN_AFTER:
        return Health.UNWATCHED
    return Health.TROUBLED if trouble else Health.WELL
