"""What we build on: locked, matching what pyproject.toml asks for, and free to be passed on."""

import re
import tomllib
from importlib.metadata import PackageMetadata, metadata, version

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.tree import ROOT

PIN = re.compile(r"([A-Za-z0-9._-]+)==([^\s;]+)")
GPL = re.compile(r"(?<!L)(?<!lesser )\bA?GPL|(?<!lesser )general public licen[cs]e", re.IGNORECASE)


def pins() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text().split("\n")
    matches = [PIN.fullmatch(line) for line in lines if line]
    assert all(matches), "the lock file holds pins and nothing else"
    return {canonicalize_name(match[1]): match[2] for match in matches if match}


def asked_for() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    return [wanted for wanted in map(Requirement, lines) if wanted.name != project["name"]]


@pytest.mark.parametrize("wanted", asked_for(), ids=lambda wanted: str(wanted.name))
def test_what_is_asked_for_is_locked(wanted: Requirement) -> None:
    assert wanted.specifier.contains(pins()[canonicalize_name(wanted.name)])


@pytest.mark.parametrize(("name", "pin"), pins().items())
def test_what_is_locked_is_installed_and_free_of_the_gpl(name: str, pin: str) -> None:
    assert version(name) == pin
    licence = _licence(metadata(name))
    assert licence
    assert not GPL.search(licence)


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


def _licence(about: PackageMetadata) -> str:
    """The name of a package's licence, wherever it says it; the first line where it quotes the whole text."""
    named = [*(about.get_all("License-Expression") or []), *(about.get_all("License") or [])]
    classified = [line for line in about.get_all("Classifier") or [] if line.startswith("License")]
    return "\n".join([*(words.split("\n")[0] for words in named), *classified])
