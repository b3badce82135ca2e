"""Library, stand-in and the openssl command line say the same: none of them can share a mistake with itself."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app.payments.wechatpay.line import Line
from app.payments.wechatpay.provider import WechatpayConfig, WechatpayProvider
from app.ports import CallbackRejected
from tests.contract.wechatpay_side import merchant
from tests.standins.wechatpay.signing import (
    FIXTURES,
    MCHID,
    PUBLIC_KEY_ID,
    SERIAL,
    BadRequest,
    check_authorization,
    private_key,
    public_key,
    sign,
    verifies,
)

NOWHERE = "http://127.0.0.1:9"
SIGNED_AT = datetime.fromtimestamp(1772413200, UTC)
WHO_SIGNS = {"request": "merchant", "bridge": "merchant", "answer": "wechat", "notice": "wechat"}


def signed_by_openssl(name: str) -> tuple[list[str], str]:
    """The lines that were signed, and the signature."""
    text = (FIXTURES / f"{name}.txt").read_text()
    assert text.endswith("\n")
    return text[:-1].split("\n"), (FIXTURES / f"{name}.sig").read_text()


def notice_headers(signature: str) -> dict[str, str]:
    return {
        "Wechatpay-Timestamp": "1772413200",
        "Wechatpay-Nonce": "d9e1c4bd5ad3c54e1a51fd8a9b1b4a01",
        "Wechatpay-Serial": PUBLIC_KEY_ID,
        "Wechatpay-Signature": signature,
        "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
    }


@pytest.fixture(scope="module")
def here() -> WechatpayProvider:
    return WechatpayProvider(WechatpayConfig(merchant(), NOWHERE, NOWHERE, NOWHERE, ZoneInfo("Asia/Shanghai")))


@pytest.mark.parametrize("name", WHO_SIGNS)
def test_the_stand_in_signs_and_verifies_as_openssl_does(name: str) -> None:
    lines, signature = signed_by_openssl(name)
    assert sign(private_key(WHO_SIGNS[name]), *lines) == signature
    assert verifies(public_key(WHO_SIGNS[name]), signature, *(line.encode() for line in lines))
    assert not verifies(public_key("stranger"), signature, *(line.encode() for line in lines))


@pytest.mark.parametrize("name", ["request", "bridge"])
def test_the_library_signs_as_openssl_does(name: str) -> None:
    lines, signature = signed_by_openssl(name)
    assert Line(merchant(), NOWHERE, 1).offline.sign(lines) == signature


def test_the_stand_in_believes_a_request_that_openssl_signed_and_no_other() -> None:
    (method, target, stamp, nonce, body), signature = signed_by_openssl("request")
    header = (
        f'WECHATPAY2-SHA256-RSA2048 mchid="{MCHID}",nonce_str="{nonce}",signature="{signature}",'
        f'timestamp="{stamp}",serial_no="{SERIAL}"'
    )
    asked = target.encode(), body.encode()
    assert check_authorization(header, method, *asked, wall=int(stamp) + 300) == nonce
    for wrong in (
        (header, method, target.replace("by-hand", "by-foot").encode(), body.encode(), int(stamp)),
        (header, method, target.encode(), body.encode() + b" ", int(stamp)),
        (header, "GET", *asked, int(stamp)),
        (header, method, *asked, int(stamp) + 301),
        (header.replace(SERIAL, "0" * 32), method, *asked, int(stamp)),
        (header.replace(MCHID, "1900000001"), method, *asked, int(stamp)),
        ("", method, *asked, int(stamp)),
    ):
        with pytest.raises(BadRequest):
            check_authorization(*wrong)


def test_a_callback_that_openssl_signed_is_read(here: WechatpayProvider) -> None:
    _, signature = signed_by_openssl("notice")
    body = (FIXTURES / "notice.json").read_bytes()
    fact = here.read_callback(notice_headers(signature), body, SIGNED_AT)
    assert (fact.order_ref, fact.amount_minor, fact.currency) == ("a1b2c3d4e5f6", 5000, "CNY")
    assert fact.event_id == "4200002603020900000000000001"
    assert fact.occurred_at == SIGNED_AT
    assert "openid" not in fact.evidence


def test_a_callback_under_another_signature_of_openssl_is_refused(here: WechatpayProvider) -> None:
    _, signature = signed_by_openssl("answer")
    with pytest.raises(CallbackRejected):
        here.read_callback(notice_headers(signature), (FIXTURES / "notice.json").read_bytes(), SIGNED_AT)
