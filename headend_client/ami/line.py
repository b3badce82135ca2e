"""One head end over HTTP: signed questions, verified answers, and what is surely known when neither came through."""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import cache
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import httpx2
from pydantic import BaseModel, ValidationError

from headend_client.ami.shapes import MOST_BYTES, AmiTiming, HeadEndPlace, Standing, Told, Turned
from headend_client.ami.signing import BadSignature, Role, Subject, sign, verify
from headend_client.clock import Clock

S = TypeVar("S", bound=BaseModel)
TASKS, STATUS = "/v1/tasks/{}", "/v1/status"
_MOST_LINES = 200


class LineError(Exception):
    """No answer that proves itself. `sent`: the question may have arrived all the same.

    `code`: head_end_unreachable, head_end_silent, bad_signature, too_old, bad_answer, other_task, head_end_troubled.
    """

    def __init__(self, code: str, *, sent: bool = True) -> None:
        super().__init__(code)
        self.code, self.sent = code, sent


class Line:
    """Speaks to one head end. `aclose()` closes its connections."""

    def __init__(self, place: HeadEndPlace, timing: AmiTiming, now: Clock) -> None:
        self.place, self.timing = place, timing
        self._base = urlsplit(place.url).path.rstrip("/")
        self._now = now
        self._client = httpx2.AsyncClient(
            verify=_trusted(),
            trust_env=False,
            follow_redirects=False,
            timeout=httpx2.Timeout(timing.answer_s, connect=timing.connect_s, pool=timing.connect_s),
            limits=httpx2.Limits(max_connections=_MOST_LINES),
        )

    async def aclose(self) -> None:
        """Hang up."""
        await self._client.aclose()

    async def put(self, task_id: UUID, body: bytes) -> Told | Turned:
        """Hand a task in, or once more: the same id is the same task. Raises LineError."""
        return await self._about(task_id, "PUT", "", body)

    async def look(self, task_id: UUID) -> Told | Turned:
        """Ask what became of a task; the head end may hold the answer until it has news. Raises LineError."""
        return await self._about(task_id, "GET", f"?wait_s={self.timing.hold_s}")

    async def cancel(self, task_id: UUID) -> Told | Turned:
        """Call a task off, and hear how it stands: from then on it does not begin. Raises LineError."""
        return await self._about(task_id, "DELETE", "")

    async def standing(self) -> Standing:
        """Ask the head end how it is. Raises LineError."""
        status, said = await self._exchange("GET", STATUS, b"", hold_s=0)
        if status != 200:
            raise LineError("bad_answer")
        return _shaped(Standing, said)

    async def _about(self, task_id: UUID, method: str, query: str, body: bytes = b"") -> Told | Turned:
        hold_s = self.timing.hold_s if query else 0
        status, said = await self._exchange(method, TASKS.format(task_id) + query, body, hold_s)
        if status >= 400:
            return _shaped(Turned, said)
        told = _shaped(Told, said)
        if told.id != task_id:
            raise LineError("other_task")
        return told

    async def _exchange(self, method: str, path: str, body: bytes, hold_s: float) -> tuple[int, bytes]:
        """Ask once. Only what is signed as the answer to this very question is an answer, be it yes or no."""
        line = f"{method} {self._base}{path}"
        headers = sign(self.place.secret, Subject(Role.REQUEST, line), body, self._now())
        try:
            async with asyncio.timeout(self.timing.connect_s + self.timing.answer_s + hold_s):
                status, said, heard = await self._send(method, path, headers, body, hold_s)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise LineError("head_end_unreachable", sent=False) from error
        except (httpx2.HTTPError, httpx2.StreamError, TimeoutError, OSError, RuntimeError) as error:
            # the last: the line was hung up while we spoke, for its head end was changed or switched off
            raise LineError("head_end_silent") from error
        self._prove(Subject(Role.ANSWER, f"{status} {line}"), said, heard, headers["relight-nonce"])
        if status >= 500:
            raise LineError("head_end_troubled")
        return status, said

    async def _send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, hold_s: float
    ) -> tuple[int, bytes, Mapping[str, str]]:
        plain = {**headers, "accept-encoding": "identity", "content-type": "application/json"}
        patience = httpx2.Timeout(self.timing.answer_s + hold_s, connect=self.timing.connect_s)
        url = self.place.url.rstrip("/") + path
        async with AsyncExitStack() as after:
            answer = await after.enter_async_context(
                self._client.stream(method, url, headers=plain, content=body, timeout=patience)
            )
            if self._client.is_closed:  # it closed what was open, and not what was being dialled when it was hung up
                after.push_async_callback(answer.extensions["network_stream"].aclose)
            said = b""
            async for part in answer.aiter_raw():
                said += part
                if len(said) > MOST_BYTES:
                    raise LineError("bad_answer")
            return answer.status_code, said, answer.headers

    def _prove(self, subject: Subject, said: bytes, headers: Mapping[str, str], nonce: str) -> None:
        try:
            answered = verify(self.place.secret, subject, said, headers, self._now())
        except BadSignature as error:
            troubled = subject.line.startswith("5")  # whatever stands between us and the head end speaks like this
            raise LineError("head_end_troubled" if troubled else error.code) from None
        if answered != nonce:
            raise LineError("bad_signature")


def _shaped(shape: type[S], said: bytes) -> S:
    try:
        return shape.model_validate_json(said)
    except (ValidationError, RecursionError) as error:
        raise LineError("bad_answer") from error


@cache
def _trusted() -> ssl.SSLContext:
    """Read once a process: a client that makes its own takes longer than the call."""
    return ssl.create_default_context()
