"""What a job keeps of its tasks: the words in both directions, as hex like frames, secrets as 'xx'.

The outer part is the whole message, the inner part what the meter is told or has said.
"""

import json
from datetime import datetime

from headend_client.ami.codes import TaskState
from headend_client.ami.shapes import Json, Told, write
from headend_client.outcome import FrameRecord
from headend_client.trace import Direction, Trace

_FROM_THE_METER = (TaskState.DONE, TaskState.REFUSED)
_HIDDEN = "\x00"


def record_down(trace: Trace, body: bytes, secrets: tuple[str, ...], at: datetime) -> None:
    """Put a task down as it leaves."""
    message = json.loads(body)
    message["order"] = _hidden(message["order"], secrets)
    trace.append(FrameRecord(at, Direction.DOWN, _hex(message), _hex(message["order"])))


def record_up(trace: Trace, said: Told, secrets: tuple[str, ...], at: datetime) -> None:
    """Put down what was said of it. Only a word of meters themselves has an inner part."""
    result = _hidden(said.result or {}, secrets)
    message: Json = {"id": str(said.id), "state": said.state.value, "code": said.code, "result": result}
    inner = _hex(result or {"code": said.code}) if result or said.state in _FROM_THE_METER else ""
    trace.append(FrameRecord(at, Direction.UP, _hex(message), inner))


def _hidden(value: Json, secrets: tuple[str, ...]) -> Json:
    return {name: _blank(each) if name in secrets else each for name, each in value.items()}


def _blank(value: object) -> object:
    if isinstance(value, list):
        return [_blank(each) for each in value]
    return _HIDDEN * len(str(value))


def _hex(value: Json) -> str:
    """JSON in hex; what is hidden is written as zero bytes first, and no JSON has any."""
    hidden = write(value).replace(b"\\u0000", b"\x00")
    return "".join("xx" if byte == 0 else f"{byte:02x}" for byte in hidden)
