"""Requests and tokens between our shapes and the module's, and its words in our codes."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headend_client.prism.answers import read_answer, read_status, read_tokens, read_verified
from headend_client.prism.asking import call_of, message_id, transfer_amount
from headend_client.prism.codes import ERRORS, STATUSES, VERDICTS, code_of, made_nothing
from headend_client.prism.config import Amounts, Dialect
from headend_client.prism.errors import AnswerLost, ApiRefused
from headend_client.security import (
    IssueRequest,
    KeyChangeRequest,
    ManagementRequest,
    MeterKey,
    SecurityCode,
    SecurityError,
    TokenFault,
)
from headend_client.target import StsIdentity
from meters_io.sts.tid import BaseDate, tid_at
from tests.clocks import MONDAY_MORNING

METER = StsIdentity("07000000013", "001457", 1, 1)
CREDIT = IssueRequest("one", METER, 4, 5_000_000, MONDAY_MORNING, None)
NOW_S = int(MONDAY_MORNING.timestamp())
STEPS = Dialect(amounts=Amounts.HUNDRED_THOUSANDTHS)


def token(**other: object) -> SimpleNamespace:
    """A credit token as the module tells it."""
    fields = {
        "drn": METER.drn,
        "pan": "",
        "tokenClass": 0,
        "subclass": 0,
        "tid": 7,
        "transferAmount": 256.0,
        "tokenDec": "0" * 20,
        "newConfig": None,
    }
    return SimpleNamespace(**{**fields, **other})


ENERGY = replace(CREDIT, subclass=0, amount=256)


def test_a_request_says_what_the_meter_has_and_lets_the_module_change_no_key_by_itself() -> None:
    method, arguments = call_of(replace(CREDIT, change_to=MeterKey("203557", 6, 2)), Dialect())
    config = arguments["meterConfig"]
    assert method == "issueCreditToken"
    assert vars(config) == {
        "drn": METER.drn,
        "ea": 11,
        "tct": 2,
        "sgc": 1457,
        "krn": 1,
        "ti": 1,
        "ken": 255,
        "doe": None,
        "allowKrnUpdate": False,
        "allowKenUpdate": False,
        "allow3Kct": False,
        "newConfig": vars(config)["newConfig"],
    }
    assert vars(vars(config)["newConfig"]) == {"toSgc": 203557, "toKrn": 6, "toTi": 2}
    assert (arguments["transferAmount"], arguments["tokenTime"], arguments["flags"]) == (50.0, NOW_S, 1)


def test_a_key_change_says_whether_it_wants_three_tokens() -> None:
    request = KeyChangeRequest("one", replace(METER, ea=7), MeterKey("203557", 6, 2), MONDAY_MORNING, three_tokens=True)
    method, arguments = call_of(request, Dialect())
    assert method == "issueKeyChangeTokens"
    assert vars(arguments["meterConfig"])["allow3Kct"] is True


def test_a_token_is_issued_after_the_newest_that_we_know() -> None:
    last_tid = tid_at(MONDAY_MORNING, BaseDate.Y2014)
    assert call_of(replace(CREDIT, last_tid=last_tid - 1), Dialect())[1]["tokenTime"] == NOW_S
    assert call_of(replace(CREDIT, last_tid=last_tid), Dialect())[1]["tokenTime"] == NOW_S + 60
    assert call_of(replace(CREDIT, last_tid=last_tid + 15), Dialect())[1]["tokenTime"] == NOW_S + 16 * 60
    with pytest.raises(SecurityError, match="clock"):
        call_of(replace(CREDIT, last_tid=last_tid + 16), Dialect())


@given(st.integers(1, 10**18), st.sampled_from(list(Amounts)))
def test_an_amount_arrives_exactly_or_does_not_leave(amount: int, amounts: Amounts) -> None:
    dialect = Dialect(amounts=amounts)
    request = replace(CREDIT, amount=amount)
    try:
        figure = transfer_amount(request, dialect)
    except SecurityError as error:
        assert error.code is SecurityCode.AMOUNT_RANGE
        assert amount > 1 << 50
        return
    (read,) = read_tokens([token(subclass=4, transferAmount=figure)], dialect)
    assert read.amount == amount


@given(st.text(max_size=60))
def test_every_request_has_an_id_that_the_module_takes(request_id: str) -> None:
    sent = message_id(request_id)
    assert 1 <= len(sent) <= 40
    assert sent.isascii()
    assert sent[0].isalnum()
    assert message_id(sent) == sent


def test_what_was_asked_for_is_taken() -> None:
    (read,) = read_answer([token()], ENERGY, Dialect())
    assert (read.subclass, read.tid, read.amount) == (0, 7, 256)
    by_pan = replace(ENERGY, meter=replace(METER, drn="600727070000000138"))
    assert read_answer([token(pan="600727070000000138")], by_pan, Dialect()) == (read,)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"drn": "07000000021"}, "other_meter"),
        ({"subclass": 1}, "other_tokens"),
        ({"tokenClass": 2, "subclass": 5}, "other_tokens"),
        ({"transferAmount": 255.0}, "other_amount"),
        ({"transferAmount": 256.5}, "other_amount"),
    ],
)
def test_what_was_not_asked_for_is_not_taken(change: dict[str, object], reason: str) -> None:
    with pytest.raises(SecurityError) as raised:
        read_answer([token(**change)], ENERGY, Dialect())
    assert raised.value.reason == reason


def test_two_credits_for_one_request_are_not_taken() -> None:
    with pytest.raises(SecurityError, match="permission"):
        read_answer([token(), token()], ENERGY, Dialect())


@pytest.mark.parametrize("change", [{}, {"tokenClass": 2, "subclass": 3, "newConfig": None}])
def test_a_key_change_is_a_set_that_says_what_it_leads_to(change: dict[str, object]) -> None:
    request = KeyChangeRequest("one", METER, MeterKey("203557", 6, 2), MONDAY_MORNING)
    with pytest.raises(SecurityError, match="permission"):
        read_answer([token(**change)], request, Dialect())


@pytest.mark.parametrize(
    "given_back",
    [
        None,
        [],
        "token",
        [None],
        [token(tid=None)],
        [token(tokenDec="12")],
        [token(tokenDec=5)],
        [token(transferAmount=float("nan"))],
        [token(transferAmount=float("inf"))],
        [token(tokenClass=2, subclass=3, newConfig=SimpleNamespace(toSgc="1"))],
    ],
)
def test_what_are_no_tokens_is_an_answer_lost(given_back: object) -> None:
    with pytest.raises(AnswerLost):
        read_tokens(given_back, Dialect())


@pytest.mark.parametrize("given_back", [None, [], [SimpleNamespace(info=None, alerts=[])], [SimpleNamespace(info={})]])
def test_what_is_no_status_is_an_answer_lost(given_back: object) -> None:
    with pytest.raises(AnswerLost):
        read_status(given_back, "there")


def test_a_node_without_a_name_is_called_by_its_address() -> None:
    nodes = [SimpleNamespace(info={"a": "1"}, alerts=[]), SimpleNamespace(info={"idSm": "SM 2"}, alerts=[])]
    assert [each.module_id for each in read_status(nodes, "there")] == ["there", "SM 2"]


def test_a_verified_management_token_counts_as_it_stands() -> None:
    said = read_verified(token(tokenClass=2, subclass=6, transferAmount=20_014.0), Dialect())
    assert (said.token_class, said.subclass, said.amount) == (2, 6, 20_014)


def test_a_request_for_another_kind_of_setting_does_not_leave() -> None:
    with pytest.raises(SecurityError, match="permission"):
        call_of(ManagementRequest("one", METER, 3, 0, MONDAY_MORNING, None), Dialect())
    with pytest.raises(SecurityError, match="permission"):
        call_of(replace(CREDIT, subclass=8), STEPS)


@pytest.mark.parametrize(
    ("reason", "text", "code"),
    [
        *[(word, "", code) for word, code in ERRORS.items()],
        *[("ESm", f"Security Module error '{number}': x", code) for number, code in STATUSES.items()],
        ("ESts.DrnOrPan.CheckDigit", "", SecurityCode.BAD_PAN),
        ("EAuthentication.Permission", "", SecurityCode.PERMISSION),
        ("ESignin.Realm", "", SecurityCode.PERMISSION),
        ("EService.Restarting", "", SecurityCode.BUSY),
        ("ESm", "Security Module error '77': x", SecurityCode.PERMISSION),
        ("EParamRange", "Security Module error '41': x", SecurityCode.AMOUNT_RANGE),
        ("ENew.Thing", "", SecurityCode.PERMISSION),
        ("ES", "", SecurityCode.PERMISSION),
        ("", "", SecurityCode.PERMISSION),
    ],
)
def test_every_word_of_the_module_has_one_of_ours(reason: str, text: str, code: SecurityCode) -> None:
    assert code_of(ApiRefused(reason, text)) is code


def test_only_words_that_we_know_prove_that_nothing_was_made() -> None:
    sure = ["EKeystore.NotFound", "ESts.DrnOrPan.CheckDigit", "EParamRange", "EAuthentication.Token", "ESignin.Realm"]
    unsure = ["EService", "EService.Disabled", "ESm", "ENew.Thing", ""]
    assert [word for word in sure if not made_nothing(ApiRefused(word, ""))] == []
    assert [word for word in unsure if made_nothing(ApiRefused(word, ""))] == []


def test_every_verdict_but_good_is_a_fault() -> None:
    assert set(VERDICTS.values()) == {TokenFault.CRC, TokenFault.DEFAULT_KEY_CREDIT, TokenFault.KEY_EXPIRED}
