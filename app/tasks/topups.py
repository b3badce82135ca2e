"""Keeps the rules that top up by themselves (promise CHARGE_RULE), and the round that finds monthly ones."""

from zoneinfo import ZoneInfo

from app import outbox
from app.charging import charge
from app.context import Ctx, Deps
from app.domain.payment import subject_of
from app.services import topups
from app.steady import job, transaction


@job
async def charge_rule(ctx: Ctx, note_id: int) -> None:
    """Act on one rule. May run twice; a day's money is asked for once, and an answer that is lost is asked after."""
    deps = ctx["deps"]
    zone = ZoneInfo(deps.settings.timezone)
    async with deps.begin() as db:
        note = await outbox.take(db, note_id, deps.now(), deps.name)
        if note is None:
            return
        due = await topups.prepare(db, note, zone, deps.settings.currency, deps.now())
    if due is not None and due.payment.provider in (deps.providers or {}):
        await charge(deps, due.payment, due.secret, subject_of(due.meter_number))  # no transaction is open
        await transaction(deps, lambda db: topups.say_if_failed(db, due.payment.id, zone, deps.now()))
    await deps.bell.ring_quietly()


async def plan_monthly(deps: Deps) -> None:
    """Promise the monthly rules whose day has come."""
    async with deps.begin() as db:
        await topups.plan_monthly(db, ZoneInfo(deps.settings.timezone), deps.now())
    await deps.bell.ring_quietly()
