"""Passwords of staff: argon2id, off the event loop, two at a time, since each takes 64 MiB and a tenth of a second."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import BoundedSemaphore
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

Result = TypeVar("Result")

AT_ONCE = 2
_MOST_WAITING = 20
_POOL = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="password")
_PLACES = BoundedSemaphore(_MOST_WAITING)
_HASHER = PasswordHasher()  # the low-memory profile of RFC 9106


class TooBusy(Exception):
    """More people sign in at this moment than can be looked at. Nothing was compared."""


async def hashed(password: str) -> str:
    """Hash a new password. Raises TooBusy."""
    return await _aside(lambda: _HASHER.hash(password))


async def matches(password: str, password_hash: str | None) -> bool:
    """Compare a password with a hash. None is the hash of nobody: false, after just as long. Raises TooBusy."""
    right = await _aside(lambda: _compare(password, password_hash or _nobody()))
    return right and password_hash is not None


def _compare(password: str, password_hash: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return _HASHER.hash(secrets.token_urlsafe())


async def _aside(work: Callable[[], Result]) -> Result:
    if not _PLACES.acquire(blocking=False):
        raise TooBusy
    try:
        return await asyncio.get_running_loop().run_in_executor(_POOL, work)
    finally:
        _PLACES.release()
