"""Finds what lost callbacks left behind: asks after each payment, and matches each day's bill."""

import logging
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from app.context import Ctx, Deps
from app.domain.payment import CHARGED, CallbackFact, Way
from app.ports import PaymentProvider, ProviderDown, ProviderRefused
from app.services import bills, inquiries, topups
from app.services.bills import Bill, Span
from app.services.inquiries import Finding, Inquiry
from app.services.payments import record_callback
from app.steady import job
from app.tasks.keeping import keep_promise

log = logging.getLogger(__name__)

BILLS_FROM = time(10)
DAYS_BACK = 7
_LINES = 1000
_CLOCKS_DIFFER = timedelta(hours=1)


@job
async def ask_provider(ctx: Ctx, note_id: int) -> None:
    """Ask what became of one payment; close it with its provider when its time is over."""
    deps = ctx["deps"]

    async def conclude(db: AsyncSession, inquiry: Inquiry, finding: Finding, now: datetime) -> None:
        await inquiries.conclude(db, inquiry, finding, now)
        await topups.say_if_failed(db, inquiry.payment_id, ZoneInfo(deps.settings.timezone), now)

    await keep_promise(deps, note_id, inquiries.prepare, partial(_find_out, deps), conclude)


async def _find_out(deps: Deps, inquiry: Inquiry) -> Finding:
    provider = (deps.providers or {}).get(inquiry.provider)
    if provider is None:
        return Finding(trouble=f"provider {inquiry.provider} is not switched on")
    try:
        if deps.now() >= inquiry.expires_at:
            end = take_back if inquiry.way in CHARGED else close_expired
            return await end(provider, inquiry.ref)
        return Finding(_told(await provider.query(inquiry.ref)))
    except (ProviderDown, ProviderRefused) as error:
        return Finding(trouble=f"{type(error).__name__}: {error}")


async def close_expired(provider: PaymentProvider, ref: str) -> Finding:
    """Query, close, query again: money that came between question and close is still money."""
    first = _told(await provider.query(ref))
    if Finding(first).final:
        return Finding(first)
    await provider.close(ref)
    return Finding((*first, *_told(await provider.query(ref))), closed=True)


async def take_back(provider: PaymentProvider, ref: str) -> Finding:
    """Query, then reverse what nobody saw paid: afterwards there was no money, or it has gone back.

    No question after it: an answer of "paid" could only be older than the reversal. What cannot be reversed any more
    goes on being asked about.
    """
    first = _told(await provider.query(ref))
    if any(fact.succeeded for fact in first):
        return Finding(first)
    await provider.reverse(ref)
    return Finding(first, closed=True)


def _told(fact: CallbackFact | None) -> tuple[CallbackFact, ...]:
    return () if fact is None else (fact,)


async def reconcile(deps: Deps) -> None:
    """Match the bills of days that are over and not matched yet, and of today so far where a bill grows with the day.

    May run at any time, and twice. A bill that is not there yet is asked for in the next round; cash has none.
    """
    for provider in (deps.providers or {}).values():
        if provider.ways == {Way.CASH}:
            continue
        for day in await _days_to_match(deps, provider):
            try:
                await match_day(deps, provider, day)
            except ProviderDown as error:
                log.info("bill of %s for %s is not to be had: %s", provider.name, day, error)
    await deps.bell.ring_quietly()


async def _days_to_match(deps: Deps, provider: PaymentProvider) -> list[date]:
    """Providers write a day's bill by ten in the morning after it; a bill that grows is there all the time."""
    here = deps.now().astimezone(ZoneInfo(deps.settings.timezone))
    grows = getattr(provider, "bill_grows", False)
    newest = 1 if grows or here.time() >= BILLS_FROM else 2
    days = [here.date() - timedelta(days=back) for back in range(DAYS_BACK, newest - 1, -1)]
    async with deps.begin() as db:
        open_days = [day for day in days if not await bills.is_closed(db, provider.name, day)]
    return [*open_days, here.date()] if grows else open_days


async def match_day(deps: Deps, provider: PaymentProvider, day: date) -> None:
    """Match one day of the utility's time zone. What we have and the bill has not is asked about when the day is over.

    Raises ProviderDown.
    """
    lines = await provider.list_day(day)
    for start in range(0, len(lines), _LINES):
        async with deps.begin() as db:
            unheard = await bills.compare(db, provider.name, lines[start : start + _LINES], deps.now())
        for line in unheard:
            log.warning("bill of %s: event %s was never told us", provider.name, line.event_id)
            async with deps.begin() as db:
                await record_callback(db, line, deps.now())
    span = _span(day, ZoneInfo(deps.settings.timezone))
    if span.until + _CLOCKS_DIFFER > deps.now():
        return
    async with deps.begin() as db:
        await bills.close_day(db, Bill(provider.name, day, span, lines), deps.now())


def _span(day: date, zone: ZoneInfo) -> Span:
    return Span(datetime.combine(day, time(), zone), datetime.combine(day + timedelta(days=1), time(), zone))
