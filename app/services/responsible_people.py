"""The persons who answer for devices: their numbers, languages and hours."""

from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID, uuid4

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain import masking
from app.i18n import locale_or_none
from app.models import Audit, ResponsiblePerson, SchemePerson
from app.services.receipt_mail import MailError, read_mail
from app.services.sign_in import PhoneError, read_phone

LONGEST_NAME = 60


class PersonError(ValueError):
    """What is wrong. `code`: person_name, phone_bad, mail_bad, person_unreachable, person_hours."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody as typed. Quiet hours are local; both or none."""

    name: str
    phone: str
    email: str
    locale: str
    quiet_from: str = ""
    quiet_to: str = ""


async def people(db: AsyncSession) -> list[tuple[ResponsiblePerson, int]]:
    """Everybody, those who work here first, with in how many schemes they are."""
    used = select(func.count()).where(col(SchemePerson.person_id) == col(ResponsiblePerson.id)).scalar_subquery()
    rows = select(ResponsiblePerson, used)
    ordered = rows.order_by(col(ResponsiblePerson.left_at).is_not(None), col(ResponsiblePerson.name))
    return [(person, count) for person, count in await db.exec(ordered)]


async def person(db: AsyncSession, person_id: UUID) -> ResponsiblePerson | None:
    """One of them."""
    return await db.get(ResponsiblePerson, person_id)


async def add(db: AsyncSession, wish: Wish, country: str, by: UUID, now: datetime) -> UUID:
    """Somebody new. Raises PersonError."""
    row = ResponsiblePerson(id=uuid4(), name="")
    _set(row, wish, country)
    db.add(row)
    db.add(Audit(staff_id=by, act="person_added", subject_id=row.id, detail={"after": _told(row)}, at=now))
    return row.id


async def change(db: AsyncSession, whom: UUID, wish: Wish, country: str, by: tuple[UUID, datetime]) -> None:
    """Other particulars. `by`: who, and when. Raises PersonError."""
    row = await db.get_one(ResponsiblePerson, whom, with_for_update=True)
    before = _told(row)
    _set(row, wish, country)
    detail: dict[str, str | int | None] = {"before": before, "after": _told(row)}
    db.add(Audit(staff_id=by[0], act="person_changed", subject_id=whom, detail=detail, at=by[1]))


async def leave(db: AsyncSession, whom: UUID, by: UUID, now: datetime) -> None:
    """Nobody tells them anything any more; their numbers are forgotten."""
    row = await db.get_one(ResponsiblePerson, whom, with_for_update=True)
    if row.left_at is not None:
        return
    row.left_at, row.phone, row.email = now, None, None
    db.add(Audit(staff_id=by, act="person_left", subject_id=whom, at=now))


def _set(row: ResponsiblePerson, wish: Wish, country: str) -> None:
    name = " ".join(wish.name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise PersonError("person_name")
    try:
        phone = read_phone(wish.phone, country) if wish.phone.strip() else None
        email = read_mail(wish.email) if wish.email.strip() else None
    except PhoneError:
        raise PersonError("phone_bad") from None
    except MailError:
        raise PersonError("mail_bad") from None
    if phone is None and email is None:
        raise PersonError("person_unreachable")
    hours = _hour(wish.quiet_from), _hour(wish.quiet_to)
    if (hours[0] is None) != (hours[1] is None):
        raise PersonError("person_hours")
    row.name, row.phone, row.email, row.locale = name, phone, email, locale_or_none(wish.locale) or "zh"
    row.quiet_from, row.quiet_to, row.left_at = *hours, None


def _hour(typed: str) -> time | None:
    try:
        return (
            time.fromisoformat(typed.strip()).replace(second=0, microsecond=0, tzinfo=None) if typed.strip() else None
        )
    except ValueError:
        raise PersonError("person_hours") from None


def _told(row: ResponsiblePerson) -> str:
    """What the log says of somebody: never the whole number, since nothing is taken out of it again."""
    ways = [masking.reach(address) for address in (row.phone, row.email) if address]
    hours = f"{row.quiet_from:%H:%M}-{row.quiet_to:%H:%M}" if row.quiet_from and row.quiet_to else ""
    return ", ".join(part for part in (row.name, *ways, row.locale, hours) if part)
