"""Messages that other programs of the utility ask for: each once a key and reference, under the rules for reminders."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from jinja2 import TemplateError
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import add_once
from app.domain.notice import MessageKind
from app.domain.template import Variable
from app.models import ApiKey, ApiMessage, Message
from app.models.account import ChannelName
from app.services import plans
from app.services.plans import News, Reader
from app.services.wording.check import Fault, Finding, check_text
from app.services.wording.engine import fill

LONGEST_TEXT, LONGEST_TITLE = 2000, 200
A_MINUTE = 600
"""Messages that one key may ask for in any minute."""


class ReferenceTaken(ValueError):
    """Another message was asked for under this reference."""

    code = "reference_taken"


class TooFast(ValueError):
    """The key has asked for as many messages as a minute allows."""

    code = "too_fast"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be sent. `address`: E.164 number or mail address. `text` may name `variables` as {{ name }}."""

    reference: str
    channel: ChannelName
    address: str
    locale: str
    text: str
    title: str = ""
    variables: dict[str, str] = field(default_factory=dict)

    def hash(self) -> str:
        """What tells one request from another."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of a request. `message` None: nothing was planned, for `refusal`."""

    asked: ApiMessage
    message: Message | None


def faults(asked: Asked) -> tuple[Finding, ...]:
    """What is wrong with the words; names that are not given are named with the nearest that is."""
    known = {name: Variable(name) for name in asked.variables}
    found = check_text("text", asked.text, known, LONGEST_TEXT)
    found += check_text("title", asked.title, known, LONGEST_TITLE) if asked.title else []
    return tuple(found) or _tried(asked)


def _tried(asked: Asked) -> tuple[Finding, ...]:
    """What only shows with the values: a text held against a number, say."""
    for field_, words in (("text", asked.text), ("title", asked.title)):
        try:
            fill(words, dict(asked.variables))
        except TemplateError as error:
            return (Finding(field_, Fault.SYNTAX, name=error.message or ""),)
    return ()


async def send(db: AsyncSession, key: ApiKey, asked: Asked, now: datetime) -> Standing:
    """Plan a message, or find the one that this reference stands for. Raises ReferenceTaken, TooFast."""
    if (known := await _known(db, key.id, asked.reference)) is not None:
        return await _same(db, known, asked)
    await _pace(db, key.id, now)
    row = ApiMessage(
        id=uuid4(),
        key_id=key.id,
        reference=asked.reference,
        asked_hash=asked.hash(),
        mode=key.mode,
        title=asked.title,
        text=asked.text,
        variables=asked.variables,
        asked_at=now,
    )
    if not await add_once(db, row):  # the same reference came twice at once
        known = await _known(db, key.id, asked.reference)
        return await _same(db, known, asked) if known else await send(db, key, asked, now)
    kept = await db.get_one(ApiMessage, row.id)
    news = News(MessageKind.REMINDER, kept.id, None, str(kept.id))
    message = await plans.tell_address(db, news, Reader(asked.channel, asked.address, asked.locale), now)
    kept.message_id = message.id if message else None
    kept.refusal = "" if message else "left_alone"
    return Standing(kept, message)


async def _known(db: AsyncSession, key_id: UUID, reference: str) -> ApiMessage | None:
    wanted = select(ApiMessage).where(ApiMessage.key_id == key_id, ApiMessage.reference == reference)
    return (await db.exec(wanted)).one_or_none()


async def _same(db: AsyncSession, known: ApiMessage, asked: Asked) -> Standing:
    if known.asked_hash != asked.hash():
        raise ReferenceTaken
    return Standing(known, await _message(db, known))


async def _message(db: AsyncSession, known: ApiMessage) -> Message | None:
    return await db.get(Message, known.message_id) if known.message_id else None


async def _pace(db: AsyncSession, key_id: UUID, now: datetime) -> None:
    since = now - timedelta(minutes=1)
    recent = select(func.count()).where(ApiMessage.key_id == key_id, col(ApiMessage.asked_at) > since)
    if (await db.exec(recent)).one() >= A_MINUTE:
        raise TooFast


async def status(db: AsyncSession, key: ApiKey, request_id: UUID) -> Standing | None:
    """What became of a request of this key."""
    known = await db.get(ApiMessage, request_id)
    if known is None or known.key_id != key.id:
        return None
    return Standing(known, await _message(db, known))
