"""Who imports whom. The layers themselves are written down in pyproject.toml."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGES, ROOT, python_files, read

CLOCK_CALLS = {"now", "utcnow", "today", "time", "monotonic", "perf_counter"}


def test_the_layers_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_codecs_and_rules_need_the_standard_library_only() -> None:
    strangers = {
        f"{path}: {module}"
        for path in _pure_files()
        for module in _imported(path)
        if module.partition(".")[0] not in sys.stdlib_module_names and not module.startswith(_own(path))
    }
    assert strangers == set()


def test_codecs_and_rules_are_told_the_time() -> None:
    assert {place for path in _pure_files() for place in _clock_calls(path)} == set()


def test_nothing_that_ships_imports_a_test() -> None:
    guests = {
        f"{path}: {module}"
        for path in python_files(*PACKAGES)
        for module in _imported(path)
        if module.partition(".")[0] == "tests"
    }
    assert guests == set()


@pytest.mark.parametrize("source", ["import datetime\nx = datetime.datetime.now()", "x = date.today()"])
def test_a_look_at_the_clock_is_noticed(source: str) -> None:
    assert list(_looks_at_the_clock(ast.parse(source)))


def _pure_files() -> Iterator[Path]:
    yield from python_files("meters_io")
    yield from (path for path in python_files("app") if path.parts[1] == "domain")


def _own(path: Path) -> str:
    return "meters_io" if path.parts[0] == "meters_io" else "app.domain"


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(read(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield _absolute(path, node)


def _absolute(path: Path, node: ast.ImportFrom) -> str:
    package = path.parts[: len(path.parts) - node.level] if node.level else ()
    return ".".join((*package, *filter(None, [node.module])))


def _clock_calls(path: Path) -> Iterator[str]:
    return (f"{path}:{line}" for line in _looks_at_the_clock(ast.parse(read(path))))


def _looks_at_the_clock(tree: ast.AST) -> Iterator[int]:
    """Lines that call now(), today(), time() ... of a module or class; a method of our own values is no clock."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=verb)):
                if verb in CLOCK_CALLS and owner in {"datetime", "date", "time"}:
                    yield node.lineno
