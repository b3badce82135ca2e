"""Whatever code a page may meet has words in both languages."""

from collections.abc import Iterable

import pytest

from app.domain.device_event import DeviceEventKind
from app.domain.head_end import Health, TaskEnd
from app.domain.ledger import BookingKind
from app.domain.notice import MessageKind, MessageState
from app.domain.operation import DeviceItemState, OperationKind, OperationState
from app.domain.operation_arguments import FIELDS
from app.domain.payment import PaymentState
from app.domain.purchase import PurchaseState
from app.domain.reach import Reach
from app.domain.review import ACTS, ReviewAct, ReviewKind
from app.domain.settling import Again, Bar
from app.domain.wallet import ReadingKind
from app.i18n import Locale, translations
from app.models.account import ChannelName
from app.outbox import Job
from app.ports import SecurityCode
from app.services.carrying import Ending
from app.web.console.devices.figures import label
from app.web.console.terms import TERMS, Terms
from headend_client.ami.codes import NOT_REACHED, REFUSALS
from headend_client.explain import explain
from headend_client.explain.own import APPLICATIONS, SUBJECTS
from headend_client.explain.task import NAMED
from headend_client.registers import FINDINGS, REGISTERS
from headend_client.tally import Mishap
from meters_io.dlt645.names import Control, Item, Security
from meters_io.dlt645.refusals import RefusalCode
from meters_io.dlt645.relay import RelayAction
from meters_io.sts.meter import ResultCode

_POSTPONED = [Ending.UNREACHABLE, Ending.UNKNOWN, Ending.NOT_YET]
WORDS: dict[str, Iterable[str]] = {
    "kind": ReviewKind,
    "act": ReviewAct,
    "bar": Bar,
    "again": Again,
    "purchase": PurchaseState,
    "payment": PaymentState,
    "message": [*MessageState, *MessageKind],
    "channel": ChannelName,
    "job": Job,
    "booking": BookingKind,
    "dropped": Mishap,
    "health": Health,
    "task": ["open", *TaskEnd],
    "asked": ["recharge", "enter_token", "switch", "trip", "write", "set_clock", "enter_tokens"],
    "op": OperationKind,
    "operation": OperationState,
    "device_item": DeviceItemState,
    "device_event": DeviceEventKind,
    "argument": {field.name for fields in FIELDS.values() for field in fields},
    "choice": {choice for fields in FIELDS.values() for field in fields for choice in field.choices},
    "reach": Reach,
    "reading": ReadingKind,
    "field": [f"task_{name}" for name in NAMED],
    "why": [
        *REFUSALS,
        *NOT_REACHED,
        *RefusalCode,
        *SecurityCode,
        *(code.name.lower() for code in ResultCode),
        *_POSTPONED,
    ],
    "word": [
        *(f"{verb}_{control.name.lower()}" for control in Control for verb in ("ask", "answer", "refuse")),
        *(f"item_{item.name.lower()}" for item in Item),
        *(f"command_{security.name.lower()}" for security in Security),
        *(f"relay_{action.name.lower()}" for action in RelayAction),
        *APPLICATIONS.values(),
        *SUBJECTS,
    ],
}
CODES = [(kind, str(code)) for kind, codes in WORDS.items() for code in codes]


def test_every_code_has_words() -> None:
    terms = Terms(Locale.EN)
    assert [(kind, code) for kind, code in CODES if not terms.has(kind, code)] == []


@pytest.mark.parametrize("name", ["clock", "clock_ahead_s", "syncs_meters", "F24"])
def test_what_a_concentrator_says_of_itself_has_a_name(name: str) -> None:
    assert label(name, Terms(Locale.EN)) != name


def test_every_register_has_a_name_that_people_know() -> None:
    assert [name for name in (*REGISTERS, *FINDINGS) if label(name, Terms(Locale.EN)) == name] == []


@pytest.mark.parametrize("kind", list(ReviewKind))
def test_a_kind_of_review_says_what_it_means_and_what_each_act_would_do(kind: ReviewKind) -> None:
    terms = Terms(Locale.EN)
    assert terms.has("kind", f"{kind}_more")
    for act in ACTS[kind]:
        if act is ReviewAct.RETRY and kind is not ReviewKind.COUNT_CONFUSED:
            assert terms.has("act_retry", f"{kind}_more"), kind
        elif act is not ReviewAct.RETRY:
            assert terms.has("act", f"{act}_more"), act


def test_every_sentence_of_the_console_is_there_in_chinese() -> None:
    chinese = translations(Locale.ZH)
    assert [each for each in TERMS.values() if each.isascii() and chinese.gettext(each) == each] == []


def test_a_code_without_words_is_shown_as_it_came() -> None:
    assert Terms(Locale.EN)("why", "E-4711") == "E-4711"
    assert Terms(Locale.EN).why("unreachable: E-4711") == "Not reached, nothing sent: E-4711"
    assert Terms(Locale.EN).why("security_busy") == "the security module is busy"


def test_an_account_of_the_ledger_tells_whose_it_is_and_in_which_currency() -> None:
    assert Terms(Locale.EN).account("provider:sandbox:USD") == "Provider sandbox USD"


def test_a_frame_that_cannot_be_read_has_words_too() -> None:
    (field,) = explain("zz", "").outer
    assert Terms(Locale.EN).has("field", field.name)
