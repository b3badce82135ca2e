"""The ways by which an account is told: which there are, how each is used, which stands in (SPEC R-7, N-3).

Nobody is called or written to who has not agreed: a number is called only if it already gets SMS or is the adder's own,
a WeChat address is the adder's own, mail asks its owner first (`mail_proofs`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from uuid import UUID, uuid4

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import LOCK, add_once
from app.domain import masking
from app.domain.hook import HookError, check_url
from app.domain.suppression import SuppressionScope
from app.models import Contact, Meter, Resident
from app.models.account import ChannelName
from app.services import suppressions

MOST_OF_A_KIND = 5


class WayError(ValueError):
    """What is wrong with a wish. `code`: mail_bad, mail_known, mail_too_many, mail_over, way_circle, way_known,
    way_too_many, call_unknown, wechat_unknown, hook_bad, hook_private."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Bar(StrEnum):
    """Why an address gets nothing although it is switched on. `ended`: its owner ended reminders. `dead`: nothing
    reaches it."""

    NONE = ""
    ENDED = "ended"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Habit:
    """How one way of reaching somebody is used. Quiet hours are local; both None: none.

    `stands_in_for`: it is used only where that one could not be reached. `results`: it hears of each purchase.
    """

    on: bool
    locale: str
    quiet_from: time | None = None
    quiet_to: time | None = None
    stands_in_for: UUID | None = None
    results: bool = True


@dataclass(frozen=True, slots=True)
class Way:
    """A contact of the account, with as much of its address as tells it from others."""

    id: UUID
    channel: ChannelName
    address: str
    habit: Habit
    bar: Bar = Bar.NONE


@dataclass(frozen=True, slots=True)
class _New:
    """A contact to be."""

    medium: ChannelName
    address: str
    locale: str
    stands_in_for: UUID | None = None


async def ways(db: AsyncSession, meter_id: UUID) -> list[Way]:
    """Every contact of the meter's account, in their order."""
    found = await contacts_of(db, meter_id)
    against = await suppressions.standing_for(db, [(c.channel, c.address) for c in found])
    return [_way(contact, against.get((contact.channel, contact.address))) for contact in found]


async def change(db: AsyncSession, meter_id: UUID, contact_id: UUID, habit: Habit, now: datetime) -> bool:
    """Use a contact so from now on; False for one that is not of this meter. Raises WayError("way_circle").

    Switched off it gets no warnings. Switched on they come again, also where its owner had ended them by a link or a
    word; an address that is dead stays so, except a program's, which its owner has mended.
    """
    known = await contacts_of(db, meter_id, lock=True)
    found = next((contact for contact in known if contact.id == contact_id), None)
    if found is None:
        return False
    if habit.stands_in_for is not None and _circles(known, contact_id, habit.stands_in_for):
        raise WayError("way_circle")
    found.stopped_at = None if habit.on else found.stopped_at or now
    found.locale, found.quiet_from, found.quiet_to = habit.locale, habit.quiet_from, habit.quiet_to
    found.stands_in_for_id, found.wants_results = habit.stands_in_for, habit.results
    if habit.on:
        await _lift(db, found, now)
    return True


async def _lift(db: AsyncSession, contact: Contact, now: datetime) -> None:
    medium = ChannelName(contact.channel)
    scopes = [SuppressionScope.REMINDERS]
    if medium is ChannelName.WEBHOOK:
        scopes.append(SuppressionScope.ALL)
    for scope in scopes:
        await suppressions.lift_address(db, medium, contact.address, scope, now)


def _circles(known: Sequence[Contact], contact_id: UUID, before: UUID) -> bool:
    """Would standing in for `before` lead back to this contact, or to one that is not there?"""
    behind = {contact.id: contact.stands_in_for_id for contact in known}
    if before not in behind:
        return True
    here: UUID | None = before
    for _ in known:
        if here == contact_id:
            return True
        here = behind.get(here) if here is not None else None
    return False


async def callable_numbers(db: AsyncSession, meter_id: UUID, resident_id: UUID) -> dict[str, str]:
    """Numbers that may be called and are not yet: a key for the form, and the masked number."""
    known, me = await contacts_of(db, meter_id), await db.get_one(Resident, resident_id)
    called = {c.address for c in known if c.channel == ChannelName.VOICE}
    texted = {str(c.id): c.address for c in known if c.channel == ChannelName.SMS}
    own = {} if me.phone is None or me.phone in texted.values() else {"own": me.phone}
    return {key: masking.phone(number) for key, number in {**texted, **own}.items() if number not in called}


async def add_call(db: AsyncSession, meter_id: UUID, resident_id: UUID, key: str, locale: str) -> None:
    """Call a number that `callable_numbers` offered; it stands in for its own SMS. Raises WayError."""
    known, me = await contacts_of(db, meter_id), await db.get_one(Resident, resident_id)
    texted = next((c for c in known if str(c.id) == key and c.channel == ChannelName.SMS), None)
    number = texted.address if texted else me.phone if key == "own" else None
    if number is None:
        raise WayError("call_unknown")
    await _add(db, meter_id, _New(ChannelName.VOICE, number, locale, texted.id if texted else None))


async def add_wechat(db: AsyncSession, meter_id: UUID, resident_id: UUID, locale: str) -> None:
    """Tell the adder in WeChat. Raises WayError: wechat_unknown for somebody whom WeChat has not named."""
    me = await db.get_one(Resident, resident_id)
    if not me.openid:
        raise WayError("wechat_unknown")
    await _add(db, meter_id, _New(ChannelName.WECHAT, me.openid, locale))


async def consented(db: AsyncSession, resident_id: UUID, now: datetime) -> None:
    """Somebody let WeChat bring them one more notice: what an earlier refusal put on the list is lifted."""
    me = await db.get_one(Resident, resident_id)
    if me.openid:
        await suppressions.lift_address(db, ChannelName.WECHAT, me.openid, SuppressionScope.REMINDERS, now)


async def add_hook(db: AsyncSession, meter_id: UUID, url: str, locale: str, *, private: bool) -> UUID:
    """Tell a program of the holder's; return the contact's id, which its secret is derived from. Raises WayError."""
    try:
        checked = check_url(url, private=private)
    except HookError as error:
        raise WayError(error.code) from None
    return await _add(db, meter_id, _New(ChannelName.WEBHOOK, checked, locale))


async def _add(db: AsyncSession, meter_id: UUID, new: _New) -> UUID:
    meter = await db.get_one(Meter, meter_id, with_for_update=LOCK)  # two at once are counted one after the other
    known = await contacts_of(db, meter_id)
    if sum(contact.channel == new.medium for contact in known) >= MOST_OF_A_KIND:
        raise WayError("way_too_many")
    row = Contact(
        id=uuid4(),
        account_id=meter.account_id,
        channel=new.medium.value,
        address=new.address,
        locale=new.locale,
        position=await next_position(db, meter_id),
        stands_in_for_id=new.stands_in_for,
    )
    if not await add_once(db, row):
        raise WayError("way_known")
    return row.id


async def next_position(db: AsyncSession, meter_id: UUID) -> int:
    """Behind every other contact."""
    return max((contact.position for contact in await contacts_of(db, meter_id)), default=-1) + 1


async def contacts_of(db: AsyncSession, meter_id: UUID, *, lock: bool = False) -> list[Contact]:
    """The contacts of the meter's account, in their order."""
    account = select(Meter.account_id).where(Meter.id == meter_id).scalar_subquery()
    rows = select(Contact).where(Contact.account_id == account).order_by(col(Contact.position), col(Contact.id))
    return list(await db.exec(rows.with_for_update() if lock else rows))


def _way(contact: Contact, against: SuppressionScope | None) -> Way:
    bar = Bar.DEAD if against is SuppressionScope.ALL else Bar.ENDED if against else Bar.NONE
    habit = Habit(
        on=contact.stopped_at is None and bar is Bar.NONE,
        locale=contact.locale,
        quiet_from=contact.quiet_from,
        quiet_to=contact.quiet_to,
        stands_in_for=contact.stands_in_for_id,
        results=contact.wants_results,
    )
    return Way(contact.id, ChannelName(contact.channel), masking.reach(contact.address), habit, bar)
