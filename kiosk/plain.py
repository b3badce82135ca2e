"""JSON from the platform into frozen dataclasses. Unknown names are passed over: the platform may be newer than we."""

import types
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import TypeVar, Union, cast, get_args, get_origin, get_type_hints

from kiosk.errors import BadAnswer

T = TypeVar("T")
Json = str | int | float | bool | list["Json"] | dict[str, "Json"] | None


def read(kind: type[T], said: object) -> T:
    """Return the dataclass `kind` that `said` describes; BadAnswer names the place of what is wrong."""
    return cast(T, _read(kind, said, ""))


def _read(kind: object, said: object, path: str) -> object:
    if get_origin(kind) in (Union, types.UnionType):
        return _read_optional(kind, said, path)
    if get_origin(kind) is tuple:
        return _read_row(get_args(kind)[0], said, path)
    if kind is datetime:
        return _read_moment(said, path)
    if is_dataclass(kind) and isinstance(kind, type):
        return _read_fields(kind, said, path)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _read_word(kind, said, path)
    if type(said) is not kind:  # exactly: True is no number here
        raise BadAnswer(path, f"{getattr(kind, '__name__', kind)} is due here")
    return said


def _read_optional(kind: object, said: object, path: str) -> object:
    if said is None:
        return None
    (inner,) = (part for part in get_args(kind) if part is not types.NoneType)
    return _read(inner, said, path)


def _read_row(kind: object, said: object, path: str) -> tuple[object, ...]:
    if not isinstance(said, list):
        raise BadAnswer(path, "a list is due here")
    return tuple(_read(kind, part, f"{path}[{at}]") for at, part in enumerate(said))


def _read_fields(kind: type, said: object, path: str) -> object:
    if not isinstance(said, dict):
        raise BadAnswer(path, "an object is due here")
    hints, given = get_type_hints(kind), {}
    for field in fields(kind):
        here = f"{path}.{field.name}" if path else field.name
        if field.name in said:
            given[field.name] = _read(hints[field.name], said[field.name], here)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise BadAnswer(here, "this is missing")
    return kind(**given)


def _read_word(kind: type[Enum], said: object, path: str) -> Enum:
    try:
        return kind(said)
    except ValueError:
        raise BadAnswer(path, "nobody knows this word") from None


def _read_moment(said: object, path: str) -> datetime:
    try:
        moment = datetime.fromisoformat(str(said))
    except ValueError:
        raise BadAnswer(path, "an ISO time is due here") from None
    if moment.tzinfo is None:
        raise BadAnswer(path, "a time needs its offset")
    return moment.astimezone(UTC)


def to_json(value: object) -> Json:
    """Return a value of ours as what `json` can write; the way back is `read`."""
    if is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [to_json(part) for part in value]
    if isinstance(value, dict):
        return {str(name): to_json(part) for name, part in value.items()}
    return cast(Json, value)
