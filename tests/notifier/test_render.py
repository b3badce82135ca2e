"""Every message in every language over every channel: complete, short, and in its reader's figures."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from uuid import UUID

import pytest
from jinja2 import Environment, TemplateNotFound
from jinja2.meta import find_undeclared_variables
from pydantic import SecretStr

from app.domain.notice import MessageKind
from app.domain.proving import link_word, login_digits, pay_word
from app.domain.relay import Supply
from app.i18n import Locale
from app.models.account import ChannelName
from app.models.topup import LinkPurpose
from app.services.letters import Facts
from app.services.links import LinkWish
from app.settings import Settings
from notifier.render import FOLDER, VARIABLES, Wording, render, spoken

SETTINGS = Settings(public_url="https://relight.test", session_secret=SecretStr("s" * 32))
FACTS = Facts(
    meter_number="201000000014",
    balance_minor=123_456,
    read_at=datetime(2026, 3, 2, 1, 5, tzinfo=UTC),
    days_left=12,
    supply=Supply.ON,
    amount_minor=1_000_000,
    arrears_minor=50_000,
    credit_minor=950_000,
    tokens=("12345678901234567890",),
    proof_id=UUID(int=7),
    link=LinkWish(UUID(int=8), LinkPurpose.REMINDER, 5000, id=UUID(int=9)),
    receipt_of="1ABC",
)
GSM7 = set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà") | {
    chr(c) for c in (*range(48, 58), *range(65, 91), *range(97, 123))
}
SMS_CHARACTERS = {Locale.EN: 160, Locale.ZH: 70}
LINKED = {MessageKind.ALARM_A, MessageKind.ALARM_B, MessageKind.TOP_UP_DUE, MessageKind.TOP_UP_FAILED}
TWO_PARTS = 134  # an address takes 39 of Chinese's 70: what is true and can be tapped is worth a second part
ONE_WAY = {
    MessageKind.LOGIN_CODE: ChannelName.SMS,
    MessageKind.CONFIRM_ADDRESS: ChannelName.EMAIL,
    MessageKind.RECEIPT: ChannelName.EMAIL,
}
WORDINGS = [
    Wording(kind, locale, channel)
    for kind, locale, channel in product(MessageKind, Locale, ChannelName)
    if ONE_WAY.get(kind, channel) is channel  # an address is proved by what travels there; receipts are mailed
]
TEXTED = [kind for kind in MessageKind if ONE_WAY.get(kind) is not ChannelName.EMAIL]


def sms(kind: MessageKind, locale: Locale, facts: Facts = FACTS) -> str:
    return render(Wording(kind, locale, ChannelName.SMS), facts, SETTINGS).body


@pytest.mark.parametrize("wording", WORDINGS, ids=lambda w: w.body)
def test_every_wording_names_the_meter_and_leaves_no_gap(wording: Wording) -> None:
    words = render(wording, FACTS, SETTINGS)
    assert FACTS.meter_number in words.body or wording.kind is MessageKind.LOGIN_CODE
    assert bool(words.title) == (wording.channel is ChannelName.EMAIL)
    assert "{" not in words.body + words.title
    assert "\n" not in words.title


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.txt")), ids=lambda p: f"{p.parent.name}/{p.name}")
def test_templates_speak_only_of_what_there_is(path: Path) -> None:
    assert find_undeclared_variables(Environment(autoescape=True).parse(path.read_text("utf-8"))) <= VARIABLES


@pytest.mark.parametrize(("kind", "locale"), list(product(TEXTED, Locale)))
@pytest.mark.parametrize("supply", [Supply.ON, Supply.ARMED, Supply.OFF, Supply.UNKNOWN])
@pytest.mark.parametrize("balance", [FACTS.balance_minor, -123_456])
def test_an_sms_is_one_sms(kind: MessageKind, locale: Locale, supply: Supply, balance: int) -> None:
    text = sms(kind, locale, replace(FACTS, supply=supply, balance_minor=balance))
    linked = locale is Locale.ZH and kind in LINKED
    assert len(text) <= (TWO_PARTS if linked else SMS_CHARACTERS[locale])
    if locale is Locale.EN:
        assert set(text) <= GSM7  # one other character and an SMS holds 70


@pytest.mark.parametrize("locale", Locale)
def test_money_that_went_back_is_said_in_its_own_currency_and_cash_as_cash(locale: Locale) -> None:
    back = replace(FACTS, amount_minor=4_000, currency="USD")
    assert "$40.00" in sms(MessageKind.REFUND_DONE, locale, back)
    by_hand = sms(MessageKind.REFUND_DONE, locale, replace(FACTS, by_hand=True))
    assert ("现金" if locale is Locale.ZH else "in cash") in by_hand


def test_money_and_time_are_written_as_the_reader_writes_them() -> None:
    assert "¥1,234.56 at 2 Mar 09:05" in sms(MessageKind.ALARM_A, Locale.EN)
    assert "¥1,234.56（3月2日09:05抄表）" in sms(MessageKind.ALARM_A, Locale.ZH)


def test_a_code_is_written_in_blocks_of_four() -> None:
    assert "1234 5678 9012 3456 7890" in sms(MessageKind.PURCHASE_TOKEN, Locale.ZH)


def test_key_change_codes_come_in_their_order() -> None:
    facts = replace(FACTS, tokens=("1" * 20, "2" * 20))
    assert "1111 then 2222" in sms(MessageKind.PURCHASE_TOKEN, Locale.EN, facts)


def test_an_armed_meter_says_press_the_button() -> None:
    assert "Press the button" in sms(MessageKind.PURCHASE_CREDITED, Locale.EN, replace(FACTS, supply=Supply.ARMED))


def test_a_payment_that_settled_arrears_only_claims_no_credit() -> None:
    facts = replace(FACTS, credit_minor=0, balance_minor=None, read_at=None, supply=Supply.UNKNOWN)
    assert sms(MessageKind.PURCHASE_CREDITED, Locale.EN, facts) == (
        "Meter 201000000014: ¥10,000.00 received. ¥500.00 settled arrears."
    )


@pytest.mark.parametrize(
    ("balance", "supply", "words"),
    [
        (400, Supply.ON, "only ¥4.00 left at 2 Mar 09:05. The power goes off when it is used up. Pay"),
        (-900, Supply.ON, "overdrawn by ¥9.00 at 2 Mar 09:05. The power may go off at any time. Pay"),
        (-900, Supply.OFF, "overdrawn by ¥9.00 at 2 Mar 09:05. The power is off. Pay"),
        (-900, Supply.KEEP_POWER, "overdrawn by ¥9.00 at 2 Mar 09:05. Pay"),
    ],
)
def test_the_last_warning_threatens_only_what_will_happen(balance: int, supply: Supply, words: str) -> None:
    assert words in sms(MessageKind.ALARM_B, Locale.EN, replace(FACTS, balance_minor=balance, supply=supply))


def test_one_day_left_is_one_day() -> None:
    assert "less than a day left" in sms(MessageKind.ALARM_A, Locale.EN, replace(FACTS, days_left=0))
    assert "about 1 day left" in sms(MessageKind.ALARM_A, Locale.EN, replace(FACTS, days_left=1))
    assert "left" not in sms(MessageKind.ALARM_A, Locale.EN, replace(FACTS, days_left=None))


def test_a_language_that_we_no_longer_speak_gets_the_default() -> None:
    assert spoken("fr") is Locale.ZH


@pytest.mark.parametrize("locale", Locale)
def test_a_code_is_sent_and_never_kept(locale: Locale) -> None:
    words = render(Wording(MessageKind.LOGIN_CODE, locale, ChannelName.SMS), FACTS, SETTINGS)
    digits = login_digits("s" * 32, UUID(int=7))
    assert digits in words.body
    assert digits not in words.kept
    assert "••••••" in words.kept


def test_a_confirmation_link_is_sent_and_never_kept() -> None:
    words = render(Wording(MessageKind.CONFIRM_ADDRESS, Locale.EN, ChannelName.EMAIL), FACTS, SETTINGS)
    word = link_word("s" * 32, UUID(int=7))
    assert f"https://relight.test/mail/{UUID(int=7)}/{word}" in words.body
    assert word not in words.kept


def test_there_is_no_wording_for_what_does_not_exist() -> None:
    with pytest.raises(TemplateNotFound):
        render(Wording("nothing", Locale.EN, ChannelName.SMS), FACTS, SETTINGS)  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "channel"), list(product(sorted(LINKED), ChannelName)))
def test_a_warning_leads_to_a_pay_page_and_its_secret_is_not_kept(kind: MessageKind, channel: ChannelName) -> None:
    words = render(Wording(kind, Locale.EN, channel), replace(FACTS, proof_id=None), SETTINGS)
    word = pay_word("s" * 32, UUID(int=9))
    assert f"https://relight.test/p/{word}" in words.body
    assert word not in words.kept


def test_without_a_key_a_warning_leads_to_the_plain_pay_page() -> None:
    plain = render(
        Wording(MessageKind.ALARM_A, Locale.EN, ChannelName.SMS),
        replace(FACTS, proof_id=None),
        Settings(public_url="https://relight.test", session_secret=SecretStr("")),
    )
    assert "https://relight.test/m/201000000014/pay" in plain.body
