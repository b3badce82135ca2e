"""What a merchant may have set wrongly, and what they are told."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from app.payments import open_providers
from app.payments.wechatpay.keys import examine_keys
from app.payments.wechatpay.provider import open_wechatpay
from app.settings import Settings
from app.setup import SetupError
from tests.standins.wechatpay import WechatStandIn
from tests.standins.wechatpay.signing import APIV3_KEY, APPID, FIXTURES, MCHID, PUBLIC_KEY_ID, SERIAL


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    key = tmp_path / "apiclient_key.pem"
    key.write_bytes((FIXTURES / "merchant-key.pem").read_bytes())
    key.chmod(0o600)
    return Settings(
        providers="wechatpay",
        wechatpay_mchid=MCHID,
        wechatpay_appid=APPID,
        wechatpay_serial=SERIAL,
        wechatpay_key_file=str(key),
        wechatpay_apiv3_key=SecretStr(APIV3_KEY),
        wechatpay_public_key_file=str(FIXTURES / "wechat-pub.pem"),
        wechatpay_public_key_id=PUBLIC_KEY_ID,
        public_url="https://light.example",
    )


def troubles(settings: Settings) -> dict[str, str]:
    return {found.code: found.trouble for found in examine_keys(settings) if found.trouble}


def test_without_a_merchant_number_it_is_off() -> None:
    assert open_providers(Settings(providers="wechatpay")) == {}


async def test_what_is_right_is_opened_and_examined(settings: Settings, wechat: WechatStandIn) -> None:
    provider = open_wechatpay(settings.model_copy(update={"wechatpay_url": f"{wechat.url}/"}))
    assert provider is not None
    assert provider.page_origins == (wechat.url,)
    assert [found for found in await provider.examine() if found.trouble] == []
    assert wechat.seen == ["GET /v3/pay/transactions/out-trade-no/relightdoctor0000"]


def test_the_real_pages_lie_at_tenpay(settings: Settings) -> None:
    provider = open_wechatpay(settings)
    assert provider is not None
    assert provider.page_origins == ("https://wx.tenpay.com",)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("wechatpay_mchid", "19", "identity"),
        ("wechatpay_appid", "1234567890", "identity"),
        ("wechatpay_serial", "not hexadecimal", "identity"),
        ("wechatpay_public_key_id", SERIAL, "identity"),
        ("wechatpay_apiv3_key", SecretStr("short"), "apiv3_key"),
        ("wechatpay_key_file", "", "private_key"),
        ("wechatpay_key_file", str(FIXTURES / "no such file"), "private_key"),
        ("wechatpay_key_file", str(FIXTURES / "wechat-pub.pem"), "private_key"),
        ("wechatpay_public_key_file", str(FIXTURES / "notice.json"), "public_key"),
        ("wechatpay_public_key_file", "", "public_key"),
        ("public_url", "http://light.example", "notify_url"),
    ],
)
def test_what_is_wrong_is_named_and_stops_the_start(settings: Settings, name: str, value: object, code: str) -> None:
    wrong = settings.model_copy(update={name: value})
    assert code in troubles(wrong)
    with pytest.raises(SetupError) as told:
        open_wechatpay(wrong)
    assert APIV3_KEY not in str(told.value)


def test_a_key_that_others_may_read_is_said_and_stops_nothing(settings: Settings) -> None:
    Path(settings.wechatpay_key_file).chmod(0o644)
    assert "chmod 600" in troubles(settings)["permissions"]
    assert open_wechatpay(settings) is not None


async def test_keys_that_do_not_belong_together_are_found_by_asking(settings: Settings, wechat: WechatStandIn) -> None:
    wrong = {"wechatpay_url": wechat.url, "wechatpay_key_file": str(FIXTURES / "stranger-key.pem")}
    provider = open_wechatpay(settings.model_copy(update=wrong))
    assert provider is not None
    (line,) = [found for found in await provider.examine() if found.code == "reachable"]
    assert "belong together" in line.trouble
