"""What an ESAM meter needs of a module: only the chip that authenticated opens what was sealed, and only that item."""

from pathlib import Path

import pytest

from headend_client.security import Challenge, SecurityError
from headend_client.software import Keys, SoftwareSecurityModule
from meters_io.dlt645 import softesam
from meters_io.errors import RemoteError
from tests.headend_client.front_end import target
from tests.headend_client.meters import ADDRESS, MASTER

RANDOM2 = b"\x01\x02\x03\x04"
LIMIT, ALARM = 0x04001003, 0x04001001
VALUE = b"\x00\x20\x00\x00"


@pytest.fixture
def module(tmp_path: Path) -> SoftwareSecurityModule:
    return SoftwareSecurityModule(Keys(MASTER), tmp_path / "tokens")


async def session(module: SoftwareSecurityModule) -> tuple[Challenge, bytes]:
    """A challenge, and the key that the chip has for the session that it opened."""
    challenge = await module.challenge(target())
    return challenge, softesam.session_key(softesam.meter_key(MASTER, ADDRESS), challenge.random, RANDOM2)


async def test_a_chip_opens_what_was_sealed_for_it(module: SoftwareSecurityModule) -> None:
    challenge, key = await session(module)
    cipher, mac = await module.seal_parameter(target(), challenge, RANDOM2, LIMIT, VALUE)
    assert softesam.open_parameter(key, LIMIT, cipher, mac) == VALUE
    assert VALUE not in cipher


async def test_what_was_sealed_for_one_item_is_not_good_for_another(module: SoftwareSecurityModule) -> None:
    challenge, key = await session(module)
    cipher, mac = await module.seal_parameter(target(), challenge, RANDOM2, LIMIT, VALUE)
    with pytest.raises(RemoteError, match="session"):
        softesam.open_parameter(key, ALARM, cipher, mac)
    with pytest.raises(RemoteError, match="session"):
        softesam.open_parameter((await session(module))[1], LIMIT, cipher, mac)


async def test_a_mac_vouches_for_one_value_of_one_item(module: SoftwareSecurityModule) -> None:
    challenge, key = await session(module)
    mac = await module.parameter_mac(target(), challenge, RANDOM2, ALARM, VALUE)
    assert mac == softesam.parameter_mac(key, ALARM, VALUE)
    assert mac != softesam.parameter_mac(key, ALARM, VALUE[::-1])
    assert mac != softesam.parameter_mac(key, LIMIT, VALUE)


async def test_without_its_key_nothing_is_sealed(tmp_path: Path) -> None:
    bare = SoftwareSecurityModule(Keys(), tmp_path / "tokens")
    challenge = Challenge(bytes(8), bytes(8))
    for ask in (bare.seal_parameter, bare.parameter_mac):
        with pytest.raises(SecurityError, match="unknown_key"):
            await ask(target(), challenge, RANDOM2, LIMIT, VALUE)
