"""The security module in software: for development, demos and closed fleets. Keys come from a sealed file.

What an ESAM needs is stood in for by meters_io.dlt645.softesam (the real scheme is not public); STS tokens are real.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from headend_client.journal import Entry, Remembered, TokenJournal
from headend_client.keyfile import Keys, open_key_file, write_key_file
from headend_client.security import (
    Challenge,
    IssuedToken,
    IssueRequest,
    RechargeMacs,
    SecurityCode,
    SecurityError,
)
from headend_client.target import Target
from meters_io.dlt645 import softesam
from meters_io.errors import CodecError
from meters_io.sts import vending
from meters_io.sts.keys import MeterConfig
from meters_io.sts.pan import parse_meter_number
from meters_io.sts.transfer import Credit

__all__ = ["Keys", "SoftwareSecurityModule", "open_key_file", "write_key_file"]

_SUBCLASSES = (Credit.ELECTRICITY, Credit.ELECTRICITY_CURRENCY)
_CODES: dict[str, SecurityCode] = {
    "meter_number": SecurityCode.BAD_PAN,
    "meter_check_digit": SecurityCode.BAD_PAN,
    "ti": SecurityCode.BAD_PAN,
    "amount_range": SecurityCode.AMOUNT_RANGE,
    "clock_behind": SecurityCode.CLOCK,
    "tid_before_base": SecurityCode.CLOCK,
    "naive_time": SecurityCode.CLOCK,
    "tid_exhausted": SecurityCode.KEY_EXPIRED,
    "key_expired": SecurityCode.KEY_EXPIRED,
    "ddtk_credit": SecurityCode.PERMISSION,
    "request_reused": SecurityCode.PERMISSION,
    "subclass": SecurityCode.PERMISSION,
}


class SoftwareSecurityModule:
    """Keys in this process's memory, tokens in a journal beside the key file. Satisfies SecurityModule."""

    def __init__(self, keys: Keys, journal: Path, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._keys, self._journal, self._random_bytes = keys, TokenJournal(journal), random_bytes

    async def issue_credit(self, request: IssueRequest) -> tuple[IssuedToken, ...]:
        """Return the token of a request: a new one, or the one that the same request got before."""
        entry = await asyncio.to_thread(self._issue, request)
        return (IssuedToken(entry.digits, entry.tid, entry.subclass, entry.granted),)

    async def challenge(self, target: Target) -> Challenge:
        """Open an identity authentication with a meter."""
        random1 = self._random_bytes(8)
        return Challenge(softesam.cipher1(self._meter_key(target), random1), random1)

    async def recharge_macs(
        self, target: Target, challenge: Challenge, random2: bytes, amount_minor: int, number: int
    ) -> RechargeMacs:
        """Return the MACs of one recharge in the session that `challenge` and `random2` opened."""
        session = softesam.session_key(self._meter_key(target), challenge.random, random2)
        return RechargeMacs(softesam.mac1(session, amount_minor, number), softesam.mac2(session, target.customer))

    async def relay_order(
        self, target: Target, challenge: Challenge, random2: bytes, clear: bytes
    ) -> tuple[bytes, bytes]:
        """Seal a relay order: cipher 16 bytes, MAC 4."""
        return softesam.seal(softesam.session_key(self._meter_key(target), challenge.random, random2), clear)

    async def relay_password(self, target: Target) -> bytes:
        """Return PA and P0 P1 P2 of plain relay orders."""
        if self._keys.relay_password is None:
            raise SecurityError(SecurityCode.UNKNOWN_KEY)
        return self._keys.relay_password

    def _meter_key(self, target: Target) -> bytes:
        if self._keys.esam_master is None:
            raise SecurityError(SecurityCode.UNKNOWN_KEY)
        return softesam.meter_key(self._keys.esam_master, target.address)

    def _issue(self, request: IssueRequest) -> Entry:
        owner = request.meter.drn, request.meter.sgc, request.meter.krn
        return self._journal.issue(request.request_id, owner, lambda known: self._answer(request, known))

    def _answer(self, request: IssueRequest, known: Remembered) -> Entry:
        """Return the earlier token of a request, or make it. Nothing is journalled if this raises."""
        if known.entry is not None:
            return _same(request, known.entry)
        if request.subclass not in _SUBCLASSES:
            raise SecurityError(SecurityCode.PERMISSION)
        if request.amount <= 0:
            raise SecurityError(SecurityCode.AMOUNT_RANGE)
        try:
            return _entry(request, self._token(request, _newest(request.last_tid, known.last_tid)))
        except CodecError as error:
            raise SecurityError(_CODES.get(error.code, SecurityCode.LICENCE)) from error

    def _token(self, request: IssueRequest, last_tid: int | None) -> vending.IssuedToken:
        meter = request.meter
        key = self._keys.find(meter.sgc, meter.krn)
        if key is None:
            raise SecurityError(SecurityCode.UNKNOWN_KEY)
        issuer = vending.Issuer(key, MeterConfig(parse_meter_number(meter.drn), meter.ti))
        order = vending.CreditOrder(request.request_id, request.subclass, request.amount)
        rnd = self._random_bytes(1)[0] & 0xF
        return issuer.issue(vending.VendingState(last_tid), order, request.at, rnd)[1]


def _same(request: IssueRequest, entry: Entry) -> Entry:
    """A request that comes again must be the same request; its meter may have got another key meanwhile."""
    asked = replace(entry, drn=request.meter.drn, subclass=request.subclass, amount=request.amount)
    if asked != entry:
        raise SecurityError(SecurityCode.PERMISSION)
    return entry


def _newest(ours: int | None, theirs: int | None) -> int | None:
    known = [tid for tid in (ours, theirs) if tid is not None]
    return max(known) if known else None


def _entry(request: IssueRequest, token: vending.IssuedToken) -> Entry:
    meter = request.meter
    return Entry(
        request_id=request.request_id,
        drn=meter.drn,
        sgc=meter.sgc,
        krn=meter.krn,
        subclass=request.subclass,
        amount=request.amount,
        tid=token.tid,
        granted=token.granted,
        digits=token.digits,
        at=request.at.isoformat(),
    )
