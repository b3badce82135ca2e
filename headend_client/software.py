"""The security module in software: for development, demos and closed fleets. Keys come from a sealed file.

What an ESAM needs is stood in for by meters_io.dlt645.softesam (the real scheme is not public); STS tokens are real.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from headend_client.clock import Clock, utc_now
from headend_client.entries import Entry, Owner, Request, entry_of, same
from headend_client.esam import RandomBytes, SoftEsam
from headend_client.journal import Remembered, TokenJournal
from headend_client.keyfile import Keys, open_key_file, write_key_file
from headend_client.making import Maker, drn_of, make_test
from headend_client.security import (
    IssuedToken,
    IssueRequest,
    KeyChangeRequest,
    KeyInfo,
    ManagementRequest,
    ModuleStatus,
    ReadToken,
    TokenFault,
)
from headend_client.target import StsIdentity
from meters_io.sts.ciphers.sta import StaTables
from meters_io.sts.keys import VendingKey

__all__ = ["Keys", "SoftwareSecurityModule", "open_key_file", "write_key_file"]

_NAME = "software"
_Tokens = tuple[IssuedToken, ...]


class SoftwareSecurityModule(SoftEsam):
    """Keys in this process's memory, tokens in a journal beside the key file. Satisfies SecurityModule.

    `tables`: what EA07 meters need; without them those meters are refused (UNKNOWN_KEY).
    """

    def __init__(
        self,
        keys: Keys,
        journal: Path,
        random_bytes: RandomBytes = secrets.token_bytes,
        *,
        tables: StaTables | None = None,
        now: Clock = utc_now,
    ) -> None:
        super().__init__(keys, random_bytes)
        self._maker = Maker(keys, lambda: random_bytes(1)[0] & 0xF, tables)
        self._journal, self._now = TokenJournal(journal), now

    async def status(self) -> tuple[ModuleStatus, ...]:
        """Return how many keys and requests there are. Raises KeyFileError for a journal that is damaged."""
        requests = await asyncio.to_thread(self._journal.count)
        info = {"vending_keys": str(len(self._keys.vending)), "requests": str(requests)}
        return (ModuleStatus(_NAME, self._now(), info),)

    async def vending_keys(self) -> tuple[KeyInfo, ...]:
        """Return what may be told of the vending keys."""
        return tuple(self._told(key) for key in self._keys.vending)

    async def issue_credit(self, request: IssueRequest) -> _Tokens:
        """Return the tokens of a request: new ones, or those that the same request got before."""
        return await self._issue(request, lambda tids: self._maker.credit(request, tids))

    async def issue_management(self, request: ManagementRequest) -> _Tokens:
        """Return the token of a request, as `issue_credit` does."""
        return await self._issue(request, lambda tids: self._maker.management(request, tids))

    async def issue_key_change(self, request: KeyChangeRequest) -> _Tokens:
        """Return the tokens of a request, as `issue_credit` does."""
        return await self._issue(request, lambda _: self._maker.key_change(request))

    async def test_token(self, subclass: int, control: int, mfr: int = 0) -> IssuedToken:
        """Return a token of class 1; no key is needed."""
        return make_test(subclass, control, mfr)

    async def verify(self, meter: StsIdentity, digits: str) -> ReadToken | TokenFault:
        """Return what a token says under the meter's key."""
        return self._maker.read(meter, digits)

    async def fetch(self, request_id: str) -> _Tokens | None:
        """Return what the journal has for a request."""
        entry = await asyncio.to_thread(self._journal.find, request_id)
        return None if entry is None else entry.tokens

    async def aclose(self) -> None:
        """Nothing is held open between two calls."""

    async def _issue(
        self,
        request: Request,
        make: Callable[[Mapping[Owner, int]], _Tokens],
    ) -> _Tokens:
        """Return the earlier tokens of a request, or make them. Nothing is journalled if `make` raises."""

        def answer(known: Remembered) -> Entry:
            if known.entry is not None:
                return same(known.entry, request)
            return entry_of(request, drn_of(request.meter), make(known.last_tids))

        entry = await asyncio.to_thread(self._journal.issue, request.request_id, answer)
        return entry.tokens or ()

    def _told(self, key: VendingKey) -> KeyInfo:
        terms = self._keys.terms_of(key)
        kcv, year = self._keys.kcv_of(key), int(key.base_date)
        return KeyInfo(key.sgc, key.krn, int(key.kt), key.ken, year, terms.active_from, terms.issue_until, kcv)
