"""What the tests of the engines share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.engines.homes import remove
from app.engines.places import seat


@pytest.fixture(autouse=True)
def no_servers_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are about our own engines, whatever the environment offers."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)


@pytest.fixture
def state_dir(tmp_path: Path) -> Iterator[Path]:
    """A state directory in a place that only we may enter; nothing of its engines is left afterwards."""
    tmp_path.chmod(0o700)
    yield tmp_path / "state"
    remove(seat(tmp_path / "state"))
