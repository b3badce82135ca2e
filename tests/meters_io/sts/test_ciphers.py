"""The ciphers against their published values, against other ways of writing them, and backwards."""

import json
from collections.abc import Callable

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import ECB
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.misty1_reference import ReferenceMisty1
from benchmarks.sta_reference import ReferenceSta
from meters_io.errors import LocalError, RemoteError
from meters_io.sts.ciphers import Algorithm, cipher_of
from meters_io.sts.ciphers.des import encrypt_block
from meters_io.sts.ciphers.misty1 import Misty1
from meters_io.sts.ciphers.misty1_tables import AFTER_KEY, BEFORE_KEY, S7, S9
from meters_io.sts.ciphers.sta import SAMPLE_TABLES, Sta, StaTables, parse_tables

BLOCKS = st.integers(0, (1 << 64) - 1)
KEYS_64 = st.binary(min_size=8, max_size=8)
KEYS_128 = st.binary(min_size=16, max_size=16)


@given(KEYS_128, BLOCKS)
def test_misty1_agrees_with_its_description_written_out(key: bytes, block: int) -> None:
    reference, cipher = ReferenceMisty1(key), Misty1(key)
    assert cipher.encrypt(block) == reference.encrypt(block)
    assert cipher.decrypt(block) == reference.decrypt(block)


@given(KEYS_128, BLOCKS)
def test_misty1_deciphers_what_it_enciphered(key: bytes, block: int) -> None:
    cipher = Misty1(key)
    assert cipher.decrypt(cipher.encrypt(block)) == block


@pytest.mark.parametrize("table", [S7, S9, BEFORE_KEY, AFTER_KEY])
def test_each_table_of_misty1_holds_every_value_once(table: tuple[int, ...]) -> None:
    assert sorted(table) == list(range(len(table)))


@given(KEYS_64, BLOCKS)
def test_sta_deciphers_what_it_enciphered(key: bytes, block: int) -> None:
    cipher = Sta(key, SAMPLE_TABLES)
    assert cipher.decrypt(cipher.encrypt(block)) == block


@pytest.mark.parametrize(
    ("rounds", "block"),
    [(1, 0xCEA6B17D9D323631), (2, 0x9A91A8A0CD1A42B9), (15, 0xD7D1AB5E7256CE52), (16, 0xC45ED1619406DF95)],
)
def test_the_written_out_description_passes_the_standards_rounds(rounds: int, block: int) -> None:
    reference = ReferenceSta(bytes.fromhex("0ABC12DEF3456789"), SAMPLE_TABLES)
    assert reference.encrypt(0x0B19EB230100C207, rounds) == block


@st.composite
def tables(draw: st.DrawFn) -> StaTables:
    nibbles, places = st.permutations(range(16)), st.permutations(range(64))
    return StaTables(tuple(draw(nibbles)), tuple(draw(nibbles)), tuple(draw(places)))


@settings(max_examples=30)  # each set of tables is folded anew
@given(KEYS_64, BLOCKS, tables())
def test_sta_agrees_with_its_description_written_out_under_any_tables(
    key: bytes, block: int, operational: StaTables
) -> None:
    for chosen in (SAMPLE_TABLES, operational):
        reference, cipher = ReferenceSta(key, chosen), Sta(key, chosen)
        assert cipher.encrypt(block) == reference.encrypt(block)
        assert cipher.decrypt(block) == reference.decrypt(block)


@given(KEYS_64, BLOCKS)
def test_des_agrees_with_an_independent_one(key: bytes, block: int) -> None:
    peer = Cipher(TripleDES(key * 3), ECB()).encryptor()  # noqa: S305 - one block, and only to compare
    assert encrypt_block(key, block) == int.from_bytes(peer.update(block.to_bytes(8, "big")), "big")


@pytest.mark.parametrize("length", [0, 7, 9, 15, 17, 20])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    for refused in (Misty1, lambda key: Sta(key, SAMPLE_TABLES), lambda key: encrypt_block(key, 0)):
        with pytest.raises(LocalError) as refusal:
            refused(bytes(length))
        assert refusal.value.code == "key_length"


def test_ea07_without_the_operators_tables_is_refused() -> None:
    with pytest.raises(LocalError) as refusal:
        cipher_of(Algorithm.STA, bytes(8))
    assert refusal.value.code == "sta_tables_missing"


def test_plain_des_tokens_are_refused() -> None:
    with pytest.raises(LocalError) as refusal:
        cipher_of(Algorithm.DES, bytes(8), SAMPLE_TABLES)
    assert refusal.value.code == "ea_refused"


def test_the_operators_tables_are_read_from_json() -> None:
    lists = {"sub1": SAMPLE_TABLES.sub1, "sub2": SAMPLE_TABLES.sub2, "perm": SAMPLE_TABLES.perm}
    assert parse_tables(json.dumps(lists)) == SAMPLE_TABLES


@pytest.mark.parametrize(
    "names",
    [
        ("SUB1", "SUB2", "PERM"),
        ("STA_SUB_1", "STA_SUB_2", "STA_PERM"),
        ("substitution1", "substitution2", "permutation"),
    ],
)
def test_the_operators_tables_may_go_by_longer_names(names: tuple[str, str, str]) -> None:
    tables = (SAMPLE_TABLES.sub1, SAMPLE_TABLES.sub2, SAMPLE_TABLES.perm)
    lists = dict(zip(names, tables, strict=True))
    assert parse_tables(json.dumps({"about": "of the fleet", **lists})) == SAMPLE_TABLES
    assert parse_tables(json.dumps({"about": "of the fleet", "tables": lists})) == SAMPLE_TABLES
    assert parse_tables(json.dumps(tables)) == SAMPLE_TABLES


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "1", '"sub1"', "[" * 100_000])
def test_a_file_that_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(RemoteError) as refusal:
        parse_tables(text)
    assert (refusal.value.code, refusal.value.field) == ("sta_tables", "json")


@pytest.mark.parametrize("name", ["sub1", "sub2", "perm"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda entries: None,
        lambda entries: "0123",
        lambda entries: [],
        lambda entries: entries[:-1],
        lambda entries: [*entries, len(entries)],
        lambda entries: [*entries[:-1], entries[0]],
        lambda entries: [*entries[:-1], len(entries)],
        lambda entries: [-1 if entry == 0 else entry for entry in entries],
        lambda entries: [0.0 if entry == 0 else entry for entry in entries],
        lambda entries: [True if entry == 1 else entry for entry in entries],
        lambda entries: [[entry] for entry in entries],
        lambda entries: [str(entry) for entry in entries],
    ],
)
def test_a_damaged_table_is_refused_by_its_name(name: str, damage: Callable[[list[int]], object]) -> None:
    lists = {"sub1": [*SAMPLE_TABLES.sub1], "sub2": [*SAMPLE_TABLES.sub2], "perm": [*SAMPLE_TABLES.perm]}
    with pytest.raises(RemoteError) as refusal:
        parse_tables(json.dumps({**lists, name: damage(lists[name])}))
    assert (refusal.value.code, refusal.value.field) == ("sta_tables", name)
    assert name in str(refusal.value)


@pytest.mark.parametrize("name", ["sub1", "sub2", "perm"])
def test_a_missing_table_is_refused_by_its_name(name: str) -> None:
    lists = {"sub1": SAMPLE_TABLES.sub1, "sub2": SAMPLE_TABLES.sub2, "perm": SAMPLE_TABLES.perm}
    del lists[name]
    with pytest.raises(RemoteError) as refusal:
        parse_tables(json.dumps(lists))
    assert refusal.value.field == name


def test_tables_must_be_permutations() -> None:
    with pytest.raises(RemoteError) as refusal:
        StaTables((0,) * 16, SAMPLE_TABLES.sub2, SAMPLE_TABLES.perm)
    assert refusal.value.field == "sub1"
