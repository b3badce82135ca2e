"""Where the MAC of a signed order stands, and what it covers."""

from dataclasses import replace

import pytest

from meters_io.errors import LocalError, RemoteError
from meters_io.gdw1376.frame import decode, encode
from meters_io.gdw1376.signing import mac_of, signed_bytes, with_mac
from meters_io.gdw1376.tail import split_tail, with_tail

# AFN 05 F24, PW zero, time tag: the constructed sample c-F24
ORDER = decode(
    bytes.fromhex(
        "688A008A00684A013212000205F701018002000000000000000000000000000000000100300920057016"
    )
)  # fmt: skip
MAC = bytes.fromhex("a1b2c3d4")


def test_a_mac_covers_the_function_the_number_and_the_units() -> None:
    assert signed_bytes(ORDER).hex() == "05f7" + "01018002"


def test_a_mac_stands_reversed_at_the_beginning_of_the_password() -> None:
    signed = decode(encode(with_mac(ORDER, MAC)))
    units, tail = split_tail(signed)
    assert tail.password == bytes.fromhex("d4c3b2a1") + bytes(12)
    assert (mac_of(signed), mac_of(ORDER)) == (MAC, bytes(4))
    assert signed_bytes(signed) == signed_bytes(ORDER)
    assert tail.tag == split_tail(ORDER)[1].tag
    assert with_tail(signed, units, replace(tail, password=None)) == ORDER


def test_a_mac_needs_a_password_that_is_wide_enough() -> None:
    answer = ORDER._replace(control=replace(ORDER.control, up=True))
    for frame, mac in ((ORDER, b"abc"), (ORDER._replace(protocol=1), MAC), (answer, MAC)):
        with pytest.raises(LocalError):
            with_mac(frame, mac)
    for frame in (answer, ORDER._replace(protocol=1)):
        with pytest.raises(RemoteError):
            mac_of(frame)
