"""How meters hang: ports by line, numbers by the maker's rules, addresses of modules by the rule."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.archive import (
    NO_COLLECTOR,
    STANDARD,
    STANDARD_NUMBERS,
    ArchiveTerms,
    BadHanging,
    Hanging,
    Line,
    Protocol,
    Written,
    check_master,
    line_by_port,
    written,
)

ADDRESS = "201000000012"
WIRED = Hanging(ADDRESS, Line.RS485, 2, baud=2400)


def test_the_standard_has_its_numbers() -> None:
    assert written(Hanging(ADDRESS), STANDARD) == Written(31, 30, 0, NO_COLLECTOR)
    assert written(replace(WIRED, protocol=Protocol.DLT645_1997), STANDARD) == Written(2, 1, 2400, NO_COLLECTOR)


def test_a_maker_with_numbers_of_its_own_is_told_those() -> None:
    terms = ArchiveTerms(dict(STANDARD_NUMBERS) | {Protocol.DLT645_2007: 32}, carrier_port=30, wired_ports=(2, 5))
    assert written(Hanging(ADDRESS, port=30), terms).protocol == 32
    assert written(replace(WIRED, port=5), terms).port == 5
    with pytest.raises(BadHanging, match="port"):
        written(Hanging(ADDRESS), terms)


def test_a_zigbee_module_has_its_meters_digits_behind_the_prefix() -> None:
    radio = Hanging(ADDRESS, Line.ZIGBEE, 31)
    assert written(radio, STANDARD).collector == ADDRESS
    assert written(radio, ArchiveTerms(zigbee_prefix="9900")).collector == "990000000012"
    named = replace(radio, collector="123456789012")
    assert written(named, ArchiveTerms(zigbee_prefix="9900")).collector == "123456789012"


@given(st.text("0123456789", min_size=12, max_size=12), st.text("0123456789", max_size=12))
def test_a_modules_address_has_twelve_digits_and_ends_as_its_meters(address: str, prefix: str) -> None:
    found = written(Hanging(address, Line.ZIGBEE, 31), ArchiveTerms(zigbee_prefix=prefix)).collector
    assert len(found) == 12
    assert found.startswith(prefix)
    assert found.endswith(address[len(prefix) :])


@pytest.mark.parametrize(
    ("hanging", "field"),
    [
        (replace(WIRED, port=31), "port"),
        (Hanging(ADDRESS, Line.CARRIER, 2), "port"),
        (Hanging(ADDRESS, Line.CARRIER, 31, baud=2400), "baud"),
        (replace(WIRED, baud=1800), "baud"),
        (replace(WIRED, protocol=Protocol.CARRIER_MODULE), "protocol"),
        (Hanging(ADDRESS, protocol=Protocol.AC_SAMPLING), "protocol"),
        (replace(WIRED, collector="12"), "collector"),
        (replace(WIRED, collector="١٢٣٤٥٦٧٨٩٠١٢"), "collector"),
        (Hanging("20100000001"), "address"),
    ],
)
def test_what_cannot_hang_so_is_named(hanging: Hanging, field: str) -> None:
    with pytest.raises(BadHanging, match=field):
        written(hanging, STANDARD)


def test_a_master_meter_hangs_on_the_first_rs485_port() -> None:
    check_master(WIRED, STANDARD)
    for other, field in ((replace(WIRED, port=3), "port"), (Hanging(ADDRESS), "line")):
        with pytest.raises(BadHanging, match=field):
            check_master(other, STANDARD)


def test_a_meter_of_which_only_the_port_is_known_hangs_as_that_says() -> None:
    assert [line_by_port(port, STANDARD) for port in (2, 4, 31)] == [Line.RS485, Line.RS485, Line.CARRIER]


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({"numbers": {Protocol.DLT645_2007: 30}}, "numbers"),
        ({"numbers": dict(STANDARD_NUMBERS) | {Protocol.AC_SAMPLING: 256}}, "numbers"),
        ({"carrier_port": 0}, "carrier_port"),
        ({"carrier_port": 2}, "wired_ports"),
        ({"wired_ports": ()}, "wired_ports"),
        ({"wired_ports": (2, 2)}, "wired_ports"),
        ({"master_port": 5}, "master_port"),
        ({"zigbee_prefix": "x"}, "zigbee_prefix"),
        ({"zigbee_prefix": "1" * 13}, "zigbee_prefix"),
    ],
)
def test_rules_that_cannot_hold_are_named(how: dict[str, object], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        ArchiveTerms(**how)  # type: ignore[arg-type]
