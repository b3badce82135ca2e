"""Every message in every language over every channel: complete, short, and in its reader's figures."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from uuid import UUID

import pytest
from pydantic import SecretStr

from app.domain.notice import MessageKind
from app.domain.proving import link_word, login_digits, pay_word
from app.domain.relay import Supply
from app.domain.segments import Alphabet, measure
from app.domain.template import ALARM_KINDS, OUTAGE_KINDS, media, required, variables
from app.i18n import Locale
from app.models.account import ChannelName
from app.models.topup import LinkPurpose
from app.services.letters import Facts
from app.services.letters.facts import OutageFacts, ReminderFacts
from app.services.links import LinkWish
from app.services.wording import NoWords, Wording, render, shipped, spoken
from app.services.wording.event_words import EVENT_WORDS
from app.services.wording.samples import TRIED, full
from app.services.wording.shipped import FOLDER
from app.services.wording.syntax import names_in
from app.settings import Settings
from tests.each import each

SETTINGS = Settings(
    public_url="https://relight.test", session_secret=SecretStr("s" * 32), utility_name="Lotus Power", utility_phone=""
)
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
SMS_CHARACTERS = {Locale.EN: 160, Locale.ZH: 70}
LINKED = {
    *ALARM_KINDS,
    *OUTAGE_KINDS,
    MessageKind.TOP_UP_DUE,
    MessageKind.TOP_UP_FAILED,
    MessageKind.REMINDER,
    MessageKind.DISCONNECTED,
    MessageKind.DEVICE_EVENT,
}
TWO_PARTS = 134  # an address takes 39 of Chinese's 70: what is true and can be tapped is worth a second part
TITLED = {ChannelName.EMAIL, ChannelName.WECHAT, ChannelName.WEBHOOK, ChannelName.INBOX}
WORDINGS = [
    Wording(kind, locale, ChannelName(medium))
    for kind, locale in product(MessageKind, Locale)
    for medium in media(kind)
]
TEXTED = [kind for kind in MessageKind if ChannelName.SMS in media(kind)]
NAMELESS = {MessageKind.LOGIN_CODE, MessageKind.HELP_ANSWER, *OUTAGE_KINDS}  # an outage names its area


def sms(kind: MessageKind, locale: Locale, facts: Facts = FACTS) -> str:
    return render(Wording(kind, locale, ChannelName.SMS), facts, SETTINGS).body


def test_every_kind_is_told_over_some_medium_and_every_medium_is_one_of_ours() -> None:
    assert {medium for kind in MessageKind for medium in media(kind)} == set(ChannelName)
    assert all(media(kind) and variables(kind) for kind in MessageKind)


@each(WORDINGS, lambda w: w.name)
def test_every_wording_bears_every_sort_of_facts_and_leaves_no_gap(wording: Wording) -> None:
    for facts_of in TRIED:
        words = render(wording, facts_of(wording.kind, wording.locale), SETTINGS)
        assert words.body
        assert bool(words.title) == (wording.channel in TITLED)
        assert not set("{}") & set(words.body + words.title)
        assert "None" not in words.body
        assert "\n" not in words.title
        assert "  " not in words.body.replace("\n    ", "")


@each(WORDINGS, lambda w: w.name)
def test_every_wording_names_the_meter(wording: Wording) -> None:
    facts = full(wording.kind, wording.locale)
    number = " ".join(facts.meter_number[-4:]) if wording.channel is ChannelName.VOICE else facts.meter_number
    assert number in render(wording, facts, SETTINGS).body or wording.kind in NAMELESS


@each(WORDINGS, lambda w: w.name)
def test_words_speak_only_of_what_their_kind_knows_and_of_what_it_is_for(wording: Wording) -> None:
    source = shipped(wording)
    said = names_in(source.title) | names_in(source.body)
    assert said <= set(variables(wording.kind))
    assert set(required(wording.kind)) <= said


@each([w for w in WORDINGS if w.channel is ChannelName.VOICE], lambda w: w.name)
def test_a_voice_reads_no_address_and_no_sign(wording: Wording) -> None:
    words = render(wording, full(wording.kind, wording.locale), SETTINGS).body
    assert not [sign for sign in ("http", "/", "¥", "（", "REPLY") if sign in words]


def test_a_voice_says_amounts_times_and_numbers_as_people_do() -> None:
    said = render(Wording(MessageKind.ALARM_A, Locale.EN, ChannelName.VOICE), FACTS, SETTINGS).body
    assert "meter ending in 0 0 1 4 had 1234.56 yuan left at 09:05 on 2 March" in said
    said = render(Wording(MessageKind.ALARM_A, Locale.ZH, ChannelName.VOICE), FACTS, SETTINGS).body
    assert "尾号0 0 1 4的电表，3月2日9点05分余额为1234.56元" in said


def test_every_template_file_is_of_a_kind_and_a_medium() -> None:
    parts = {*ChannelName, "subject"}
    for path in FOLDER.rglob("*.txt"):
        locale, part, _ = path.name.split(".")
        assert MessageKind(path.parent.name)
        assert locale in tuple(Locale)
        assert part in parts


def test_every_event_has_words_in_every_language() -> None:
    assert all(set(words) == set(Locale) for words in EVENT_WORDS.values())


@each(product(TEXTED, Locale))
def test_an_sms_is_one_sms(told: tuple[MessageKind, Locale]) -> None:
    kind, locale = told
    linked = locale is Locale.ZH and kind in LINKED
    for facts_of in TRIED:
        text = sms(kind, locale, facts_of(kind, locale))
        assert len(text) <= (TWO_PARTS if linked else SMS_CHARACTERS[locale])
        if locale is Locale.EN:
            assert measure(text).alphabet is Alphabet.GSM7  # one other character and an SMS holds 70


@pytest.mark.parametrize("currency", ["CNY", "USD", "ZAR", "KES", "CHF"])
def test_money_brings_no_character_that_makes_an_sms_dear(currency: str) -> None:
    settings = SETTINGS.model_copy(update={"currency": currency})
    text = render(Wording(MessageKind.ALARM_B, Locale.EN, ChannelName.SMS), FACTS, settings).body
    assert measure(text).alphabet is Alphabet.GSM7


def test_free_words_may_speak_of_the_balance_and_stand_for_the_whole_text() -> None:
    facts = replace(FACTS, reminder=ReminderFacts("Saturday", "Open on Saturday. You have {{ balance }}."))
    assert sms(MessageKind.REMINDER, Locale.EN, facts) == "Open on Saturday. You have ¥1,234.56."
    assert render(Wording(MessageKind.REMINDER, Locale.EN, ChannelName.EMAIL), facts, SETTINGS).title == "Saturday"


def test_a_revision_of_an_outage_says_its_own_words() -> None:
    at = datetime(2026, 3, 2, 1, 5, tzinfo=UTC)
    facts = replace(FACTS, outage=OutageFacts("Cable", "first", at, at, again="second"))
    words = render(Wording(MessageKind.OUTAGE_CHANGED, Locale.EN, ChannelName.EMAIL), facts, SETTINGS)
    assert "second" in words.body
    assert "first" not in words.body


def test_the_word_of_an_acknowledgement_is_sent_and_not_kept() -> None:
    facts = full(MessageKind.DEVICE_EVENT, Locale.EN)
    words = render(Wording(MessageKind.DEVICE_EVENT, Locale.EN, ChannelName.SMS), facts, SETTINGS)
    link = re.search(r"/e/(\S{20,})", words.body)
    assert link
    assert link[1] not in words.kept


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


@pytest.mark.parametrize(("locale", "word"), [(Locale.EN, "void"), (Locale.ZH, "作废")])
def test_the_receipt_of_a_reversed_sale_is_mailed_as_void(locale: Locale, word: str) -> None:
    wording = Wording(MessageKind.RECEIPT, locale, ChannelName.EMAIL)
    void, good = (render(wording, replace(FACTS, void=each), SETTINGS) for each in (True, False))
    assert word in void.title
    assert word in void.body
    assert word not in good.title + good.body


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
    with pytest.raises(NoWords):
        render(Wording(MessageKind.RECEIPT, Locale.EN, ChannelName.SMS), FACTS, SETTINGS)


@pytest.mark.parametrize("kind", [*ALARM_KINDS, MessageKind.TOP_UP_DUE, MessageKind.TOP_UP_FAILED])
@pytest.mark.parametrize("channel", [channel for channel in ChannelName if channel is not ChannelName.VOICE])
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
