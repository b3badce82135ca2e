"""What programs of ours are given in tests."""

import pytest

from app.context import Deps
from app.db import Begin
from tests.clocks import Clock
from tests.work import office


@pytest.fixture
def deps(begin: Begin, clock: Clock) -> Deps:
    """What an office worker works with; tests of other programs have their own."""
    return office(begin, clock)
