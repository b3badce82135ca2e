"""The sealed key file: what goes in comes out, and every way in which it may not open."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from headend_client.errors import KeyFileError
from headend_client.keyfile import Keys, KeyTerms, check_value, open_key_file, read_keys, write_key_file
from meters_io.sts.keys import Dkga, KeyType, VendingKey
from meters_io.sts.tid import BaseDate

PASSPHRASE = "a lamp in every window"
QUICK = 1 << 4
KEYS = Keys(
    esam_master=bytes(range(32)),
    relay_password=b"\x02\x01\x02\x03",
    vending=(
        VendingKey(bytes(range(20)), "201457"),
        VendingKey(bytes(range(1, 21)), "201457", 2, KeyType.DDTK, 200, BaseDate.Y2035),
    ),
)
TERMS = KeyTerms(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), 50_000, 10_000_000, "A1B2C3")
BEFORE_TERMS = {  # KEYS, as this program sealed them when keys had no terms yet
    "version": 1,
    "kdf": {"name": "scrypt", "n": 16, "r": 8, "p": 1, "salt": "nWMlFNu2n8/6lcVQruLipQ=="},
    "nonce": "HS/CVX0RG7RJe/qr",
    "sealed": (
        "ooD9CGi/t0old8QhRQbb0PKZU0eSty4uoQonUFtAoC2t2jbrkALMxfn+nR5ryVU7yAO3Ivv3UdWwiS0t0M7LgZdOKhUjDh1/"
        "l3Tguk3ZSwcdyU7dApDti3XKCklwGfNBB/k/ycjtX/rhs9vU38vGqZiuCTmvth6g96yrHlKxyK9bb7CU656R3cPz52uCjxMA"
        "VsQ4ASNpMhdqT6ty4D9fqVAsJ1yLdrzfkv8aMYu3W7FO1b1ImkPKwjPKwRY6Qi1cKez+B8S9UHHGvvdxnBJtWxVYQmIYeX2V"
        "zWGB4eqHgrjauMYscLulMVa/nNp7e9axRwal3LA4XxcKJ4q5MMYvQdIq/tiIWaRf3J/QxMxvjdEpbOfElV5UwT7H/x0AkOoS"
        "CfeBsyqVSY8TYktSrj3a++nQjOMnPOtgwzeK19HDWqVkHUaeqQbNf1tUJ3YEYf6xpjj0X1x0KCZJVEQ1tMXLn3awYOjA6gWW"
        "v4FcOxbdzPQr1lldxwVAoXie+FZrp4RKIyWW1aFQs5i7cnUYtSdZeZbV5ztWqOTymmGiqebW6E7vCF6T6R12NKzVxpnLAQ=="
    ),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A key file."""
    file = tmp_path / "keys.json"
    write_key_file(file, PASSPHRASE, KEYS, cost=QUICK)
    return file


def test_what_was_sealed_comes_out_again(path: Path) -> None:
    assert open_key_file(path, PASSPHRASE) == KEYS


def test_a_file_as_it_is_written_in_production_opens(tmp_path: Path) -> None:
    write_key_file(tmp_path / "keys.json", PASSPHRASE, KEYS)
    assert open_key_file(tmp_path / "keys.json", PASSPHRASE) == KEYS


def test_no_key_can_be_read_off_the_file(path: Path) -> None:
    text = path.read_text()
    assert KEYS.esam_master is not None
    assert all(secret.hex() not in text for secret in (KEYS.esam_master, KEYS.vending[0].secret))
    assert PASSPHRASE not in text


def test_only_its_owner_may_read_it_and_nothing_else_lies_about(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_keys_do_not_show_in_a_log_line() -> None:
    assert "0102" not in repr(KEYS)
    assert bytes(range(20)).hex() not in repr(KEYS)


@pytest.mark.parametrize("passphrase", ["", "another passphrase"])
def test_a_wrong_passphrase_names_the_setting_to_look_at(path: Path, passphrase: str) -> None:
    with pytest.raises(KeyFileError, match="RELIGHT_KEY_PASSPHRASE"):
        open_key_file(path, passphrase)


def test_a_missing_file_names_the_setting_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="RELIGHT_KEY_FILE"):
        open_key_file(tmp_path / "none", PASSPHRASE)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"version": 2}', '{"version": 1}', '{"version": 1, "kdf": 3}', "\x00\x01"]
)
def test_another_file_is_not_taken_for_a_key_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "keys.json"
    file.write_text(text)
    with pytest.raises(KeyFileError, match="RELIGHT_KEY_FILE"):
        open_key_file(file, PASSPHRASE)


@pytest.mark.parametrize(("name", "value"), [("n", 1 << 30), ("n", 0), ("r", 1 << 20), ("name", "none")])
def test_a_file_cannot_ask_for_any_amount_of_memory(path: Path, name: str, value: object) -> None:
    whole = json.loads(path.read_text())
    whole["kdf"][name] = value
    path.write_text(json.dumps(whole))
    with pytest.raises(KeyFileError, match="damaged"):
        open_key_file(path, PASSPHRASE)


def test_a_changed_byte_is_noticed(path: Path) -> None:
    whole = json.loads(path.read_text())
    flipped = "B" if whole["sealed"][40] != "B" else "C"
    whole["sealed"] = whole["sealed"][:40] + flipped + whole["sealed"][41:]
    path.write_text(json.dumps(whole))
    with pytest.raises(KeyFileError):
        open_key_file(path, PASSPHRASE)


def test_a_short_passphrase_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="RELIGHT_KEY_PASSPHRASE"):
        write_key_file(tmp_path / "keys.json", "short", KEYS)
    assert list(tmp_path.iterdir()) == []


def test_a_new_file_replaces_the_old_one_whole(path: Path) -> None:
    write_key_file(path, PASSPHRASE, Keys(), cost=QUICK)
    assert open_key_file(path, PASSPHRASE) == Keys()


def test_keys_are_read_from_what_a_person_writes_down() -> None:
    text = json.dumps(
        {
            "esam_master": bytes(range(32)).hex(),
            "relay_password": "02010203",
            "vending": [{"sgc": "201457", "krn": 1, "secret": bytes(range(20)).hex()}],
        }
    )
    assert read_keys(text) == Keys(KEYS.esam_master, KEYS.relay_password, KEYS.vending[:1])


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "[]",
        '{"esam_master": "00"}',
        '{"esam_master": "not hex, but secret"}',
        '{"relay_password": "0102"}',
        '{"vending": [{"sgc": "201457", "krn": 1}]}',
        '{"vending": [{"sgc": "1", "krn": 1, "secret": "' + "00" * 20 + '"}]}',
        '{"vending": [{"sgc": "201457", "krn": 1, "ea": 9, "secret": "' + "00" * 20 + '"}]}',
        '{"vending": [' + ", ".join(['{"sgc": "201457", "krn": 1, "secret": "' + "00" * 20 + '"}'] * 2) + "]}",
    ],
)
def test_what_are_no_keys_is_said_without_repeating_them(text: str) -> None:
    with pytest.raises(KeyFileError) as raised:
        read_keys(text)
    assert "secret" not in str(raised.value)


def test_a_file_from_before_keys_had_terms_still_opens(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(json.dumps(BEFORE_TERMS))
    assert open_key_file(tmp_path / "keys.json", PASSPHRASE) == KEYS


def test_what_came_with_a_key_is_kept_with_it(tmp_path: Path) -> None:
    keys = Keys(vending=KEYS.vending, terms={("201457", 2): TERMS})
    write_key_file(tmp_path / "keys.json", PASSPHRASE, keys, cost=QUICK)
    opened = open_key_file(tmp_path / "keys.json", PASSPHRASE)
    assert opened == keys
    assert [opened.terms_of(key) for key in opened.vending] == [KeyTerms(), TERMS]


def test_terms_are_read_from_what_a_person_writes_down() -> None:
    key = {
        "sgc": "201457",
        "krn": 1,
        "secret": bytes(range(20)).hex(),
        "active_from": "2026-01-01T00:00:00Z",
        "issue_until": "2027-01-01T08:00:00+08:00",
        "most_units": 50_000,
        "most_currency": 10_000_000,
        "kcv": "a1b2c3",
    }
    assert read_keys(json.dumps({"vending": [key]})).terms == {("201457", 1): TERMS}


@pytest.mark.parametrize(
    "terms",
    [
        {"active_from": "2026-01-01T00:00:00"},
        {"issue_until": "soon"},
        {"most_units": -1},
        {"most_units": True},
        {"most_currency": "1"},
        {"kcv": "12345"},
        {"kcv": "GGGGGG"},
    ],
)
def test_terms_that_are_none_are_refused(terms: dict[str, object]) -> None:
    key = {"sgc": "201457", "krn": 1, "secret": bytes(range(20)).hex(), **terms}
    with pytest.raises(KeyFileError):
        read_keys(json.dumps({"vending": [key]}))


def test_a_check_value_tells_keys_apart_and_a_maker_s_own_is_preferred() -> None:
    values = [check_value(key) for key in KEYS.vending]
    assert len(set(values)) == 2
    assert all(len(value) == 6 for value in values)
    keys = Keys(vending=KEYS.vending, terms={("201457", 2): TERMS})
    assert [keys.kcv_of(key) for key in keys.vending] == [values[0], "A1B2C3"]


def test_the_check_value_of_a_des_key_is_the_usual_one() -> None:
    key = VendingKey(bytes.fromhex("0123456789ABCDEF"), "201457", dkga=Dkga.DKGA02)
    assert check_value(key) == "D5D44F"
