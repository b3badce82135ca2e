"""Which ways to pay are offered where: by a desktop, by a phone's own browser, inside WeChat."""

from collections.abc import Mapping
from enum import StrEnum

from app.domain.payment import Way


class Place(StrEnum):
    """Where a page is looked at. `wechat`: in WeChat's own browser, on whatever machine."""

    DESKTOP = "desktop"
    PHONE = "phone"
    WECHAT = "wechat"


_SELF_SERVICE = {
    Place.WECHAT: (Way.IN_APP, Way.PAGE, Way.QR),
    Place.PHONE: (Way.PAGE, Way.QR),  # nobody can scan the screen of the phone in their hand
    Place.DESKTOP: (Way.PAGE, Way.QR),
}
"""What a page of ours can offer by itself, the best first; the others need a terminal, a cashier or an agreement."""

_NOT_HERE: dict[Place, Mapping[str, frozenset[Way]]] = {
    Place.WECHAT: {
        "alipay": frozenset(Way),  # WeChat opens no address of Alipay's
        "wechatpay": frozenset({Way.PAGE}),  # its H5 page is for browsers outside; a QR code can be held down
    },
    Place.PHONE: {},
    Place.DESKTOP: {"wechatpay": frozenset({Way.PAGE})},  # the H5 page opens an app that a desktop has not
}
"""What a provider's own rules forbid (their documents, in the README of each plug-in)."""


def offered(providers: Mapping[str, frozenset[Way]], place: Place) -> tuple[tuple[str, Way], ...]:
    """The one best way of each provider that can be paid by here, in the order of `providers` (name to ways)."""
    best = ((name, _best(name, ways, place)) for name, ways in providers.items())
    return tuple((name, way) for name, way in best if way is not None)


def _best(name: str, ways: frozenset[Way], place: Place) -> Way | None:
    fit = ways - _NOT_HERE[place].get(name, frozenset())
    return next((way for way in _SELF_SERVICE[place] if way in fit), None)
