"""The line to a module: one TLS connection, opened when it is needed, and a deadline on every wait."""

import asyncio
import ssl
from contextlib import suppress

from headend_client.prism.config import PrismPlace, PrismTiming
from headend_client.prism.errors import AnswerLost, NotSent

_LENGTH_BYTES = 4
_LONGEST = 1 << 20  # the answers are a few kilobytes
_GOODBYE_S = 1.0


class Line:
    """Carries one frame at a time; the caller sees to that. Raises ssl.SSLError and OSError for a bad `ca_file`."""

    def __init__(self, place: PrismPlace, timing: PrismTiming) -> None:
        self._place, self._timing = place, timing
        self._tls = ssl.create_default_context(cafile=place.ca_file or None)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._used_at = 0.0

    @property
    def is_stale(self) -> bool:
        """Is there a connection of which nobody knows whether it still leads anywhere?"""
        silent_s = asyncio.get_running_loop().time() - self._used_at
        return self._streams is not None and silent_s > self._timing.idle_s

    async def exchange(self, frame: bytes, until: float) -> bytes:
        """Send a frame and return the frame that comes back; `until` is loop time. Raises NotSent, AnswerLost."""
        reader, writer = await self._connected(until)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(min(loop.time() + self._timing.answer_s, until)):
                writer.write(len(frame).to_bytes(_LENGTH_BYTES, "big") + frame)
                await writer.drain()
                length = int.from_bytes(await reader.readexactly(_LENGTH_BYTES), "big")
                if length > _LONGEST:
                    raise AnswerLost("unreadable: length")
                answer = await reader.readexactly(length)
        except TimeoutError:
            self.drop()
            raise AnswerLost("no_answer") from None
        except (OSError, EOFError) as error:
            self.drop()
            raise AnswerLost(f"line_broke: {type(error).__name__}") from None
        except BaseException:  # cancelled, or out of step: the next answer on this line would be an earlier call's
            self.drop()
            raise
        self._used_at = loop.time()
        return answer

    def drop(self) -> None:
        """Leave the connection; the next exchange opens another."""
        if self._streams is not None:
            self._streams[1].transport.abort()
        self._streams = None

    async def aclose(self) -> None:
        """Close the connection in an orderly way."""
        if self._streams is None:
            return
        writer, self._streams = self._streams[1], None
        writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):
                await writer.wait_closed()

    async def _connected(self, until: float) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is not None and not self._streams[0].at_eof():
            return self._streams
        self.drop()
        place = self._place
        now = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(min(now + self._timing.connect_s, until)):
                self._streams = await asyncio.open_connection(
                    place.host, place.port, ssl=self._tls, server_hostname=place.name or place.host
                )
        except ssl.SSLCertVerificationError:
            raise NotSent("certificate") from None
        except ssl.SSLError:
            raise NotSent("tls") from None
        except (OSError, TimeoutError) as error:
            raise NotSent(f"no_connection: {type(error).__name__}") from None
        return self._streams
