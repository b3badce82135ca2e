"""One notifier against the bare HTTP client it sends with; and a result's way while a bulk send of 100,000 is running.

`python -m benchmarks.bench_messages` takes three minutes. The carrier (benchmarks/bare_carrier.py) answers at once and
is the same for both, so the ratio is what planning, recording and checking cost.
"""

import asyncio
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx2
from sqlalchemy import text
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from app import outbox
from app.armful import MOST
from app.assembly import open_deps
from app.context import Deps, utc_now
from app.demo.site import Site, free_port, open_site
from app.demo.town import Town
from app.domain.announcement import AnnouncementKind
from app.domain.notice import MessageKind
from app.domain.purchase import PurchaseState
from app.models import Purchase
from app.outbox import Job
from app.services import announcements
from app.services.announcements import Draft, Words
from app.services.campaigns import start_outage
from app.services.purchases import new_ref
from benchmarks import crowd
from benchmarks.bare_carrier import ACCOUNT, SENDER, TOKEN
from benchmarks.rig import running, until_listening
from benchmarks.table import Line, percentile, show
from notifier.worker import HANDS

MESSAGES, AT_ONCE = 4000, HANDS * MOST
CROWD, RESULTS, A_SECOND = 100_000, 240, 4
_LOOK_S = 0.1
_EDGE = 0.05  # of the messages at either end are not timed: workers start and stop there


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    messages: int = MESSAGES
    crowd: int = CROWD
    results: int = RESULTS


SHORT = Plan(messages=1000, crowd=5_000, results=60)


@dataclass(frozen=True, slots=True)
class Stage:
    """Engines and programs that run, and where the carrier listens."""

    site: Site
    carrier: str
    log: Path


@contextmanager
def open_stage(size: int, *programs: str) -> Iterator[Stage]:
    """A crowd of `size`, the carrier, and these programs, for the length of the block."""
    with tempfile.TemporaryDirectory(prefix="relight-bench-") as folder:
        log = Path(folder) / "programs.log"
        town = Town((), per_concentrator=1, days=1)
        with open_site(Path(folder), town, throwaway=True) as site, log.open("wb") as said:
            port = free_port()
            carrier = f"http://127.0.0.1:{port}"
            site.environment.update(_to_carrier(carrier))
            asyncio.run(_settle(site, size))
            with contextlib.ExitStack() as stack:
                stack.enter_context(running(("benchmarks.bare_carrier", str(port)), {}, said.fileno()))
                asyncio.run(until_listening("127.0.0.1", port))
                for program in programs:
                    stack.enter_context(running(("app", program), site.environment, said.fileno()))
                yield Stage(site, carrier, log)


def _to_carrier(url: str) -> dict[str, str]:
    return {
        "RELIGHT_SMS_CHANNEL": "twilio",
        "RELIGHT_TWILIO_URL": url,
        "RELIGHT_TWILIO_ACCOUNT": ACCOUNT,
        "RELIGHT_TWILIO_TOKEN": TOKEN,
        "RELIGHT_TWILIO_SENDER": SENDER,
    }


async def _settle(site: Site, size: int) -> None:
    async with open_deps(site.settings, "bench") as deps, deps.begin() as db:
        await crowd.settle(db, size, utc_now())


# one notifier, and the bare client


async def _throughput(stage: Stage, count: int) -> tuple[float, float]:
    """Messages a second: through a notifier, and posted bare."""
    async with open_deps(stage.site.settings, "bench") as deps:
        await _queue_results(deps, count)
    ours = await _rate(stage, count)
    bodies = await _taken(stage)
    await _post_bare(stage.carrier, [(to, body) for to, body, _ in bodies])
    return ours, _per_second([at for _, _, at in (await _taken(stage))[count:]])


async def _queue_results(deps: Deps, count: int) -> None:
    """Purchases that are credited and promised to be told; the office's part is done here, the notifier's is timed."""
    async with deps.begin() as db:
        await db.execute(
            text(
                """insert into purchase (id, ref, meter_id, kind, amount_minor, credit_minor, arrears_minor, sends,
                     state, created_at, credited_at, balance_after_minor)
                   select gen_random_uuid(), substr(md5(number), 1, 24), id, 'sale', 5000, 5000, 0, 1, 'credited',
                     now(), now(), 6500 + row_number() over () from meter limit :count"""
            ),
            {"count": count},
        )
        await db.execute(
            text(
                """insert into message (id, contact_id, meter_id, kind, cause_id, dedupe_key, channel, locale, state,
                     created_at, not_before, expires_at, title, body, importance)
                   select gen_random_uuid(), c.id, m.id, 'purchase_credited', p.id, 'bench:' || p.id, 'sms', 'zh',
                     'queued', now(), now(), now() + interval '1 day', '', '', 10
                   from purchase p join meter m on m.id = p.meter_id join contact c on c.account_id = m.account_id"""
            )
        )
        await db.execute(
            text(
                """insert into outbox (job, subject_id, due_at, attempts, created_at, importance)
                   select 'send_message', id, now(), 0, now(), 10 from message where dedupe_key like 'bench:%'"""
            )
        )


async def _rate(stage: Stage, count: int) -> float:
    with stage.log.open("ab") as said:
        programs = [running(("app", name), stage.site.environment, said.fileno()) for name in ("work", "notify")]
        with programs[0], programs[1]:
            await _until(stage, lambda: _has(stage, count), 300)
    return _per_second([at for _, _, at in await _taken(stage)][:count])


async def _post_bare(url: str, bodies: list[tuple[str, str]]) -> None:
    """The same library, as many at once as the notifier has hands."""
    client = Client(ACCOUNT, TOKEN, http_client=(http := AsyncTwilioHttpClient()))
    client.api.base_url = url
    waiting = iter(bodies)

    async def hand() -> None:
        for to, body in waiting:
            await client.messages.create_async(to=to, body=body, from_=SENDER, status_callback=f"{url}/status")

    try:
        await asyncio.gather(*(hand() for _ in range(AT_ONCE)))
    finally:
        await http.session.close()


def _per_second(moments: list[float]) -> float:
    edge = int(len(moments) * _EDGE)
    inner = sorted(moments)[edge : len(moments) - edge]
    return (len(inner) - 1) / (inner[-1] - inner[0])


# a result while a bulk send is running


async def _results_under_load(stage: Stage, plan: Plan) -> list[float]:
    """Seconds from the commit of a credit to the carrier's having its message."""
    async with open_deps(stage.site.settings, "bench") as deps:
        await _begin_campaign(deps)
        await _until(stage, lambda: _has(stage, 200), 120)
        meters = await _last_meters(deps, plan.results)
        begun, told = time.perf_counter(), {}
        for n, (meter_id, phone) in enumerate(meters):
            await asyncio.sleep(max(begun + n / A_SECOND - time.perf_counter(), 0))
            told[phone] = time.time()
            await _credit(deps, meter_id)
        await _until(stage, lambda: _have_come(stage, told), 60)
    came = {to: at for to, body, at in reversed(await _taken(stage)) if to in told and _is_result(body)}
    return [came[phone] - at for phone, at in told.items()]


async def _begin_campaign(deps: Deps) -> None:
    now = utc_now()
    words = Words("计划检修", "Planned work")
    told = Draft(AnnouncementKind.PLANNED, None, now + timedelta(days=1), now + timedelta(days=2), words)
    async with deps.begin() as db:
        announcement = await announcements.publish(db, told, now)
        await start_outage(db, announcement.id, "published", MessageKind.OUTAGE_PLANNED, now)
    await deps.bell.ring_quietly()


async def _last_meters(deps: Deps, count: int) -> list[tuple[UUID, str]]:
    asked = """select m.id, c.address from meter m join contact c on c.account_id = m.account_id
               order by m.number desc limit :count"""
    async with deps.begin() as db:
        return [(row.id, row.address) for row in await db.execute(text(asked), {"count": count})]


async def _credit(deps: Deps, meter_id: UUID) -> None:
    """What a front-end does when the credit has been read back: the row, the promise, the bell."""
    now = utc_now()
    purchase = Purchase(id=uuid4(), ref=new_ref(), meter_id=meter_id, amount_minor=5000, credit_minor=5000)
    purchase.state, purchase.created_at, purchase.credited_at = PurchaseState.CREDITED, now, now
    purchase.balance_after_minor = 6500
    async with deps.begin() as db:
        db.add(purchase)
        await db.flush()
        await outbox.promise(db, Job.ANNOUNCE_CREDIT, purchase.id, now)
    await deps.bell.ring_quietly()


def _is_result(body: str) -> bool:
    return "50.00" in body


async def _have_come(stage: Stage, told: dict[str, float]) -> bool:
    return len({to for to, body, _ in await _taken(stage) if to in told and _is_result(body)}) == len(told)


async def _has(stage: Stage, count: int) -> bool:
    return int(await _asked(f"{stage.carrier}/count")) >= count


async def _taken(stage: Stage) -> list[tuple[str, str, float]]:
    return [(to, body, at) for to, body, at in json.loads(await _asked(f"{stage.carrier}/taken"))]


async def _asked(url: str) -> str:
    """Without TLS: what reads its certificates takes a third of a core at ten looks a second."""
    async with httpx2.AsyncClient(verify=False) as client:
        return (await client.get(url, timeout=20)).text


async def _until(stage: Stage, fact: Callable[[], Awaitable[bool]], patience_s: float) -> None:
    """Return when it is so; TimeoutError with the log's end if it does not come."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(patience_s):
            while not await fact():  # noqa: ASYNC110  (the fact is in another process)
                await asyncio.sleep(_LOOK_S)
            return
    last = stage.log.read_text(errors="replace").splitlines()[-20:]
    raise TimeoutError("\n".join([f"not done within {patience_s:.0f} s", *last]))


def measure(plan: Plan | None = None) -> list[Line]:
    """Measure on engines of its own."""
    plan = plan or Plan()
    with open_stage(plan.messages) as stage:
        ours, bare = asyncio.run(_throughput(stage, plan.messages))
    with open_stage(plan.crowd, "work", "notify") as stage:
        took = asyncio.run(_results_under_load(stage, plan))
    name = f"a credit to its message, {plan.crowd:,} being told:"
    return [
        Line("messages through one notifier", ours, "/s", ours / bare, target=0.8, more_is_better=True, of_ratio=True),
        Line("  the same bodies by the bare client, the baseline", bare, "/s", 1.0),
        Line(f"{name} p50", percentile(took, 0.5), "s"),
        Line("  p99", percentile(took, 0.99), "s", target=2.0),
    ]


if __name__ == "__main__":
    show(measure(SHORT if "--short" in sys.argv else None))
