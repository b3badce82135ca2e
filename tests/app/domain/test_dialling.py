"""Gateways that are dialled: where one may be, and how many a front-end holds."""

import pytest

from app.domain.dialling import CannotDial, Way, fair_share, read_host, read_port
from headend_client.drivers import DRIVERS
from tests.each import each

GOOD_HOSTS = {
    "10.1.2.3": "10.1.2.3",
    " 10.1.2.3 ": "10.1.2.3",
    "2001:DB8::7": "2001:db8::7",
    "Gateway-7.example.org": "gateway-7.example.org",
    "moxa_7": "moxa_7",
}
BAD_HOSTS = (
    "", " ", "10.1.2", "10.1.2.3.4", "0.0.0.0", "::", "224.0.0.1", "169.254.169.254", "fe80::1%eth0", "a b", "a..b",
    "-a.b", "a" * 64, "a." * 127 + "aa", "gateway/7", "10.1.2.3:502", "user@host", "host\nname", "主机",
)  # fmt: skip
BAD_PORTS = ("", "0", "65536", "-1", "5 02", "٣", "502.0", "99999999999999999999")


def test_the_archive_knows_every_driver_by_its_name() -> None:
    assert {way.value for way in Way} == set(DRIVERS)


def test_shares_leave_no_gateway_over_and_differ_by_one_at_most() -> None:
    for gateways in range(40):
        for front_ends in range(1, 9):
            share = fair_share(gateways, front_ends)
            assert share * front_ends >= gateways
            assert (share - 1) * front_ends < max(1, gateways)
    assert fair_share(7, 0) == 7


def test_a_host_is_a_name_or_an_address_that_a_gateway_may_have() -> None:
    assert {typed: read_host(typed) for typed in GOOD_HOSTS} == GOOD_HOSTS


@each(BAD_HOSTS, repr)
def test_anything_else_is_no_host(typed: str) -> None:
    with pytest.raises(CannotDial, match="bad_host"):
        read_host(typed)


@each(BAD_PORTS, repr)
def test_what_is_no_port_is_refused(typed: str) -> None:
    with pytest.raises(CannotDial, match="bad_port"):
        read_port(typed)


def test_a_port_is_read() -> None:
    assert (read_port("1"), read_port(" 65535 ")) == (1, 65535)
