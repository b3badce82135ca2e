"""An item that is longer than a frame (DL/T 645-2007 section 5.2.4): B1 says that more follows, C = 12 asks for it.

Each further part ends in its number SEQ, which begins at 1. A part that is missing cannot be asked for again (C = 13 is
another thing since 2007), so a gap drops all of it, and the reading begins anew.
"""

from dataclasses import dataclass, replace

from meters_io.dlt645.frame import Frame
from meters_io.dlt645.names import MORE, Control
from meters_io.dlt645.reads import build_read
from meters_io.dlt645.refusals import Refusal
from meters_io.dlt645.replies import check_di, check_reply, di_to_bytes
from meters_io.errors import RemoteError

_LAST_SEQ = 255


@dataclass(frozen=True, slots=True)
class LongRead:
    """How far the reading of one item has come.

    `seq`: how many further parts have come; `done`: `data` is all of it. It never holds more than 256 parts.
    """

    address: str
    di: int
    data: bytes = b""
    seq: int = -1
    done: bool = False

    def ask(self) -> Frame:
        """Return the request for what comes next: the item, then its further parts."""
        if self.seq < 0:
            return build_read(self.address, self.di)
        return Frame(self.address, Control.READ_MORE, di_to_bytes(self.di) + bytes((self.seq + 1,)))

    def join(self, reply: Frame) -> "LongRead | Refusal":
        """Return the reading with the part in `reply`. A part that came before changes nothing.

        RemoteError `gap` when a part is missing: what there was is worth nothing then. Others as for any reply.
        """
        refused = check_reply(reply, self.address, Control.READ if self.seq < 0 else Control.READ_MORE)
        if refused is not None:
            return refused
        part, seq = self._part(check_di(reply, self.di))
        if 0 < seq == self.seq:
            return self
        if seq != self.seq + 1:
            raise RemoteError(f"part {seq} came where {self.seq + 1} was due: read anew", code="gap", field="seq")
        more = bool(reply.control & MORE)
        if more and seq == _LAST_SEQ:
            raise RemoteError("an answer has at most 256 parts", code="too_long", field="seq")
        return replace(self, data=self.data + part, seq=seq, done=not more)

    def _part(self, body: bytes) -> tuple[bytes, int]:
        if self.seq < 0:
            return body, 0
        if not body:
            raise RemoteError("a further part ends in its number", code="bad_length", field="seq")
        return body[:-1], body[-1]
