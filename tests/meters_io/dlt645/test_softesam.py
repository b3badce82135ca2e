"""How our stand-in for a security chip seals what is written into a meter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.dlt645 import softesam
from meters_io.errors import RemoteError

SESSION = softesam.session_key(bytes(32), bytes(8), bytes(4))
OTHER_SESSION = softesam.session_key(bytes(32), bytes(8), b"\0\0\0\1")
OVERDRAFT_LIMIT, HOARD_LIMIT = 0x04001003, 0x04001004


@given(st.binary(max_size=200))
def test_what_was_sealed_opens_to_what_it_was(value: bytes) -> None:
    cipher, mac = softesam.seal_parameter(SESSION, OVERDRAFT_LIMIT, value)
    assert len(cipher) % 16 == 0
    assert len(value) < len(cipher) <= len(value) + 16
    assert softesam.open_parameter(SESSION, OVERDRAFT_LIMIT, cipher, mac) == value


@pytest.mark.parametrize(("session", "di"), [(OTHER_SESSION, OVERDRAFT_LIMIT), (SESSION, HOARD_LIMIT)])
def test_what_was_sealed_elsewhere_or_for_another_item_does_not_open(session: bytes, di: int) -> None:
    cipher, mac = softesam.seal_parameter(SESSION, OVERDRAFT_LIMIT, b"\0\1\0\0")
    with pytest.raises(RemoteError, match="not sealed in this session"):
        softesam.open_parameter(session, di, cipher, mac)


@pytest.mark.parametrize(("cipher", "mac"), [(b"", bytes(4)), (bytes(15), bytes(4)), (bytes(16), bytes(3))])
def test_what_has_no_such_length_is_no_sealed_parameter(cipher: bytes, mac: bytes) -> None:
    with pytest.raises(RemoteError, match="blocks of 16"):
        softesam.open_parameter(SESSION, OVERDRAFT_LIMIT, cipher, mac)


def test_the_mac_of_a_plain_parameter_is_for_one_session_item_and_value() -> None:
    macs = {
        softesam.parameter_mac(session, di, value)
        for session in (SESSION, OTHER_SESSION)
        for di in (OVERDRAFT_LIMIT, HOARD_LIMIT)
        for value in (b"\0\1\0\0", b"\0\2\0\0")
    }
    assert len(macs) == 8
    assert {len(mac) for mac in macs} == {4}


def test_no_two_blocks_of_a_long_parameter_share_a_stream() -> None:
    cipher, _ = softesam.seal_parameter(SESSION, OVERDRAFT_LIMIT, bytes(96))
    assert len({cipher[at : at + 16] for at in range(0, 96, 16)}) == 6
