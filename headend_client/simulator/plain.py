"""Dataclasses to JSON's own types and back, strictly: no unknown keys, no missing ones, no number that is a string."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from enum import Enum
from types import NoneType, UnionType
from typing import TypeVar, cast, get_args, get_origin, get_type_hints

from headend_client.simulator.errors import WorldError

T = TypeVar("T")


def to_plain(value: object) -> object:
    """Return `value` (dataclasses, enums, datetimes, tuples, lists, numbers, texts) as what `json` can write."""
    if is_dataclass(value):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [to_plain(part) for part in value]
    return value


def from_plain(kind: type[T], plain: object, path: str = "") -> T:
    """Return the dataclass `kind` that `plain` describes; WorldError names the place of what is wrong."""
    return cast(T, _read(kind, plain, path))


def _read(kind: object, plain: object, path: str) -> object:
    if isinstance(kind, UnionType):
        return _read_optional(kind, plain, path)
    if get_origin(kind) in (list, tuple):
        return _read_row(kind, plain, path)
    if get_origin(kind) is dict:  # plain already, as some other codec made it
        return _read_single(dict, plain, path)
    if not isinstance(kind, type):
        raise TypeError(f"{kind} has no form in JSON")
    if is_dataclass(kind):
        return _read_fields(kind, plain, path)
    return _read_single(kind, plain, path)


def _read_optional(kind: UnionType, plain: object, path: str) -> object:
    if plain is None:
        return None
    (inner,) = (part for part in get_args(kind) if part is not NoneType)
    return _read(inner, plain, path)


def _read_row(kind: object, plain: object, path: str) -> object:
    if not isinstance(plain, list):
        raise WorldError(path, "a list is due here")
    parts = [_read(get_args(kind)[0], part, f"{path}[{at}]") for at, part in enumerate(plain)]
    return parts if get_origin(kind) is list else tuple(parts)


def _read_fields(kind: type, plain: object, path: str) -> object:
    if not isinstance(plain, Mapping):
        raise WorldError(path, "an object is due here")
    own = {field.name: field for field in fields(kind)}
    unknown = sorted(set(plain) - set(own))
    if unknown:
        raise WorldError(_join(path, str(unknown[0])), "nobody knows this name")
    hints = get_type_hints(kind)
    given = {name: _read(hints[name], plain[name], _join(path, name)) for name in own if name in plain}
    for name, field in own.items():
        if name not in given and _is_required(field):
            raise WorldError(_join(path, name), "this is missing")
    return _make(kind, given, path)


def _make(kind: type, given: Mapping[str, object], path: str) -> object:
    try:
        return kind(**given)
    except WorldError as wrong:
        raise WorldError(_join(path, wrong.path), wrong.reason) from None


def _read_single(kind: type, plain: object, path: str) -> object:
    if kind is datetime:
        return _read_moment(plain, path)
    if issubclass(kind, Enum):
        try:
            return kind(plain)
        except ValueError:
            raise WorldError(path, "one of " + ", ".join(str(member.value) for member in kind)) from None
    if kind is float and type(plain) is int:
        return float(plain)
    if type(plain) is not kind:  # exactly: True is no number here
        raise WorldError(path, f"{kind.__name__} is due here")
    return plain


def _read_moment(plain: object, path: str) -> datetime:
    try:
        moment = datetime.fromisoformat(str(plain))
    except ValueError:
        raise WorldError(path, "an ISO time is due here") from None
    if moment.tzinfo is None:
        raise WorldError(path, "a time needs its offset")
    return moment


def _is_required(field: "Field[object]") -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path and name else path or name
