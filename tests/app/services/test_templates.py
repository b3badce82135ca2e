"""Versions of templates: checked, approved by another, one in use, and the shipped words always there."""

import asyncio
from uuid import UUID, uuid4

import pytest
from jinja2 import TemplateError
from pydantic import SecretStr
from sqlmodel import col, select

from app.db import Begin
from app.domain.notice import MessageKind
from app.domain.rules import TemplateRules
from app.domain.template import TemplateState
from app.i18n import Locale
from app.models import Audit, Staff, TemplateVersion
from app.models.account import ChannelName
from app.services import rulebook, templates
from app.services.templates import NotAllowed, Written
from app.services.wording import Source, Wording, shipped
from app.services.wording.check import BadWords, Fault, Finding, check, check_free
from app.services.wording.engine import fill
from app.settings import Settings
from tests.clocks import Clock

SETTINGS = Settings(public_url="https://relight.test", session_secret=SecretStr("s" * 32))
ALARM = Wording(MessageKind.ALARM_A, Locale.EN, ChannelName.SMS)
TOKEN = Wording(MessageKind.PURCHASE_TOKEN, Locale.EN, ChannelName.SMS)
CREDIT = Wording(MessageKind.PURCHASE_CREDITED, Locale.EN, ChannelName.SMS)
MAIL = Wording(MessageKind.REMINDER, Locale.EN, ChannelName.EMAIL)
GOOD = "Low: {{ balance }} in meter {{ meter }}, pay {{ pay_link }}"


def faults(wording: Wording, body: str, title: str = "x") -> list[tuple[Fault, str, str]]:
    found = check(wording, Source(title, body), SETTINGS, TemplateRules())
    return [(each.fault, each.name, each.near) for each in found]


@pytest.mark.parametrize("wording", [ALARM, TOKEN, CREDIT, MAIL], ids=lambda w: w.name)
def test_the_shipped_words_pass_their_own_check(wording: Wording) -> None:
    assert check(wording, shipped(wording), SETTINGS, TemplateRules()) == ()


def test_an_unknown_variable_is_named_with_the_nearest_known_one() -> None:
    assert faults(ALARM, GOOD + " {{ ballance }}") == [(Fault.UNKNOWN, "ballance", "balance")]
    assert check(ALARM, Source("", "{{ meter }}\n{{ tokens }}"), SETTINGS, TemplateRules())[0].line == 2


def test_what_may_be_missing_must_be_asked_for_first() -> None:
    assert faults(CREDIT, "{{ meter }}: {{ balance }}") == [(Fault.MAY_BE_MISSING, "balance", "")]
    assert faults(CREDIT, "{{ meter }}{% if balance is defined %}: {{ balance }}{% endif %}") == []


def test_a_token_message_without_its_token_is_of_no_use() -> None:
    assert faults(TOKEN, "Meter {{ meter }}: your token is ready") == [(Fault.NOT_SAID, "tokens", "")]


@pytest.mark.parametrize(
    "body",
    [
        "{{ meter.__class__ }}",
        "{{ ''.join(meter) }}",
        "{{ meter * 1000000 }}",
        "{% for a in meter %}{{ a }}{% endfor %}",
        "{% set x = 1 %}{{ x }}",
        "{% include 'x' %}",
        "{{ meter | center(1000000) }}",
        "{{ range(1000000) | list }}",
        "{% macro m() %}{% endmacro %}",
        "{{ meter[0] }}",
    ],
)
def test_words_can_look_at_values_and_do_nothing_else(body: str) -> None:
    (found, *_) = faults(ALARM, body)
    assert found[0] in (Fault.FORBIDDEN, Fault.UNKNOWN)


@pytest.mark.parametrize(
    "body",
    [
        "{{ meter | join(meter | join(meter | join(meter))) }}",
        "{{ meter | join('0123456789') | join('0123456789') | join('0123456789') }}",
        "{{ meter | join('x', '__class__') }}",
        "{{ meter | upper(1, 2, 3) }}",
        "{{ " + "(" * 400 + "meter" + ")" * 400 + " }}",
        "{{ " + "not " * 400 + "meter }}",
        "{{ meter" + " | upper" * 200 + " }}",
        "{{ meter" + " and meter" * 150 + " }}",
        "{% if meter %}" * 70 + "x" + "{% endif %}" * 70,
    ],
    ids=["join in join", "join of join", "attribute", "arguments", "brackets", "not", "filters", "and", "if in if"],
)
def test_words_can_neither_grow_without_end_nor_be_nested_without_end(body: str) -> None:
    (found,) = check_free(body)
    assert found.fault in (Fault.FORBIDDEN, Fault.SYNTAX)


@pytest.mark.parametrize(
    "body", ["{% if meter > 5 %}x{% endif %}", "{{ days_left | join }}", "{{ days_left | first }}"]
)
def test_what_fails_on_a_value_is_a_defect_of_the_words_and_breaks_nothing(body: str) -> None:
    known = {"meter": "1234", "days_left": 3}
    with pytest.raises(TemplateError):
        fill(body, known)  # as of any defect: the words that ship speak instead


def test_no_loop_in_a_loop() -> None:
    inner = "{% for b in tokens %}{{ b }}{% endfor %}"
    assert faults(TOKEN, "{% for a in tokens %}" + inner + "{% endfor %}")[0][0] is Fault.FORBIDDEN


def test_signs_that_do_not_fit_together_are_said_with_their_line() -> None:
    (found,) = check(ALARM, Source("", "one\n{% if balance %}"), SETTINGS, TemplateRules())
    assert (found.fault, found.line) == (Fault.SYNTAX, 2)


def test_too_many_sms_are_refused_and_dear_characters_warned_of() -> None:
    assert faults(ALARM, GOOD + "x" * 1000)[0][0] is Fault.TOO_MANY_SEGMENTS
    (found,) = check(ALARM, Source("", GOOD + "\u2019" + "x" * 40), SETTINGS, TemplateRules())
    assert (found.fault, found.name, found.near, found.grave) == (Fault.DEAR, "\u2019", "'", False)


def test_free_words_are_checked_before_anybody_is_written_to() -> None:
    assert check_free("Open on Saturday, {{ meter }}") == ()
    assert check_free("Hello {{ name }}")[0].fault is Fault.UNKNOWN
    assert check_free("x" * 2001) == (Finding("text", Fault.TOO_LONG, count=2001),)


@pytest.fixture
async def people(begin: Begin) -> tuple[UUID, UUID]:
    """Who writes, and who approves."""
    anna, bert = [Staff(id=uuid4(), login=name, name=name, password_hash="-") for name in ("anna", "bert")]
    async with begin() as db:
        db.add_all([anna, bert])
        return anna.id, bert.id


async def write(begin: Begin, clock: Clock, who: UUID, body: str = GOOD) -> UUID:
    async with begin() as db:
        return (await templates.write(db, Written(ALARM, Source("", body)), who, SETTINGS, clock())).id


async def state(begin: Begin, version_id: UUID) -> str:
    async with begin() as db:
        return (await db.get_one(TemplateVersion, version_id)).state


async def test_words_are_in_use_once_another_has_approved_them(
    begin: Begin, clock: Clock, people: tuple[UUID, UUID]
) -> None:
    anna, bert = people
    version_id = await write(begin, clock, anna)
    clock.forward(minutes=1)
    async with begin() as db:
        await templates.ask(db, version_id, anna, clock())
    clock.forward(minutes=1)
    async with begin() as db:
        with pytest.raises(NotAllowed, match="own_words"):
            await templates.approve(db, version_id, anna, "", clock())
    async with begin() as db:
        assert await templates.in_use(db, ALARM) is None
        await templates.approve(db, version_id, bert, "good", clock())
    async with begin() as db:
        used = await templates.in_use(db, ALARM)
        acts = list(await db.exec(select(Audit.act).where(Audit.subject_id == version_id).order_by(col(Audit.at))))
    assert used is not None
    assert used.body == GOOD
    assert acts == ["template_written", "template_asked", "template_in_use"]


async def test_the_next_version_retires_the_one_before_and_the_shipped_words_come_back(
    begin: Begin, clock: Clock, people: tuple[UUID, UUID]
) -> None:
    anna, bert = people
    ids = []
    for _ in range(2):
        ids.append(await write(begin, clock, anna))
        async with begin() as db:
            await templates.ask(db, ids[-1], anna, clock())
            await templates.approve(db, ids[-1], bert, "", clock())
    assert [await state(begin, each) for each in ids] == [TemplateState.RETIRED, TemplateState.IN_USE]
    async with begin() as db:
        assert await templates.restore_shipped(db, ALARM, bert, clock())
    async with begin() as db:
        assert await templates.in_use(db, ALARM) is None
        assert not await templates.restore_shipped(db, ALARM, bert, clock())


async def test_a_refusal_keeps_its_reason_and_cannot_be_approved_later(
    begin: Begin, clock: Clock, people: tuple[UUID, UUID]
) -> None:
    anna, bert = people
    version_id = await write(begin, clock, anna)
    async with begin() as db:
        await templates.ask(db, version_id, anna, clock())
        await templates.refuse(db, version_id, bert, "too curt", clock())
    async with begin() as db:
        (past,) = await templates.history(db, ALARM)
        assert (past.version.remark, past.writer, past.decider) == ("too curt", "anna", "bert")
        with pytest.raises(NotAllowed, match="wrong_state"):
            await templates.approve(db, version_id, bert, "", clock())


async def test_a_draft_is_written_over_by_its_writer_only(
    begin: Begin, clock: Clock, people: tuple[UUID, UUID]
) -> None:
    anna, bert = people
    first = await write(begin, clock, anna)
    assert await write(begin, clock, anna, GOOD + ".") == first
    assert await write(begin, clock, bert) != first


async def test_words_with_a_fault_are_not_kept(begin: Begin, clock: Clock, people: tuple[UUID, UUID]) -> None:
    with pytest.raises(BadWords):
        await write(begin, clock, people[0], "Low: {{ ballance }}")
    async with begin() as db:
        assert await templates.history(db, ALARM) == []


async def test_where_no_approval_is_needed_words_are_in_use_when_asked_for(
    begin: Begin, clock: Clock, people: tuple[UUID, UUID]
) -> None:
    async with begin() as db:
        await rulebook.save(db, TemplateRules(approval_needed=False), None, clock())
    version_id = await write(begin, clock, people[0])
    async with begin() as db:
        await templates.ask(db, version_id, people[0], clock())
    assert await state(begin, version_id) == TemplateState.IN_USE


async def test_two_who_approve_at_once_put_one_version_in_use(
    begin: Begin, clock: Clock, people: tuple[UUID, UUID]
) -> None:
    anna, bert = people
    ids = [await write(begin, clock, who) for who in (anna, bert)]
    async with begin() as db:
        for version_id, who in zip(ids, people, strict=True):
            await templates.ask(db, version_id, who, clock())

    async def approve(version_id: UUID, who: UUID) -> None:
        async with begin() as db:
            await templates.approve(db, version_id, who, "", clock())

    await asyncio.gather(approve(ids[0], bert), approve(ids[1], anna))
    assert sorted([await state(begin, each) for each in ids]) == [TemplateState.IN_USE, TemplateState.RETIRED]
