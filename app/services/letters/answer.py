"""Answers to texts: balances as they are when the answer goes out, and what we do."""

from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.inbound import MOST_METERS
from app.domain.notice import MessageKind
from app.models import Message
from app.services.inbound import asked_by, meters_of
from app.services.letters.facts import AnswerFacts, AskedMeter, Facts
from app.services.letters.letter import Letter, Loader


async def _balance(db: AsyncSession, message: Message) -> Letter:
    meters = await meters_of(db, (await asked_by(db, message)).sender)
    listed = tuple(AskedMeter(m.number, m.balance_minor, m.balance_read_at) for m in meters[:MOST_METERS])
    facts = Facts("", None, None, None, answer=AnswerFacts(listed, len(meters) - len(listed)))
    return Letter(message, None, facts, holds=bool(listed))  # whoever is no contact any more is told nothing


async def _help(_: AsyncSession, message: Message) -> Letter:
    return Letter(message, None, Facts("", None, None, None, answer=AnswerFacts()), holds=True)


LOADERS: dict[MessageKind, Loader] = {MessageKind.BALANCE_ANSWER: _balance, MessageKind.HELP_ANSWER: _help}
