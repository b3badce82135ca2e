"""Nothing trips a relay for a balance without a clearance (SPEC M-6): the code is read for verbs that would.

Allowed are the codec, which knows the byte, the simulator, which is the meter, and `app/services/cutting.py`, which
gives clearances. Everything else that defines or calls something that trips must take a `Clearance`.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import python_files, read

FREE = ("meters_io/", "headend_client/simulator/", "app/services/cutting.py")
_VERB = re.compile(r"(^|_)(trip|trips|tripped|cut_off|cut_supply|open_relay|relay_open_order)(_|$)")
_ORDERS = ("TRIP", "TRIP_FOR_A_TIME", "TRIP_FOR_A_TIME_ALLOW")
_BYTES = (0x1A, 0x1D, 0x1E)
_PERMIT = "Clearance"


def offences(source: str) -> Iterator[str]:
    """What of a file names a way to trip without being given a clearance."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if _VERB.search(node.name) and not _takes_permit(node):
                yield f"line {node.lineno}: {node.name} takes no {_PERMIT}"
            case ast.Attribute(attr=name) if name in _ORDERS:
                yield f"line {node.lineno}: {name} is ordered"
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if _VERB.search(name):
                if not _gives_permit(node):
                    yield f"line {node.lineno}: {name} is called without a clearance"
            case ast.Call(func=ast.Name(id="RelayOrder" | "RelayAction"), args=[ast.Constant(value=byte), *_]):
                if byte in _BYTES:
                    yield f"line {node.lineno}: byte {byte:#x} is ordered"


def _takes_permit(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return any(each.annotation is not None and _PERMIT in ast.unparse(each.annotation) for each in given)


def _gives_permit(node: ast.Call) -> bool:
    given = [*node.args, *(each.value for each in node.keywords)]
    return any("clearance" in ast.unparse(each).lower() for each in given)


def _watched() -> list[Path]:
    found = python_files("app", "notifier", "kiosk", "headend_client", "meters_io")
    return [path for path in found if not path.as_posix().startswith(FREE)]


def test_nothing_that_trips_goes_without_a_clearance() -> None:
    found = [f"{path}: {each}" for path in _watched() for each in offences(read(path))]
    assert found == []


def test_a_clearance_is_made_in_one_place() -> None:
    making = re.compile(r"\bClearance\(|_SEAL\b")
    found = [path.as_posix() for path in python_files("app", "notifier", "headend_client") if making.search(read(path))]
    assert found == ["app/services/cutting.py"]


@pytest.mark.parametrize(
    "source",
    [
        "async def trip_relay(call): ...",
        "async def cut_off(meter): ...",
        "gateway.trip(target)",
        "await open_relay(target)",
        "order(RelayAction.TRIP, expires)",
        "RelayAction(0x1A)",
        "RelayOrder(0x1D, when)",
    ],
)
def test_whoever_would_trip_without_asking_is_found(source: str) -> None:
    assert list(offences(source))


@pytest.mark.parametrize(
    "source",
    [
        "async def trip_relay(call, clearance: Clearance): ...",
        "await gateway.trip(target, clearance)",
        "await gateway.close_relay(target, arm=True)",
        "trip = Trip(gateway)",
        "RelayAction(0x1C)",
    ],
)
def test_whoever_asked_may(source: str) -> None:
    assert list(offences(source)) == []
