"""A database that is in use goes up to the newest revision and back, and nobody loses what they had."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID, uuid4

import pytest
from alembic import command
from sqlalchemy import Connection, MetaData, Table, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app import migrate

BEFORE = "0004"
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
_BLANKS: dict[type, object] = {str: "", int: 0, bool: False, datetime: NOW}
_WARNED = {"normal": "", "a": "a", "b": "ab"}
Rows = list[tuple[object, ...]]
T = TypeVar("T")


class Town:
    """Writes rows into the tables as they are; what must be there and is not named is left blank."""

    def __init__(self, connection: Connection) -> None:
        connection.execute(text("set session_replication_role = replica"))  # no meter model, no tariff: nobody asks
        self._connection, self._known = connection, MetaData()
        self._known.reflect(connection)

    def add(self, table: str, **cells: object) -> UUID:
        """Write one row; its id."""
        found = self._known.tables[table]
        row = _blank(found) | cells
        self._connection.execute(found.insert().values(row))
        return UUID(str(row["id"])) if isinstance(row.get("id"), UUID) else UUID(int=0)


def _blank(table: Table) -> dict[str, object]:
    needed = (each for each in table.columns if not each.nullable and each.server_default is None)
    return {
        each.name: uuid4() if each.type.python_type is UUID else _BLANKS.get(each.type.python_type, {})
        for each in needed
    }


def before(connection: Connection) -> None:
    """A utility of the revision before: three homes in three levels, and what came of it."""
    town = Town(connection)
    town.add("staff", login="chen", name="Chen")
    contact = uuid4()
    for place, (level, first, second) in enumerate((("normal", 2000, 500), ("a", 2000, 500), ("b", 9000, 3000))):
        account = town.add("account", number=f"10{place}")
        contact = town.add("contact", account_id=account, channel="sms", address=f"+861380000000{place}", locale="zh")
        meter = town.add(
            "meter", account_id=account, number=f"4400000000{place}", address=f"00000000000{place}", relay_policy="arm",
            supply="on", balance_source="daily", alarm_a_minor=first, alarm_b_minor=second, alarm_level=level,
        )  # fmt: skip
        for each in _WARNED[level]:
            alarm = town.add("alarm", meter_id=meter, level=each)
            town.add(
                "message", contact_id=contact, meter_id=meter, kind=f"alarm_{each}", cause_id=alarm, state="sent",
                dedupe_key=f"{alarm}", channel="sms",
            )  # fmt: skip
        town.add("alert_rule", meter_id=meter, unit="days", first=5 + place, second=2, cycle="once")
    waiting = town.add("message", contact_id=contact, kind="purchase_credited", state="queued", channel="sms")
    town.add("outbox", id=1, job="send_message", subject_id=waiting)
    town.add("review", kind="meter_refused", subject_id=waiting)
    town.add("announcement", kind="planned", state="published", until_at=NOW.replace(hour=9))


def since(connection: Connection) -> None:
    """What only the newest revision knows: other ways of telling, other kinds, other questions."""
    town = Town(connection)
    account = connection.execute(text("select id from account limit 1")).scalar_one()
    voice = town.add("contact", account_id=account, channel="voice", address="+8613800000009", locale="zh")
    called = town.add(
        "message", contact_id=voice, kind="alarm_owing", state="given_up", channel="voice", dedupe_key="1"
    )
    town.add("message", account_id=account, kind="alarm_a", state="sent", channel="inbox", dedupe_key="2")
    sms = connection.execute(text("select id from contact where channel = 'sms' limit 1")).scalar_one()
    town.add(
        "message",
        contact_id=sms,
        kind="alarm_b",
        state="replaced",
        channel="sms",
        dedupe_key="3",
        stands_in_for_id=called,
    )
    town.add("message_event", message_id=called, state="failed")
    town.add("message_attempt", message_id=called, number=1)
    town.add("outbox", id=2, job="send_bulk", subject_id=called)
    town.add("outbox", id=3, job="step_campaign", subject_id=called)
    town.add("review", kind="cut_held", subject_id=called)
    town.add("announcement", kind="temporary", state="published", until_at=NOW.replace(hour=9))
    connection.execute(
        text("update alert_rule set unit = 'percent' where ctid in (select ctid from alert_rule limit 1)")
    )
    connection.execute(text("update alert_rule set figures = '{9,8,7}' where figures[1] = 6"))


@pytest.fixture
def move(bare_database_url: str) -> Iterator[Callable[[str], None]]:
    """Bring the database to a revision."""
    with ThreadPoolExecutor(max_workers=1) as aside:  # a migration runs a loop of its own
        config = migrate.config(bare_database_url)

        def to(revision: str) -> None:
            step = command.downgrade if revision == BEFORE and moved else command.upgrade
            moved.append(revision)
            aside.submit(step, config, revision).result()

        moved: list[str] = []
        yield to


async def run(url: str, work: Callable[[Connection], T]) -> T:
    """Do `work` in one transaction of the database."""
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        found = await connection.run_sync(work)
    await engine.dispose()
    return found


def asking(words: str) -> Callable[[Connection], Rows]:
    """Work that answers a question."""
    return lambda connection: [tuple(row) for row in connection.execute(text(words))]


METERS = "select number, alarm_a_minor, alarm_b_minor, alarm_level from meter order by number"
ALARMS = "select meter_id::text, level, closed_at from alarm order by 1, 2"
MESSAGES = "select id::text, kind, state, channel from message order by 1"
RULES = "select meter_id::text, unit, first, second from alert_rule order by 1"
REST = "select job from outbox union all select kind from review union all select kind from announcement order by 1"
KEPT = (METERS, ALARMS, MESSAGES, RULES, REST, "select login from staff", "select address from contact order by 1")


async def test_what_a_utility_had_is_there_after_going_up_and_after_coming_back(
    bare_database_url: str, move: Callable[[str], None]
) -> None:
    url = bare_database_url
    move(BEFORE)
    await run(url, before)
    had = [await run(url, asking(each)) for each in KEPT]

    move("head")
    assert await run(url, asking("select alarm_depth from meter order by number")) == [(0,), (1,), (2,)]
    assert await run(url, asking("select depth, tone from alarm where closed_at is null order by 1")) == [
        (1, "notice"), (1, "notice"), (2, "urgent"),
    ]  # fmt: skip
    usual = "select value from alarm_policy_level join alarm_policy p on p.id = policy_id and usual order by depth"
    assert await run(url, asking(usual)) == [(2000,), (500,), (0,)]
    own = "select number, value from account_level join account on account.id = account_id order by depth"
    assert await run(url, asking(own)) == [("102", 9000), ("102", 3000)]
    assert await run(url, asking("select count(*) from staff_role")) == [(5,)]

    move(BEFORE)
    assert [await run(url, asking(each)) for each in KEPT] == had


async def test_going_back_leaves_out_what_was_not_known_then_and_keeps_the_rest(
    bare_database_url: str, move: Callable[[str], None]
) -> None:
    url = bare_database_url
    move(BEFORE)
    await run(url, before)
    messages = await run(url, asking(MESSAGES))
    move("head")
    await run(url, since)

    move(BEFORE)
    kept = await run(url, asking(MESSAGES))
    assert set(messages) < set(kept)
    assert {each[1:] for each in set(kept) - set(messages)} == {("alarm_b", "dropped", "sms")}
    assert await run(url, asking(REST)) == [("meter_refused",), ("planned",), ("planned",), ("send_message",)]
    assert len(await run(url, asking(RULES))) == 2
    move("head")
