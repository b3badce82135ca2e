"""Which way leads to a device, and the gateways that we dial: who holds how many, and where one may be."""

import ipaddress
import re
from enum import StrEnum

MOST_GIVEN_BACK = 50
"""How many gateways a front-end gives back at a time: work that is on its way there breaks off."""

_LONGEST_HOST = 253
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")


class Way(StrEnum):
    """Names of drivers (headend_client.drivers) as the archive has them."""

    GDW1376 = "gdw1376"  # concentrators that dial in
    DLT645_TCP = "dlt645_tcp"  # gateways that we dial
    AMI = "ami"  # meters of an existing head end


class CannotDial(Exception):
    """`code`: what is wrong with the place of a gateway."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def fair_share(gateways: int, front_ends: int) -> int:
    """Return how many gateways one of so many living front-ends holds at most."""
    return -(-gateways // max(1, front_ends))


def read_host(text: str) -> str:
    """Return a name or an address as it is dialled. Raises CannotDial `bad_host`.

    Addresses that no gateway has are refused: nobody's, everybody's, and those that are only good on one cable, where
    machines of a data centre keep what is not meant for us.
    """
    host = text.strip()
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return _read_name(host)
    if address.is_unspecified or address.is_multicast or address.is_link_local or "%" in host:
        raise CannotDial("bad_host")
    return str(address)


def read_port(text: str) -> int:
    """Return a TCP port. Raises CannotDial `bad_port`."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 5 and 1 <= int(digits) <= 0xFFFF):
        raise CannotDial("bad_port")
    return int(digits)


def _read_name(host: str) -> str:
    labels = host.removesuffix(".").split(".")
    is_name = all(_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdecimal()
    if not is_name or len(host) > _LONGEST_HOST:
        raise CannotDial("bad_host")
    return host.lower()
