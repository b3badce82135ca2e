"""A PrismToken module behind the port. ESAM meters it does not serve: their part is in software, from our key file.

What was asked is written into the journal before it is asked. So a call whose answer was lost, in this process or in
one that has died, is asked about (fetchTokenResult, under the same message id) and not made again.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from headend_client.clock import Clock, utc_now
from headend_client.entries import Entry, Request, entry_of, same
from headend_client.esam import SoftEsam
from headend_client.journal import TokenJournal
from headend_client.keyfile import Keys
from headend_client.making import drn_of, make_test, read_test
from headend_client.prism.answers import read_answer, read_status, read_test_token, read_tokens, read_verified
from headend_client.prism.asking import call_of, message_id, meter_config
from headend_client.prism.codes import NO_RESULT, VALID, VERDICTS, code_of, made_nothing
from headend_client.prism.config import PrismConfig
from headend_client.prism.errors import AnswerLost, ApiRefused, NotSent
from headend_client.prism.session import Session
from headend_client.security import (
    IssuedToken,
    IssueRequest,
    KeyChangeRequest,
    ManagementRequest,
    ModuleStatus,
    ReadToken,
    SecurityCode,
    SecurityError,
    TokenFault,
)
from headend_client.target import StsIdentity
from meters_io.sts.token import TokenClass, read_class

log = logging.getLogger(__name__)

_Tokens = tuple[IssuedToken, ...]


class PrismModule(SoftEsam):
    """Satisfies SecurityModule. Requests wait for one another: a module works on one at a time.

    `journal`: shared by the processes of one machine. Raises ssl.SSLError and OSError for a bad `ca_file`.
    """

    def __init__(
        self,
        config: PrismConfig,
        journal: Path,
        keys: Keys,
        now: Clock = utc_now,
    ) -> None:
        super().__init__(keys)
        self._place, self._dialect, self._timing = config.place, config.dialect, config.timing
        self._session, self._journal = Session(config.place, config.timing), TokenJournal(journal)
        self._turn, self._now = asyncio.Lock(), now

    async def status(self) -> tuple[ModuleStatus, ...]:
        """Return what getStatus says of each node. Raises KeyFileError for a journal of ours that is damaged."""
        await asyncio.to_thread(self._journal.count)
        with _our_words():
            return read_status(await self._ask("getStatus"), self._place.host)

    async def vending_keys(self) -> None:
        """This module does not tell: a key that it lacks shows when it is asked for a token."""

    async def issue_credit(self, request: IssueRequest) -> _Tokens:
        """Return the tokens of a request: new ones, or those that the same request got before."""
        return await self._issue(request)

    async def issue_management(self, request: ManagementRequest) -> _Tokens:
        """Return the token of a request, as `issue_credit` does."""
        return await self._issue(request)

    async def issue_key_change(self, request: KeyChangeRequest) -> _Tokens:
        """Return the tokens of a request, as `issue_credit` does."""
        return await self._issue(request)

    async def test_token(self, subclass: int, control: int, mfr: int = 0) -> IssuedToken:
        """Return a token of class 1 of the module's making, which alone knows how a manufacturer's code is written."""
        make_test(subclass, control, mfr)  # raises for what is no test
        with _our_words():
            given = await self._ask("issueMeterTestToken", subclass=subclass, control=control, mfrcode=mfr)
            return read_test_token(given, subclass, control)

    async def verify(self, meter: StsIdentity, digits: str) -> ReadToken | TokenFault:
        """Return what the module reads in a token; tokens of class 1 take no key and are read here."""
        plain = read_test(digits)
        if plain is not None:
            return plain
        if read_class(digits) is TokenClass.RESERVED:
            return TokenFault.FORMAT
        drn_of(meter)
        with _our_words():
            said = await self._ask("verifyToken", meterConfig=meter_config(meter), tokenDec=digits)
            verdict = getattr(said, "validationResult", None)
            if verdict == VALID:
                return read_verified(getattr(said, "token", None), self._dialect)
        return VERDICTS.get(str(verdict), TokenFault.OTHER)

    async def fetch(self, request_id: str) -> _Tokens | None:
        """Return what the journal has for a request, or else the module; as it came, whatever was asked for."""
        entry = await asyncio.to_thread(self._journal.find, request_id)
        if entry is not None and entry.tokens is not None:
            return entry.tokens
        with _our_words():
            try:
                return read_tokens(
                    await self._ask("fetchTokenResult", reqMessageId=message_id(request_id)), self._dialect
                )
            except SecurityError as error:
                if error.reason == NO_RESULT:
                    return None
                raise

    async def aclose(self) -> None:
        """Close the line; the next request opens it again."""
        await self._session.aclose()

    async def _ask(self, method: str, **arguments: object) -> object:
        """Ask what makes nothing that counts. Raises SecurityError."""
        async with self._my_turn() as until:
            with _our_words():
                return await self._session.call(method, uuid4().hex, until, **arguments)

    async def _issue(self, request: Request) -> _Tokens:
        entry = entry_of(request, drn_of(request.meter), None)
        async with self._my_turn() as until:
            earlier = await asyncio.to_thread(self._journal.find, request.request_id)
            if earlier is None:
                call_of(request, self._dialect)  # raises before anything is written down
                entry = self._asked(entry)
                earlier = await asyncio.to_thread(self._journal.begin, entry)
            if earlier is None:
                return await self._call(request, entry, until)
            same(earlier, request)
            if earlier.tokens is not None:
                return earlier.tokens
            return await self._call_if_never_made(request, earlier, until)

    async def _call(self, request: Request, entry: Entry, until: float) -> _Tokens:
        """Have the tokens made. `entry` stands in the journal: it says that they were asked for."""
        method, arguments = call_of(request, self._dialect)
        try:
            given = await self._session.call(method, message_id(request.request_id), until, **arguments)
            tokens = read_answer(given, request, self._dialect)
        except NotSent as error:
            await self._settle(entry, ())
            raise SecurityError(SecurityCode.BUSY, error.reason) from None
        except ApiRefused as error:
            if made_nothing(error):
                await self._settle(entry, ())
            raise SecurityError(code_of(error), error.reason) from None
        except AnswerLost as error:
            log.warning("security module: the answer to request %s was lost (%s)", request.request_id, error.reason)
            found = await self._fetched(request, until)
            if found is None:
                raise SecurityError(SecurityCode.BUSY, "answer_lost") from None
            tokens = found
        return await self._settle(entry, tokens)

    async def _call_if_never_made(self, request: Request, earlier: Entry, until: float) -> _Tokens:
        """Take up a request whose answer nobody heard.

        The module says by NO_RESULT that it made nothing. While the call may still be under way that is no last word.
        """
        tokens = await self._fetched(request, until)
        if tokens is not None:
            return await self._settle(earlier, tokens)
        if self._now() - datetime.fromisoformat(earlier.at) < timedelta(seconds=self._timing.settle_s):
            raise SecurityError(SecurityCode.BUSY, "under_way")
        again = self._asked(earlier)
        if not await asyncio.to_thread(self._journal.take_up, earlier, again):
            raise SecurityError(SecurityCode.BUSY, "under_way")  # in another process, since a moment ago
        return await self._call(request, again, until)

    async def _fetched(self, request: Request, until: float) -> _Tokens | None:
        """Return the tokens that the module made for a request; None: it made none. Raises SecurityError."""
        with _our_words():
            try:
                asked = {"reqMessageId": message_id(request.request_id)}
                given = await self._session.call("fetchTokenResult", uuid4().hex, until, **asked)
            except ApiRefused as error:
                if error.reason == NO_RESULT:
                    return None
                raise
            return read_answer(given, request, self._dialect)

    def _asked(self, entry: Entry) -> Entry:
        return replace(entry, at=self._now().isoformat())

    async def _settle(self, entry: Entry, tokens: _Tokens) -> _Tokens:
        """Write down how a request ended, no tokens: surely none were made; return the tokens that it has."""
        stands = await asyncio.to_thread(self._journal.settle, entry, replace(entry, tokens=tokens))
        return tokens if stands is None or stands.tokens is None else stands.tokens

    @asynccontextmanager
    async def _my_turn(self) -> AsyncIterator[float]:
        """Wait until the module is free; yield the loop time by which this request has to end."""
        until = asyncio.get_running_loop().time() + self._timing.whole_s
        try:
            async with asyncio.timeout_at(until):
                await self._turn.acquire()
        except TimeoutError:
            raise SecurityError(SecurityCode.BUSY, "queue") from None
        try:
            yield until
        finally:
            self._turn.release()


@contextmanager
def _our_words() -> Iterator[None]:
    """Turn what ends a call badly into SecurityError."""
    try:
        yield
    except ApiRefused as error:
        raise SecurityError(code_of(error), error.reason) from None
    except (NotSent, AnswerLost) as error:
        raise SecurityError(SecurityCode.BUSY, error.reason) from None
