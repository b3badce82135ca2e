"""A task of an existing head end, or what was said of it, by its fields (as `headend_client.ami.papers` keeps it)."""

import json
from collections.abc import Iterator

from headend_client.explain.sight import Sight
from headend_client.fields import Field, Form

_GIST = ("kind", "state", "code")
NAMED = (
    *_GIST, "id", "address", "model", "priority", "expires_at", "callback_url", "amount_minor", "number", "customer",
    "digits", "already", "balance_minor", "overdraft_minor", "count", "relay_open", "command_open", "alarm",
    "keep_power", "wish", "names", "days_ago", "meters",
)  # fmt: skip
"""Fields that pages have words for; others, such as registers, are shown under their own names."""
_HIDDEN = "•"
_BRACE = ord("{")


def is_task(sight: Sight) -> bool:
    """Is it JSON, and not a frame? Frames begin with 68, or FE."""
    return len(sight) > 1 and sight.places[0] == _BRACE


def explain_task(sight: Sight) -> tuple[Field, ...]:
    """Return what it says, field by field; hidden letters are dots. ValueError for what is no such message."""
    text = b"".join(_HIDDEN.encode() if byte is None else bytes([byte]) for byte in sight.places).decode()
    try:
        message = json.loads(text)
    except RecursionError as error:
        raise ValueError("no message") from error
    if not isinstance(message, dict):
        raise ValueError("no message")
    return tuple(_fields(message))


def _fields(message: dict[str, object]) -> Iterator[Field]:
    for name, value in message.items():
        if name in ("order", "result") and value:
            continue  # they are the inner part
        if name == "meters":
            yield from _meters(value)
        elif isinstance(value, dict):
            yield from _fields(value)
        elif value not in ("", None):
            yield _field(name, value)


def _meters(value: object) -> Iterator[Field]:
    """Many meters: how many a task is about; of an answer a line each."""
    if isinstance(value, list):
        yield Field("task_meters", "", Form.NUMBER, len(value), gist=True)
    elif isinstance(value, dict):
        for address, said in value.items():
            yield Field(address, "", Form.TEXT, _line(said))


def _line(said: object) -> str:
    values = said.get("values") if isinstance(said, dict) else None
    if isinstance(values, dict):
        return ", ".join(f"{name}={value}" for name, value in values.items())
    return str(said.get("code", "")) if isinstance(said, dict) else str(said)


def _field(name: str, value: object) -> Field:
    label = f"task_{name}" if name in NAMED else name
    if isinstance(value, bool):
        return Field(label, "", Form.FLAG, int(value))
    if isinstance(value, int):
        return Field(label, "", Form.MONEY if name.endswith("_minor") else Form.NUMBER, value)
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    if _HIDDEN in text:
        return Field(label, "", Form.HIDDEN, text)
    if name in ("kind", "state"):
        return Field(label, "", Form.WORD, f"task_{text}", gist=True)
    return Field(label, "", Form.TEXT, text, gist=name in _GIST)
