"""A day of meters under remote fee control, charged and booked, beside a bare SQL pass over the same rows.

`python -m benchmarks.bench_fees [meters]` takes a minute. Each fund has two months of entries behind it. A usual day
takes nobody below a level; on the first day three thousand cross one, as where winter begins. The bare pass is what a
script would do in eight statements with one price and no rule: no set of prices looked up, no steps, no doubts, no
levels, nobody told. It is taken back, so that the product finds the same rows.
"""

import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg

from app.assembly import open_deps
from app.context import Deps
from app.demo.run import seed_database
from app.demo.site import open_site
from app.domain.clock import local_day
from app.tasks.fees import charge_days
from benchmarks.rig import dark_town
from benchmarks.table import Line, show

MANY, SHORT = 10_000, 2_000
CROSSING = 3_000
TARGET = 4
_A_DAY = timedelta(days=1)
_PAST = 60

_FILL = (
    """
    insert into account (id, number, customer_id, tariff_id, arrears_minor)
    select gen_random_uuid(), 'B' || n, (select id from customer limit 1), (select id from tariff limit 1), 0
    from generate_series(1, $1::int) as n
    """,
    """
    insert into meter (id, number, address, model_id, account_id, concentrator_id, port, relay_policy, fee_control,
        overdraft_limit_minor, hoarding_limit_minor, reclose_limit_minor, purchase_count, balance_minor,
        balance_read_at, balance_source, supply, alarm_depth, daily_use_minor)
    select gen_random_uuid(), '8' || lpad(substr(number, 2), 11, '0'), '8' || lpad(substr(number, 2), 11, '0'),
        (select id from meter_model limit 1), id, (select id from concentrator limit 1), 31, 'close', 'remote', 0, 0, 0,
        0, 0, now(), 'ledger', 'on', 0, 400
    from account where number like 'B%' and $1::int is not null
    """,
    """
    insert into fund (id, meter_id, opened_at, day, total_wh, by_tariff_wh, counted_at, carried_e5, used_wh, against)
    select gen_random_uuid(), meter.id, now() - interval '1 year', $1::date, 1000000, '[]', now(), 0, 0, ''
    from meter where fee_control = 'remote'
    """,
    """
    insert into fee_charge (id, fund_id, meter_id, first, last, from_wh, to_wh, energy_wh, amount_minor, parts,
        charged_at)
    select gen_random_uuid(), id, meter_id, day - back, day - back, 1, 2, 1, 100, '[]', now()
    from fund, generate_series(0, 6) as back where $1::date is not null
    """,
)
_BOOKS = """
    with booking as (
        insert into booking (id, kind, subject_id, booked_at)
        select gen_random_uuid(), 'charge', gen_random_uuid(), now() - make_interval(days => past)
        from generate_series(1, $2::int) as past
        returning id, booked_at
    ), entry as (
        select booking.id, meter.id as meter_id, 100 as minor from booking, meter where fee_control = 'remote'
        union all select (select id from booking limit 1), meter.id,
            -100 * $2::int - case when row_number() over (order by number) <= $1::int then 2100 else 8000 end
        from meter where fee_control = 'remote'
    )
    insert into ledger_entry (id, booking_id, ledger_account, amount_minor)
    select gen_random_uuid(), id, 'fund:' || meter_id, minor from entry
    union all select gen_random_uuid(), id, 'energy_sold', -sum(minor) from entry group by id
"""
_HELD = """
    update fund set held_minor = -booked.minor from (
        select substr(ledger_account, 6)::uuid as meter_id, sum(amount_minor) as minor
        from ledger_entry where ledger_account like 'fund:%' group by 1
    ) as booked where fund.meter_id = booked.meter_id
"""
_DAY = """
    insert into reading (id, meter_id, day, kind, value, source, read_at)
    select gen_random_uuid(), meter_id, $1, 'energy', total_wh + 8000, 'daily', $2 from fund
"""
_BARE = (
    """
    create temporary table used on commit drop as
    select gen_random_uuid() as id, gen_random_uuid() as booking_id, fund.id as fund_id, fund.meter_id, total_wh,
        value - total_wh as wh, (value - total_wh) / 20 as minor, reading.read_at
    from fund join reading on reading.meter_id = fund.meter_id and reading.day = fund.day + 1 and kind = 'energy'
    """,
    """
    insert into fee_charge (id, fund_id, meter_id, first, last, from_wh, to_wh, energy_wh, amount_minor, parts,
        charged_at)
    select used.id, fund_id, used.meter_id, day + 1, day + 1, used.total_wh, used.total_wh + wh, wh, minor, '[]', now()
    from used join fund on fund.id = fund_id
    """,
    "insert into booking (id, kind, subject_id, booked_at) select booking_id, 'charge', id, now() from used",
    """
    insert into ledger_entry (id, booking_id, ledger_account, amount_minor)
    select gen_random_uuid(), booking_id, 'fund:' || meter_id, minor from used
    union all select gen_random_uuid(), booking_id, 'energy_sold', -minor from used
    """,
    """
    update fund set day = day + 1, total_wh = fund.total_wh + wh, counted_at = read_at from used
    where fund.id = fund_id
    """,
    """
    update meter set balance_minor = balance_minor - minor, balance_read_at = read_at from used
    where meter.id = used.meter_id
    """,
    """
    insert into reading (id, meter_id, day, kind, value, source, read_at)
    select gen_random_uuid(), used.meter_id, fund.day, 'balance', balance_minor, 'ledger', now()
    from used join fund on fund.id = fund_id join meter on meter.id = used.meter_id
    on conflict (meter_id, day, kind) do update set value = excluded.value, read_at = excluded.read_at
    """,
    "set constraints all immediate",
)


@dataclass(frozen=True, slots=True)
class Passed:
    """One day: seconds of the product and of the bare pass, how many were charged and how many crossed a level."""

    product_s: float
    bare_s: float
    charged: int
    crossed: int


async def _fill(line: asyncpg.Connection, meters: int, crossing: int, day: date) -> None:
    """Meters charged up to `day`; some hold so much that the next day takes them below a level."""
    await line.execute(_FILL[0], meters)
    await line.execute(_FILL[1], meters)
    for statement in _FILL[2:]:
        await line.execute(statement, day)
    await line.execute("set session_replication_role = replica")  # the books of the past are not checked entry by entry
    await line.execute(_BOOKS, crossing, _PAST)
    await line.execute(_HELD)
    await line.execute("set session_replication_role = origin")


async def _pass(deps: Deps, line: asyncpg.Connection, day: date, now: datetime) -> Passed:
    """Have the readings of `day` charged at a moment after its end."""
    await line.execute(_DAY, day, now)
    await line.execute("vacuum analyze")
    bare_s = await _bare(line)
    await line.execute("vacuum analyze")
    begun = time.perf_counter()
    await charge_days(replace(deps, now=lambda: now))
    took = time.perf_counter() - begun
    charged = await line.fetchval("select count(*) from fee_charge where last = $1", day)
    crossed = await line.fetchval("select count(*) from alarm where opened_at >= $1", now)
    return Passed(took, bare_s, charged, crossed)


async def _bare(line: asyncpg.Connection) -> float:
    """Run and take back."""
    turn = line.transaction()
    await turn.start()
    begun = time.perf_counter()
    for statement in _BARE:
        await line.execute(statement)
    took = time.perf_counter() - begun
    await turn.rollback()
    return took


async def _measure(url: str, deps: Deps, meters: int) -> list[Line]:
    now, crossing = deps.now(), min(CROSSING, meters // 2)
    today = local_day(now, ZoneInfo(deps.settings.timezone))
    line = await asyncpg.connect(url)
    try:
        await _fill(line, meters, crossing, today - 2 * _A_DAY)
        first = await _pass(deps, line, today - _A_DAY, now)
        usual = await _pass(deps, line, today, now + _A_DAY)
    finally:
        await line.close()
    if (first.charged, first.crossed, usual.charged) != (meters, crossing, meters):
        raise RuntimeError(f"not every meter was charged, or not those crossed that should: {first}, {usual}")
    return [
        Line(
            f"a usual day of {meters:,} meters charged and booked",
            usual.product_s,
            "s",
            usual.product_s / usual.bare_s,
            target=TARGET,
            of_ratio=True,
        ),
        Line("  meters charged", meters / usual.product_s, "/s"),
        Line("  the bare SQL pass, the baseline", usual.bare_s, "s", 1.0),
        Line(f"  a day on which {crossing:,} cross a level", first.product_s, "s", first.product_s / first.bare_s),
    ]


def measure(meters: int = MANY) -> list[Line]:
    """Measure on engines of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="relight-bench-") as folder,
        open_site(Path(folder), dark_town(1, 1), throwaway=True) as site,
    ):

        async def run() -> list[Line]:
            await seed_database(site.settings, site.town)
            async with open_deps(site.settings, "bench") as deps:
                return await _measure(site.settings.database_url.replace("+asyncpg", ""), deps, meters)

        return asyncio.run(run())


if __name__ == "__main__":
    show(measure(int(sys.argv[1]) if len(sys.argv) > 1 else MANY))
