"""Personal data as lists and logs show it: enough to tell two of them apart, too little to reach somebody.

The one place for it. Who may see the whole is decided by role (`Mask.of`), never by a page.
"""

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from app.domain.roles import Permission

_DOTS = "••••"
_ENDS = 4
_FEWEST = 7  # of a shorter number its last four digits would be most of it


class MaySee(Protocol):
    """Somebody whose roles allow things."""

    def may(self, wanted: Permission) -> bool:
        """Do their roles allow it?"""


def phone(number: str) -> str:
    """As in `•••• 0001`."""
    return f"{_DOTS} {number[-_ENDS:]}" if len(number) >= _FEWEST else _DOTS


def mail(address: str) -> str:
    """As in `l•••@example.com`."""
    name, at, host = address.rpartition("@")
    return f"{name[:1]}•••@{host}" if at else _DOTS


def openid(word: str) -> str:
    """Of a WeChat openid its last four characters."""
    return f"{_DOTS} {word[-_ENDS:]}" if len(word) >= _FEWEST else _DOTS


def web(url: str) -> str:
    """Of a webhook's address its host: the path may be a secret."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    return f"{host}/{_DOTS}" if host else _DOTS


def person(name: str) -> str:
    """As in `L•••` and `林•••`: how somebody begins."""
    return f"{name.strip()[:1]}•••" if name.strip() else ""


def place(address: str) -> str:
    """Of a postal address its first third, which is a street and no door."""
    shown = address.strip()[: len(address.strip()) // 3].rstrip()
    return f"{shown}•••" if address.strip() else ""


def reach(address: str) -> str:
    """Whatever messages go to: a number, a mail address, the URL of a webhook, an openid."""
    if "://" in address:
        return web(address)
    if "@" in address:
        return mail(address)
    return phone(address) if address.lstrip("+").isdecimal() else openid(address)


@dataclass(frozen=True, slots=True)
class Mask:
    """How one reader sees personal data. `whole`: as it is."""

    whole: bool = False

    @classmethod
    def of(cls, reader: MaySee) -> "Mask":
        """What somebody's roles let them see."""
        return cls(reader.may(Permission.SEE_ADDRESSES))

    def reach(self, address: str) -> str:
        """A number, mail address, URL or openid."""
        return address if self.whole else reach(address)

    def person(self, name: str) -> str:
        """Somebody's name."""
        return name if self.whole else person(name)

    def place(self, address: str) -> str:
        """Somebody's postal address."""
        return address if self.whole else place(address)
