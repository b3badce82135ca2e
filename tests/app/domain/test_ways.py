"""Which ways to pay are offered where."""

import pytest

from app.domain.payment import Way
from app.domain.ways import Place, offered

WAYS = {
    "wechatpay": frozenset({Way.PAGE, Way.IN_APP, Way.QR, Way.BARCODE}),
    "alipay": frozenset({Way.PAGE, Way.QR, Way.BARCODE}),
    "counter": frozenset({Way.CASH}),
    "stripe": frozenset({Way.PAGE}),
}


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (Place.WECHAT, {"wechatpay": Way.IN_APP, "stripe": Way.PAGE}),
        (Place.PHONE, {"wechatpay": Way.PAGE, "alipay": Way.PAGE, "stripe": Way.PAGE}),
        (Place.DESKTOP, {"wechatpay": Way.QR, "alipay": Way.PAGE, "stripe": Way.PAGE}),
    ],
)
def test_each_place_is_offered_the_best_way_of_each_provider(place: Place, expected: dict[str, Way]) -> None:
    assert dict(offered(WAYS, place)) == expected


def test_alipay_is_not_offered_inside_wechat_by_any_way() -> None:
    assert offered({"alipay": frozenset(Way)}, Place.WECHAT) == ()


def test_wechat_without_its_in_app_way_offers_a_code_to_hold_down() -> None:
    assert offered({"wechatpay": frozenset({Way.PAGE, Way.QR})}, Place.WECHAT) == (("wechatpay", Way.QR),)


def test_cash_and_codes_of_the_payer_are_not_for_pages() -> None:
    assert offered({"x": frozenset({Way.CASH, Way.BARCODE, Way.AGREEMENT})}, Place.PHONE) == ()


def test_providers_keep_the_order_of_the_settings() -> None:
    assert [name for name, _ in offered(WAYS, Place.PHONE)] == ["wechatpay", "alipay", "stripe"]
