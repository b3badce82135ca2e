"""A clone needs nothing but itself and whatever package index its user has."""

import re

from tests.architecture.tree import files, read

# Written in pieces, so that this file does not find itself.
_INDEX = [
    "index" + "-url",
    "find" + "-links",
    "trusted" + "-host",
    r'"resolved":\s*"' + "http",
    r"^registry" + r"\s*=",
    "registry" + r"\.npmjs",
    "files" + r"\.pythonhosted",
]
_MACHINE = [
    r"""(?:^|[\s"'`(=])/""" + "(?:work|root|home|Users|farm|opt)" + "/",
    r"\.\./" + "shared",
    "file:" + "///",
]
_CREDENTIALS = ["BEGIN (?:RSA |EC )?" + "PRIVATE KEY", r"AC[0-9a-f]{32}\b", "sk_" + "live_"]
_KEYS_FOR_TESTS = "tests/standins/fixtures/"


def test_no_file_names_an_index_host() -> None:
    assert _places(_INDEX) == []


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    """Vendored code is unchanged: an emulated file system may have a home of its own."""
    assert [place for place in _places(_MACHINE) if "/static/vendor/" not in place] == []


def test_no_file_holds_a_credential() -> None:
    """The stand-ins' own keys are none: they open nothing, and openssl's signatures beside them were made with them."""
    assert [place for place in _places(_CREDENTIALS) if not place.startswith(_KEYS_FOR_TESTS)] == []


def _places(patterns: list[str]) -> list[str]:
    wanted = re.compile("|".join(patterns), re.MULTILINE)
    return [f"{path}: {hit.group(0)!r}" for path in files() for hit in wanted.finditer(read(path))]
