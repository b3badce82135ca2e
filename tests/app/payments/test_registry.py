"""Which providers an installation has."""

import pytest
from pydantic import SecretStr

from app.payments import open_providers
from app.settings import Settings


def test_the_providers_that_are_named_are_opened() -> None:
    opened = open_providers(Settings(providers=" sandbox ,", sandbox_secret=SecretStr("s")))
    assert list(opened) == ["sandbox"]
    assert opened["sandbox"].name == "sandbox"


def test_the_sandbox_without_a_secret_is_switched_off() -> None:
    assert open_providers(Settings(providers="sandbox", sandbox_secret=SecretStr(""))) == {}


def test_a_provider_that_nobody_knows_stops_the_start() -> None:
    with pytest.raises(ValueError, match="gold_coins"):
        open_providers(Settings(providers="sandbox,gold_coins"))
