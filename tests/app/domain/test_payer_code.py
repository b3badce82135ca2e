"""Whose app a number belongs to, and that a token of ours is never taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.payer_code import NotAPayersCode, PayerApp, app_of, patience_s, provider_of

DIGITS = st.text("0123456789", min_size=18, max_size=18)


@pytest.mark.parametrize("prefix", range(10, 16))
def test_eighteen_digits_from_10_to_15_are_wechats(prefix: int) -> None:
    assert app_of(f"{prefix}{'0' * 16}") is PayerApp.WECHAT


@pytest.mark.parametrize("length", [16, 17, 18, 19, 21, 22, 23, 24])
@pytest.mark.parametrize("prefix", [25, 28, 30])
def test_sixteen_to_twenty_four_digits_from_25_to_30_are_alipays_but_for_twenty(prefix: int, length: int) -> None:
    assert app_of(f"{prefix}{'7' * (length - 2)}") is PayerApp.ALIPAY


@given(body=DIGITS, prefix=st.integers(0, 99))
def test_twenty_digits_are_a_token_whatever_they_begin_with(body: str, prefix: int) -> None:
    with pytest.raises(NotAPayersCode) as told:
        provider_of(f"{prefix:02d}{body}")
    assert told.value.code == "token"
    assert body not in str(told.value)


def test_a_token_in_groups_of_four_is_still_a_token() -> None:
    with pytest.raises(NotAPayersCode) as told:
        provider_of("2812 3456 7890-1234 5678\n")
    assert told.value.code == "token"


def test_unionpays_code_is_known_and_not_offered() -> None:
    assert app_of("62" + "1" * 17) is PayerApp.UNIONPAY
    with pytest.raises(NotAPayersCode) as told:
        provider_of("62" + "1" * 17)
    assert told.value.code == "not_offered"


@pytest.mark.parametrize(
    "strange",
    ["", "12", "9" * 40, "1" * 17, "16" + "0" * 16, "24" + "0" * 16, "31" + "0" * 16, "13 a" + "0" * 16, "一" * 18],
)
def test_everything_else_goes_to_nobody(strange: str) -> None:
    with pytest.raises(NotAPayersCode) as told:
        provider_of(strange)
    assert told.value.code == "unknown"


def test_each_code_goes_to_its_provider() -> None:
    found = [provider_of(prefix + "5" * 16) for prefix in ("13", "28", "99")]
    assert found == ["wechatpay", "alipay", "sandbox"]


def test_wechat_is_waited_for_less_long() -> None:
    assert (patience_s("wechatpay"), patience_s("alipay"), patience_s("sandbox")) == (45, 60, 60)
