"""Facts to show words with: of nobody, or of a real meter, with what only a cause knows still made up."""

from dataclasses import replace

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.access import parse_number
from app.domain.notice import MessageKind
from app.domain.template import secret
from app.i18n import Locale
from app.models import Account, Meter
from app.services.letters.facts import AnswerFacts, AskedMeter, Facts
from app.services.letters.letter import of_meter
from app.services.lookup import find_meters
from app.services.wording.samples import full


async def facts_of(db: AsyncSession, kind: MessageKind, locale: Locale, typed: str) -> Facts:
    """The facts of the meter, or of the first of the account, that a number leads to. Raises NumberError.

    Whatever opens a door stays made up: nothing of an account's own codes, tokens or links is shown to staff here.
    """
    numbers = await find_meters(db, parse_number(typed))
    meter = (await db.exec(select(Meter).where(Meter.number == numbers[0]))).one()
    account = await db.get_one(Account, meter.account_id)
    if secret(kind):
        return replace(full(kind, locale), meter_number=meter.number)
    known, made_up = of_meter(meter), full(kind, locale)
    asked = AnswerFacts((AskedMeter(meter.number, known.balance_minor, known.read_at),), 0, "")
    return replace(
        made_up,
        meter_number=meter.number,
        balance_minor=known.balance_minor,
        read_at=known.read_at,
        days_left=known.days_left,
        supply=known.supply,
        arrears_minor=account.arrears_minor,
        answer=asked if made_up.answer else None,
    )
