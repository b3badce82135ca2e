"""The security module that is named is opened; what keeps it from that is said with the setting to look at."""

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from headend_client.errors import KeyFileError, ModuleError
from headend_client.keyfile import Keys, write_key_file
from headend_client.opening import SecurityWish, examine, open_security_module
from headend_client.prism.config import PrismConfig, PrismPlace
from headend_client.prism.module import PrismModule
from headend_client.security import IssueRequest
from headend_client.software import SoftwareSecurityModule
from headend_client.target import ConcentratorAddress, StsIdentity, Target
from meters_io.sts.ciphers.sta import SAMPLE_TABLES
from meters_io.sts.keys import VendingKey
from meters_io.sts.pan import luhn_digit
from tests.clocks import MONDAY_MORNING

PASSPHRASE = "a lamp in every window"
PLACE = PrismPlace("127.0.0.1", 9, "local", "vendor", "hidden")
KEYS = Keys(relay_password=b"\x02\x01\x02\x03", vending=(VendingKey(bytes(range(20)), "201457"),))
OLD_CIPHER = StsIdentity(f"0700000001{luhn_digit('0700000001')}", "201457", 1, 1, ea=7)
AIM = Target("201000000012", "sts", ConcentratorAddress("3201", 1), 31)


@pytest.fixture
def wish(tmp_path: Path) -> SecurityWish:
    """The software module, with a key file that opens."""
    write_key_file(tmp_path / "keys.json", PASSPHRASE, KEYS, cost=1 << 4)
    return SecurityWish("software", tmp_path / "keys.json", PASSPHRASE, None, PrismConfig(PLACE))


async def test_the_module_that_is_named_is_opened(wish: SecurityWish) -> None:
    assert isinstance(await open_security_module(wish), SoftwareSecurityModule)
    assert isinstance(await open_security_module(replace(wish, module="prism")), PrismModule)


async def test_the_operator_s_tables_serve_meters_of_the_old_cipher(wish: SecurityWish, tmp_path: Path) -> None:
    tables = tmp_path / "tables.json"
    tables.write_text(json.dumps(asdict(SAMPLE_TABLES)))
    module = await open_security_module(replace(wish, sta_tables=tables))
    assert len(await module.issue_credit(IssueRequest("one", OLD_CIPHER, 4, 1, MONDAY_MORNING, None))) == 1


async def test_the_key_file_beside_a_module_of_iron_serves_what_that_does_not_know(wish: SecurityWish) -> None:
    module = await open_security_module(replace(wish, module="prism"))
    assert await module.relay_password(AIM) == KEYS.relay_password


async def test_a_module_of_iron_needs_no_key_file_but_takes_no_wrong_one(wish: SecurityWish, tmp_path: Path) -> None:
    iron = replace(wish, module="prism")
    await open_security_module(replace(iron, key_file=tmp_path / "new" / "keys.json"))
    with pytest.raises(KeyFileError, match="RELIGHT_KEY_PASSPHRASE"):
        await open_security_module(replace(iron, passphrase="another"))


@pytest.mark.parametrize("name", ["host", "user", "password"])
async def test_a_setting_that_is_missing_is_named(wish: SecurityWish, name: str) -> None:
    lacking = replace(PLACE, **{name: ""})  # type: ignore[arg-type]  # one of three texts
    iron = replace(wish, module="prism", prism=PrismConfig(lacking))
    with pytest.raises(ModuleError, match=f"RELIGHT_PRISM_{name.upper()}"):
        await open_security_module(iron)


async def test_the_extra_is_named_where_its_library_is_missing(
    wish: SecurityWish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "headend_client.prism.module", None)
    with pytest.raises(ModuleError, match=r"relight\[prism\]"):
        await open_security_module(replace(wish, module="prism"))


async def test_what_is_well_is_said_to_be_well(wish: SecurityWish) -> None:
    assert await examine(wish) == ""


async def test_a_journal_in_other_hands_is_told(wish: SecurityWish, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headend_client.journal._LOCK_S", 0.0)
    module = SoftwareSecurityModule(KEYS, wish.key_file.with_suffix(".tokens"))
    await module.issue_credit(IssueRequest("one", replace(OLD_CIPHER, ea=11), 4, 1, MONDAY_MORNING, None))
    with module._journal._alone():
        assert "another process keeps the journal" in await examine(wish)


def test_no_secret_shows_in_a_wish(wish: SecurityWish) -> None:
    assert PASSPHRASE not in repr(wish)
    assert "hidden" not in repr(wish)
