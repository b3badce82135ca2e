"""Proving a phone: a code by SMS, and the digits that come back (SPEC R-1; OWASP ASVS level 2, chapter 2)."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from uuid import UUID, uuid4

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat
from sqlalchemy import text
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain import masking
from app.domain.code_limits import PER_ADDRESS, PER_NUMBER, REMEMBERED, CodeTrouble, free_at, trouble_before
from app.domain.notice import MessageKind, lifetime
from app.domain.proving import address_mark, login_digits, same
from app.models import LoginCode, Message
from app.models.account import ChannelName
from app.services.drafts import Telling, draft

log = logging.getLogger(__name__)

MOST_AN_HOUR = 2000
_HOUR = timedelta(hours=1)
_LONGEST_PHONE = 40
_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtextextended(:about, 0))")


class PhoneError(ValueError):
    """What is wrong with a typed phone number. `code`: phone_empty, phone_bad."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CodesSpent(Exception):
    """Enough codes for now; `until` says when the next may be asked for. What was asked for before is still good."""

    def __init__(self, until: datetime) -> None:
        super().__init__("codes_spent")
        self.until = until


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a code: the phone it goes to (E.164), their language, and the network address, if it is counted."""

    phone: str
    locale: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What typed digits have shown: whose phone it is, or why nothing."""

    phone: str = ""
    trouble: CodeTrouble | None = None


def read_phone(typed: str, country: str) -> str:
    """A typed number as E.164; one without + is of `country`. Raises PhoneError."""
    plain = typed.strip()[:_LONGEST_PHONE]
    if not plain:
        raise PhoneError("phone_empty")
    try:
        number = phonenumbers.parse(plain, country)
    except NumberParseException as error:
        raise PhoneError("phone_bad") from error
    if not phonenumbers.is_valid_number(number):
        raise PhoneError("phone_bad")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


async def ask_code(
    db: AsyncSession, asker: Asker, secret: str, now: datetime, most_an_hour: int = MOST_AN_HOUR
) -> UUID:
    """Promise a code to a phone, known here or not; the id is for the browser that asked. Raises CodesSpent.

    Counted in the database, one request after the other, so that many processes give no more codes than one.
    `most_an_hour`: to all phones together, since every SMS costs money and numbers are easily made up.
    """
    mark = address_mark(secret, _network(asker.address)) if asker.address else ""
    for about in (*sorted(filter(None, (asker.phone, mark))), "anybody"):
        await db.execute(_ONE_AT_A_TIME, {"about": f"sign in {about}"})
    until = free_at(await _asked(db, col(LoginCode.phone) == asker.phone, now), PER_NUMBER, now)
    if mark and until is None:
        until = free_at(await _asked(db, col(LoginCode.asked_from) == mark, now), PER_ADDRESS, now)
    until = until or await _free_for_anybody(db, most_an_hour, now)
    if until is not None:
        raise CodesSpent(until)
    await db.execute(delete(LoginCode).where(col(LoginCode.expires_at) < now - REMEMBERED))
    lasts = lifetime(MessageKind.LOGIN_CODE)
    code = LoginCode(
        id=uuid4(), phone=asker.phone, locale=asker.locale, asked_from=mark, made_at=now, expires_at=now + lasts
    )
    message = _message(code)
    db.add_all([code, message])
    await db.flush()
    await outbox.promise_sending(db, message.id, now, message.importance)
    return code.id


async def _asked(db: AsyncSession, by: object, now: datetime) -> list[datetime]:
    recent = select(LoginCode.made_at).where(by, col(LoginCode.made_at) > now - REMEMBERED)  # type: ignore[arg-type]
    return list(await db.exec(recent))


async def _free_for_anybody(db: AsyncSession, most: int, now: datetime) -> datetime | None:
    """When the whole installation may send one more; None: now."""
    newest = select(LoginCode.made_at).where(col(LoginCode.made_at) > now - _HOUR)
    spent = (await db.exec(newest.order_by(col(LoginCode.made_at).desc()).offset(most - 1).limit(1))).first()
    if spent is not None:
        log.warning("all %d sign-in codes of this hour are sent; somebody may be making up numbers", most)
    return spent + _HOUR if spent is not None else None


def _network(address: str) -> str:
    """An IPv6 household has a network of addresses, and is counted as one (RFC 6177)."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False)) if found.version == 6 else address


def _message(code: LoginCode) -> Message:
    telling = Telling(MessageKind.LOGIN_CODE, code.id, str(code.id), code.phone, ChannelName.SMS, code.locale)
    message = draft(telling, code.made_at)
    message.address = code.phone
    return message


async def check_code(db: AsyncSession, code_id: UUID, typed: str, secret: str, now: datetime) -> Answer:
    """Compare typed digits with a code, which is used up by the right ones. To be committed whatever the answer."""
    code = await db.get(LoginCode, code_id, with_for_update=True)
    if code is None:
        return Answer(trouble=CodeTrouble.OLD)
    trouble = trouble_before(code.tries, used=code.used_at is not None, over=now >= code.expires_at)
    if trouble is not None:
        return Answer(trouble=trouble)
    code.tries += 1
    if not same(typed, login_digits(secret, code.id)):
        return Answer(trouble=trouble_before(code.tries, used=False, over=False) or CodeTrouble.WRONG)
    code.used_at = now
    return Answer(phone=code.phone)


async def sent_to(db: AsyncSession, code_id: UUID) -> str | None:
    """Where a code went, as much of it as tells it from others; None for an unknown one."""
    code = await db.get(LoginCode, code_id)
    return masking.phone(code.phone) if code else None
