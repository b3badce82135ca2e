"""What we build on: locked, matching what pyproject.toml asks for, and free to be passed on."""

import functools
import re
import tomllib
from importlib.metadata import PackageMetadata, files, metadata, requires, version

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.tree import ROOT
from tests.each import each

SUPPORTED = ("3.11.0", "3.11.2", "3.11.9", "3.12.9", "3.13.5", "3.14.1")
GPL = re.compile(r"(?<!L)(?<!lesser )\bA?GPL|(?<!lesser )general public licen[cs]e", re.IGNORECASE)


@functools.cache
def locked() -> dict[str, Requirement]:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    return {canonicalize_name(pin.name): pin for pin in map(Requirement, lines)}


@functools.cache
def locked_here() -> list[Requirement]:
    return [pin for pin in locked().values() if pin.marker is None or pin.marker.evaluate()]


@functools.cache
def needs(package: str) -> list[Requirement]:
    return [Requirement(line) for line in requires(package) or ()]


def asked_for() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    return [wanted for wanted in map(Requirement, lines) if wanted.name != project["name"]]


@each(locked().values(), str)
def test_the_lock_names_one_version_and_no_address(pin: Requirement) -> None:
    assert [part.operator for part in pin.specifier] == ["=="]
    assert pin.url is None


@each(asked_for(), str)
def test_what_is_asked_for_is_locked(wanted: Requirement) -> None:
    (pin,) = locked()[canonicalize_name(wanted.name)].specifier
    assert wanted.specifier.contains(pin.version)


@each(locked_here(), str)
def test_what_is_locked_is_installed_and_free_of_the_gpl(pin: Requirement) -> None:
    assert pin.specifier.contains(version(pin.name))
    licence = _licence(metadata(pin.name))
    assert licence
    assert not GPL.search(licence)


@pytest.mark.parametrize("python", SUPPORTED)
def test_the_lock_is_whole_on_each_python(python: str) -> None:
    here = {"python_full_version": python, "python_version": python.rpartition(".")[0], "extra": ""}
    missing = {
        f"{pin.name} needs {needed}"
        for pin in locked_here()
        for needed in needs(pin.name)
        if needed.marker is None or needed.marker.evaluate(here)
        if not _is_locked(needed.name, here)
    }
    assert missing == set()


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        ("GPL-3.0-or-later", True),
        ("AGPL-3.0-only", True),
        ("OSI Approved :: GNU General Public License v2 (GPLv2)", True),
        ("GNU Affero General Public License", True),
        ("LGPL-2.1-or-later", False),
        ("GNU Lesser General Public License v3 (LGPLv3)", False),
        ("MIT", False),
    ],
)
def test_the_gpl_is_known_by_all_its_names(words: str, *, refused: bool) -> None:
    assert bool(GPL.search(words)) is refused


def _is_locked(name: str, here: dict[str, str]) -> bool:
    pin = locked().get(canonicalize_name(name))
    return pin is not None and (pin.marker is None or pin.marker.evaluate(here))


def _licence(about: PackageMetadata) -> str:
    """The name of a package's licence, wherever it says it; the first line where it quotes the whole text."""
    named = [*(about.get_all("License-Expression") or []), *(about.get_all("License") or [])]
    classified = [line for line in about.get_all("Classifier") or [] if line.startswith("License")]
    shipped = [str(file.read_text()) for file in files(about["Name"]) or () if file.name.upper().startswith("LICEN")]
    return "\n".join([*(words.strip().split("\n")[0] for words in [*named, *shipped]), *classified])
