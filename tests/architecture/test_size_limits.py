"""A function fits in view, a file in a head, a call in a line."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.architecture.tree import PACKAGES, python_files, read

FUNCTION_LINES = 60
FILE_LINES = 400
PARAMETERS = 5


class Function(NamedTuple):
    """One that is defined in a file: its place, its name, how many lines it takes and how much a caller must know."""

    line: int
    name: str
    lines: int
    parameters: int


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {str(path): read(path).count("\n") for path in _written_by_hand()}
    assert {name: lines for name, lines in lengths.items() if lines > FILE_LINES} == {}


def test_no_function_is_longer_than_60_lines() -> None:
    sizes = {
        f"{path}:{function.line} {function.name}": function.lines
        for path in _written_by_hand()
        for function in _functions(path)
    }
    assert {name: lines for name, lines in sizes.items() if lines > FUNCTION_LINES} == {}


def test_no_function_that_ships_takes_more_than_five_parameters() -> None:
    counts = {
        f"{path}:{function.line} {function.name}": function.parameters
        for path in python_files(*PACKAGES)
        for function in _functions(path)
    }
    assert {name: count for name, count in counts.items() if count > PARAMETERS} == {}


def _written_by_hand() -> Iterator[Path]:
    return (path for path in python_files() if path.parts[:2] != ("migrations", "versions"))


@cache
def _functions(path: Path) -> tuple[Function, ...]:
    nodes = ast.walk(ast.parse(read(path)))
    return tuple(
        Function(node.lineno, node.name, (node.end_lineno or 0) - node.lineno + 1, _parameters(node))
        for node in nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many things a caller may have to know; the object itself is none of them."""
    told = function.args
    names = [argument.arg for argument in (*told.posonlyargs, *told.args, *told.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))
