"""Checks what travels against docs/api/ami-head-end.json: the part of JSON Schema that the document uses, no more."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).parents[2] / "docs" / "api" / "ami-head-end.json"
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}
KNOWN = {
    "$ref", "type", "properties", "required", "additionalProperties", "enum", "const", "items", "oneOf", "pattern",
    "minimum", "maximum", "minItems", "maxItems", "maxLength", "maxProperties", "format", "description", "example",
    "discriminator", "allOf",
}  # fmt: skip


@cache
def document() -> dict[str, Any]:
    """The document, read once."""
    return json.loads(DOCUMENT.read_text())  # type: ignore[no-any-return]


def schema(name: str) -> dict[str, Any]:
    """One of its shapes."""
    return document()["components"]["schemas"][name]  # type: ignore[no-any-return]


def must_fit(name: str, value: object) -> None:
    """AssertionError that says where `value` has not the shape."""
    wrong = faults(schema(name), value, name)
    assert not wrong, "; ".join(wrong)


def faults(shape: dict[str, Any], value: object, at: str) -> list[str]:
    """Say in what a value differs from a shape."""
    assert set(shape) <= KNOWN, f"{at}: this checker does not know {set(shape) - KNOWN}"
    if "$ref" in shape:
        return faults(schema(shape["$ref"].rpartition("/")[2]), value, at)
    if "oneOf" in shape:
        tries = [faults(each, value, at) for each in shape["oneOf"]]
        return [] if sum(not each for each in tries) == 1 else [f"{at}: fits {sum(not t for t in tries)} of the forms"]
    if "allOf" in shape:
        return [wrong for each in shape["allOf"] for wrong in faults(each, value, at)]
    return [*_scalar(shape, value, at), *_members(shape, value, at), *_items(shape, value, at)]


def _scalar(shape: dict[str, Any], value: object, at: str) -> list[str]:
    wrong = []
    if "type" in shape:
        names = [shape["type"]] if isinstance(shape["type"], str) else shape["type"]
        fits = any(isinstance(value, _TYPES[name]) for name in names)
        if not fits or (isinstance(value, bool) and "boolean" not in names):
            wrong.append(f"{at}: is no {'/'.join(names)}")
    if "enum" in shape and value not in shape["enum"]:
        wrong.append(f"{at}: {value!r} is none of the words")
    if "const" in shape and value != shape["const"]:
        wrong.append(f"{at}: is not {shape['const']!r}")
    if isinstance(value, str) and "pattern" in shape and not re.fullmatch(shape["pattern"], value):
        wrong.append(f"{at}: {value!r} does not look right")
    if isinstance(value, str) and len(value) > shape.get("maxLength", len(value)):
        wrong.append(f"{at}: is too long")
    if isinstance(value, int) and not shape.get("minimum", value) <= value <= shape.get("maximum", value):
        wrong.append(f"{at}: {value} is out of range")
    return wrong


def _members(shape: dict[str, Any], value: object, at: str) -> list[str]:
    if not isinstance(value, dict):
        return []
    named = shape.get("properties", {})
    rest = shape.get("additionalProperties", True)
    wrong = [f"{at}.{name}: is missing" for name in shape.get("required", []) if name not in value]
    for name, each in value.items():
        if name in named:
            wrong += faults(named[name], each, f"{at}.{name}")
        elif rest is False:
            wrong.append(f"{at}.{name}: is not foreseen")
        elif isinstance(rest, dict):
            wrong += faults(rest, each, f"{at}.{name}")
    return wrong


def _items(shape: dict[str, Any], value: object, at: str) -> list[str]:
    if not isinstance(value, list):
        return []
    wrong = [wrong for n, each in enumerate(value) for wrong in faults(shape.get("items", {}), each, f"{at}[{n}]")]
    if not shape.get("minItems", 0) <= len(value) <= shape.get("maxItems", len(value)):
        wrong.append(f"{at}: has {len(value)} items")
    return wrong
