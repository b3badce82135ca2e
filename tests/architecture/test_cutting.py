"""Nothing trips a relay for a balance without a clearance (SPEC M-6): the code is read for verbs that would.

Allowed are the codec, which knows the byte, the simulator, which is the meter, the rules, which reach no wire (an
import contract), and `app/services/cutting.py`, which gives clearances. Everything else that defines or calls something
that trips must take a `Clearance`, and whoever orders the byte must ask that clearance, after the last thing that he
waits for, whether it still holds.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import python_files, read

FREE = ("meters_io/", "headend_client/simulator/", "app/services/cutting.py", "app/domain/")
_VERB = re.compile(r"(^|_)(trip|trips|tripped|cut_off|cut_supply|open_relay|relay_open_order)(_|$)")
_ORDERS = ("TRIP", "TRIP_FOR_A_TIME", "TRIP_FOR_A_TIME_ALLOW")
_BYTES = (0x1A, 0x1D, 0x1E)
_PERMIT = "Clearance"
ROUNDS = Path("headend_client/group_verbs.py")


def offences(source: str) -> Iterator[str]:
    """What of a file names a way to trip without being given a clearance."""
    tree = ast.parse(source)
    asking = {node for function in ast.walk(tree) if _asks_permit(function) for node in ast.walk(function)}
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if _VERB.search(node.name) and not _takes_permit(node):
                yield f"line {node.lineno}: {node.name} takes no {_PERMIT}"
            case ast.Attribute(attr=name) if name in _ORDERS and node not in asking:
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


def _makes_permit(source: str) -> bool:
    return any(
        (isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == _PERMIT)
        or (isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node).endswith("_SEAL"))
        for node in ast.walk(ast.parse(source))
    )


def _asks_permit(node: ast.AST) -> bool:
    """Is given a clearance, and goes on only where it holds: between the question and what is told nothing is awaited
    but the telling."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not _takes_permit(node):
        return False
    asked = [each.lineno for each in ast.walk(node) if isinstance(each, ast.If) and _is_question(each)]
    told = [each.lineno for each in ast.walk(node) if isinstance(each, ast.Call) and _is_call_of(each, "tell")]
    waits = [each.lineno for each in ast.walk(node) if isinstance(each, ast.Await)]
    return bool(asked and told) and all(not max(asked) < line < min(told) for line in waits) and max(asked) < min(told)


def _is_question(node: ast.If) -> bool:
    """`if not clearance.holds(...): return ...`."""
    test = node.test
    if not isinstance(test, ast.UnaryOp) or not isinstance(test.op, ast.Not):
        return False
    return _is_call_of(test.operand, "holds") and isinstance(node.body[-1], ast.Return | ast.Raise)


def _is_call_of(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name


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
    found = [path.as_posix() for path in python_files("app", "notifier", "headend_client") if _makes_permit(read(path))]
    assert found == ["app/services/cutting.py"]


def test_nothing_else_passes_for_a_clearance() -> None:
    """The driver's port is a shape: whatever has `holds(address, now)` would do. It stands in the port and the gate."""
    passing = re.compile(r"def holds\(self, address: str, now\b")
    watched = python_files("app", "notifier", "kiosk", "headend_client", "meters_io")
    found = sorted(path.as_posix() for path in watched if passing.search(read(path)))
    assert found == ["app/services/cutting.py", "headend_client/clearance.py"]


def test_the_byte_is_ordered_in_one_verb() -> None:
    ordering = re.compile(r"RelayAction\.TRIP\b")
    watched = python_files("app", "notifier", "kiosk", "headend_client")
    found = [path.as_posix() for path in watched if ordering.search(read(path))]
    assert [path for path in python_files("headend_client") if "RoundOrder.TRIP" in read(path)] == [ROUNDS]
    assert [path for path in found if not path.startswith(FREE)] == ["headend_client/verbs/trip_relay.py"]


def test_the_task_that_trips_is_made_in_one_place_and_behind_its_clearance() -> None:
    """A head end is told in words and not in bytes: the word leaves through a gate that asks the clearance."""
    making = re.compile(r"""Order\(\s*["']trip["']""")
    found = [path.as_posix() for path in python_files("app", "headend_client") if making.search(read(path))]
    assert found == ["headend_client/ami/trip.py"]
    assert 'errands.change(Order("trip"), lambda: _holds(errands, clearance),' in read(Path(found[0]))
    assert "if not gate():" in read(Path("headend_client/ami/handing.py"))


def test_a_cut_goes_into_a_hand_held_file_in_one_place() -> None:
    watched = python_files("app", "notifier", "kiosk", "headend_client")
    found = [path.as_posix() for path in watched if re.search(r"\bAct\.TRIP\b", read(path))]
    assert found == ["app/handheld_files.py"]


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
        "async def send(call, clearance: Clearance):\n await call.tell(order(RelayAction.TRIP))",
        "async def send(call, clearance: Clearance):\n clearance.holds(a, t)\n"
        " await call.tell(order(RelayAction.TRIP))",
        "async def send(call, clearance: Clearance):\n if not clearance.holds(a, t):\n  return\n await call.queue()\n"
        " await call.tell(order(RelayAction.TRIP))",
        "async def send(call, clearance: Clearance):\n await call.tell(order(RelayAction.TRIP))\n"
        " if not clearance.holds(a, t):\n  return",
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
        "async def send(call, clearance: Clearance):\n if not clearance.holds(a, t):\n  return\n"
        " await call.tell(order(RelayAction.TRIP))",
    ],
)
def test_whoever_asked_may(source: str) -> None:
    assert list(offences(source)) == []
