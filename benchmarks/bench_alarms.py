"""Alarm levels of many accounts: from one new balance each to planned messages, beside a bare SQL pass over them.

`python -m benchmarks.bench_alarms [accounts]` takes some minutes for a million. Five in a hundred balances are below a
level. The bare pass is what a script would do: a few statements with two fixed figures that raise, tell each contact
and promise the sending, with no policy, no rule of the holders, no margin and no look at who is left alone. The sweep
of the product does all of that. Growth is the time a row at full size over the time a row at ten thousand.
"""

import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from app.assembly import open_deps
from app.context import Deps
from app.demo.run import seed_database
from app.demo.site import open_site
from app.tasks.alarms import sweep
from benchmarks.rig import dark_town
from benchmarks.table import Line, show

MANY, FEW = 1_000_000, 10_000
TARGET = 3

_FILL = (
    """
    insert into account (id, number, customer_id, tariff_id, arrears_minor)
    select gen_random_uuid(), 'B' || n, (select id from customer limit 1), (select id from tariff limit 1), 0
    from generate_series(1, $1::int) as n
    """,
    """
    insert into contact (id, account_id, channel, address, locale, position)
    select gen_random_uuid(), id, 'sms', '+86139' || lpad(substr(number, 2), 8, '0'), 'zh', 0
    from account where number like 'B%'
    """,
    """
    insert into meter (id, number, address, model_id, account_id, concentrator_id, port, relay_policy,
        overdraft_limit_minor, hoarding_limit_minor, reclose_limit_minor, purchase_count, balance_minor,
        balance_read_at, balance_source, supply, alarm_depth, daily_use_minor)
    select gen_random_uuid(), '8' || lpad(substr(number, 2), 11, '0'), '8' || lpad(substr(number, 2), 11, '0'),
        (select id from meter_model limit 1), id, (select id from concentrator limit 1), 31, 'close', 0, 0, 0, 0,
        case when place % 100 < 3 then 1500 when place % 100 < 5 then 300 else 8000 end, now(), 'daily', 'on', 0, 500
    from (select account.*, substr(number, 2)::int as place from account where number like 'B%') as account
    """,
    """
    insert into reading (id, meter_id, day, kind, value, source, read_at)
    select gen_random_uuid(), meter.id, current_date, 'balance', meter.balance_minor, 'daily', now()
    from meter join account on account.id = meter.account_id where account.number like 'B%'
    """,
)
_BARE = (
    """
    create temporary table crossed on commit drop as
    select gen_random_uuid() as id, meter.id as meter_id, account_id, reading.id as reading_id, value,
        case when value < 500 then 2 else 1 end as depth
    from reading join meter on meter.id = reading.meter_id
    where kind = 'balance' and day = current_date and value < 2000 and alarm_depth = 0
    """,
    """
    insert into alarm (id, meter_id, depth, tone, opened_at, reading_id, balance_minor)
    select id, meter_id, depth, case depth when 2 then 'urgent' else 'notice' end, now(), reading_id, value
    from crossed
    """,
    "update meter set alarm_depth = crossed.depth from crossed where meter.id = crossed.meter_id",
    """
    with told as (
        insert into message (id, contact_id, account_id, meter_id, kind, cause_id, dedupe_key, channel, locale, state,
            created_at, not_before, expires_at, title, body, reading_id, importance)
        select gen_random_uuid(), reader.contact_id, reader.account_id, meter_id, 'alarm_a', crossed.id,
            crossed.id || reader.medium, reader.medium, locale, 'queued', now(), now(), now() + interval '1 day', '',
            '', reading_id, 30
        from crossed join contact on contact.account_id = crossed.account_id,
        lateral (values (contact.id, null::uuid, 'sms'), (null, crossed.account_id, 'inbox'))
            as reader (contact_id, account_id, medium)
        returning id
    )
    insert into outbox (job, subject_id, due_at, created_at, attempts, importance)
    select 'send_bulk', id, now(), now(), 0, 30 from told
    """,
)


@dataclass(frozen=True, slots=True)
class Passed:
    """One size: seconds of the product and of the bare pass, and how many messages each planned to contacts."""

    accounts: int
    product_s: float
    bare_s: float
    messages: int
    bare_messages: int


async def _pass(deps: Deps, line: asyncpg.Connection, accounts: int) -> Passed:
    await line.execute("truncate alarm, message, outbox, reading, contact cascade")
    await line.execute("delete from meter")
    await line.execute("delete from account where number like 'B%'")
    await line.execute(_FILL[0], accounts)  # the others take no arguments
    for statement in _FILL[1:]:
        await line.execute(statement)
    await line.execute("vacuum analyze")
    bare_s, bare_messages = await _bare(line)
    await line.execute("vacuum analyze")
    begun = time.perf_counter()
    judged = await sweep(deps)
    return Passed(accounts, time.perf_counter() - begun, bare_s, judged.messages, bare_messages)


async def _bare(line: asyncpg.Connection) -> tuple[float, int]:
    """Run and take back, so that the product finds the same rows."""
    turn = line.transaction()
    await turn.start()
    begun = time.perf_counter()
    for statement in _BARE:
        await line.execute(statement)
    took = time.perf_counter() - begun
    count = await line.fetchval("select count(contact_id) from message")
    await turn.rollback()
    return took, count


async def _measure(url: str, deps: Deps, accounts: int) -> list[Line]:
    line = await asyncpg.connect(url)
    try:
        few, many = await _pass(deps, line, FEW), await _pass(deps, line, accounts)
    finally:
        await line.close()
    for each in (few, many):
        if each.messages != each.bare_messages:
            raise RuntimeError(f"the two passes differ: {each}")
    growth = (many.product_s / many.accounts) / (few.product_s / few.accounts)
    growth_bare = (many.bare_s / many.accounts) / (few.bare_s / few.accounts)
    name = f"alarm levels of {many.accounts:,} accounts to planned messages"
    return [
        Line(name, many.product_s, "s", many.product_s / many.bare_s, target=TARGET, of_ratio=True),
        Line("  the bare SQL pass, the baseline", many.bare_s, "s", 1.0),
        Line(f"  of {few.accounts:,} accounts", few.product_s, "s", few.product_s / few.bare_s),
        Line(f"  growth a row, {few.accounts:,} to {many.accounts:,}", growth, "times"),
        Line("  the same of the bare pass", growth_bare, "times"),
    ]


def measure(accounts: int = MANY) -> list[Line]:
    """Measure on engines of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="relight-bench-") as folder,
        open_site(Path(folder), dark_town(1, 1), throwaway=True) as site,
    ):

        async def run() -> list[Line]:
            await seed_database(site.settings, site.town)
            async with open_deps(site.settings, "bench") as deps:
                return await _measure(site.settings.database_url.replace("+asyncpg", ""), deps, accounts)

        return asyncio.run(run())


if __name__ == "__main__":
    show(measure(int(sys.argv[1]) if len(sys.argv) > 1 else MANY))
