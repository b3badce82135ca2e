"""What is forgotten when its time of keeping is over, and what is not."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import func, select

from app.context import Deps
from app.db import Begin
from app.domain.inbound import Understood
from app.domain.notice import MessageKind, MessageState
from app.domain.rules import RetentionRules
from app.models import (
    ApiKey,
    ApiMessage,
    Campaign,
    CampaignFault,
    CampaignItem,
    InboundMessage,
    LoginCode,
    Message,
    SignInTries,
    Staff,
)
from app.models.account import ChannelName
from app.services import retention, rulebook
from app.services.drafts import Telling, draft
from app.tasks.retention import forget
from tests import build
from tests.clocks import Clock

PHONE = "+8613800000009"


def _message(clock: Clock, state: MessageState) -> Message:
    cause = uuid4()
    telling = Telling(MessageKind.LOGIN_CODE, cause, str(cause), PHONE, ChannelName.SMS, "en")
    message = draft(telling, clock())
    message.address, message.body, message.title, message.state = PHONE, "your words", "title", state
    return message


@pytest.mark.parametrize("state", MessageState)
async def test_an_old_message_loses_words_and_address_unless_it_may_still_go(
    begin: Begin, clock: Clock, deps: Deps, state: MessageState
) -> None:
    waits = state in (MessageState.QUEUED, MessageState.SENDING, MessageState.UNKNOWN)
    async with begin() as db:
        db.add(_message(clock, state))
    clock.forward(days=399)
    await forget(deps)
    assert PHONE in await _written(begin)
    clock.forward(days=2)
    await forget(deps)
    assert (PHONE in await _written(begin)) is waits
    async with begin() as db:
        (message,) = await db.exec(select(Message))
        assert (message.state, message.wiped_at is None, message.body == "") == (state, waits, not waits)


async def _written(begin: Begin) -> str:
    async with begin() as db:
        return "".join(str(row) for row in await db.exec(select(Message)))


async def test_a_message_to_a_contact_keeps_its_contact(begin: Begin, clock: Clock, deps: Deps) -> None:
    async with begin() as db:
        town = await build.utility(db, clock())
        message = _message(clock, MessageState.DELIVERED)
        message.address, message.contact_id = None, town.contact.id
        db.add(message)
    clock.forward(days=401)
    await forget(deps)
    async with begin() as db:
        (kept,) = await db.exec(select(Message))
    assert (kept.contact_id, kept.address, kept.body) == (town.contact.id, None, "")


async def test_how_long_is_a_rule_and_counts_go_on(begin: Begin, clock: Clock, deps: Deps) -> None:
    async with begin() as db:
        await rulebook.save(db, RetentionRules(message_days=30), None, clock())
        db.add_all([_message(clock, MessageState.DELIVERED) for _ in range(3)])
    clock.forward(days=31)
    await forget(deps)
    await forget(deps)
    async with begin() as db:
        assert (await db.exec(select(func.count()).select_from(Message))).one() == 3


async def test_more_than_a_slice_is_forgotten_slice_by_slice(
    begin: Begin, clock: Clock, deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "SLICE", 2)
    async with begin() as db:
        db.add_all([_message(clock, MessageState.SENT) for _ in range(5)])
    clock.forward(days=401)
    await forget(deps)
    assert PHONE not in await _written(begin)


async def test_what_residents_wrote_codes_and_tries_are_forgotten_in_their_own_time(
    begin: Begin, clock: Clock, deps: Deps
) -> None:
    later = clock() + timedelta(minutes=5)
    async with begin() as db:
        said = InboundMessage(carrier="twilio", provider_ref="1", sender=PHONE, body="STOP", understood=Understood.STOP)
        said.at = clock()
        db.add_all([said, LoginCode(phone=PHONE, made_at=clock(), expires_at=later)])
        db.add(SignInTries(login_hash="x", failures=1, tried_at=clock()))
    clock.forward(days=2)
    await forget(deps)
    async with begin() as db:
        assert not (await db.exec(select(LoginCode))).all()
        assert not (await db.exec(select(SignInTries))).all()
        assert (await db.exec(select(InboundMessage.sender))).one() == PHONE
    clock.forward(days=180)
    await forget(deps)
    async with begin() as db:
        (kept,) = await db.exec(select(InboundMessage))
    assert (kept.sender, kept.body, kept.understood) == ("", "", Understood.STOP)


async def test_what_files_and_other_programs_brought_is_forgotten_too(begin: Begin, clock: Clock, deps: Deps) -> None:
    person = Staff(id=uuid4(), login="anna", name="Anna", password_hash="-")
    key = ApiKey(id=uuid4(), name="billing", mode="live", secret_hash="x", made_by=person.id, made_at=clock())
    draft_ = Campaign(id=uuid4(), name="May", purpose="reminder", kind="reminder", made_at=clock())
    asked = ApiMessage(
        key_id=key.id, reference="1", asked_hash="x", mode="live", text=f"Hello {PHONE}", asked_at=clock()
    )
    asked.variables = {"name": "Lin"}
    async with begin() as db:
        db.add(person)
        await db.flush()
        db.add_all([key, draft_])
        await db.flush()
        db.add_all([asked, CampaignFault(campaign_id=draft_.id, line=2, code="line_phone_bad", value="138000")])
        db.add(CampaignItem(campaign_id=draft_.id, place=1, channel="sms", address=PHONE, locale="zh"))
    clock.forward(days=401)
    await forget(deps)
    async with begin() as db:
        (kept,) = await db.exec(select(ApiMessage))
        assert (kept.reference, kept.text, kept.variables) == ("1", "", {})
        assert (await db.exec(select(CampaignFault.value))).one() == ""
        assert (await db.exec(select(CampaignItem.address))).one() == ""
