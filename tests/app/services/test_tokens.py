"""What a security module answers, kept: a list of tokens, the key that they lead to, the newest identifier."""

from collections.abc import Sequence
from dataclasses import replace

from sqlmodel import select

from app import outbox
from app.models import Meter, Token
from app.outbox import Job
from app.ports import IssuedToken, KeyChanged, MeterKey, SecurityCode, SecurityError
from app.services import tokens
from app.services.tokens import Wanted
from tests.desk import Desk

NEXT = MeterKey("203557", 6, 2)
CREDIT = IssuedToken("5" * 20, 6_398_221, 4, 5_000_624)


def change(*, rollover: bool) -> tuple[IssuedToken, ...]:
    """A key change set, and the credit behind it."""
    first = IssuedToken("1" * 20, None, 3, 0, 2, KeyChanged(NEXT, 255, rollover=rollover))
    rest = [IssuedToken(f"{n}" * 20, None, n, 0, 2) for n in (4, 8, 9)]
    return first, *rest, CREDIT


async def wanted(desk: Desk) -> Wanted:
    """Somebody has paid for the STS meter; its token is asked for."""
    await desk.pays(desk.town.sts)
    async with desk.begin() as db:
        due = await outbox.lease(db, desk.clock())
    (note_id,) = [handout.note_id for handout in due if handout.job is Job.ISSUE_TOKEN]
    async with desk.begin() as db:
        found = await tokens.prepare(db, note_id, desk.clock(), "test")
    assert found is not None
    return found


async def answered(desk: Desk, answer: tuple[IssuedToken, ...] | SecurityError) -> Meter:
    """The module answers; the meter as we believe it to be afterwards."""
    asked = await wanted(desk)
    async with desk.begin() as db:
        await tokens.conclude(db, asked, answer, desk.clock())
    return await desk.meter(desk.town.sts.id)


async def kept(desk: Desk) -> Sequence[Token]:
    """The tokens of the meter, as they are to be typed."""
    async with desk.begin() as db:
        return sorted(await db.exec(select(Token)), key=lambda token: token.position)


async def test_a_token_that_changes_no_key_leaves_the_meter_where_it_is(desk: Desk) -> None:
    meter = await answered(desk, (CREDIT,))
    assert (meter.sgc, meter.krn, meter.ti, meter.last_tid) == ("201457", 1, 1, CREDIT.tid)


async def test_a_key_change_is_kept_in_its_order_and_the_meter_is_known_under_its_next_key(desk: Desk) -> None:
    meter = await answered(desk, change(rollover=False))
    assert (meter.sgc, meter.krn, meter.ti, meter.last_tid) == ("203557", 6, 2, CREDIT.tid)
    assert [token.digits[0] for token in await kept(desk)] == ["1", "4", "8", "9", "5"]


async def test_identifiers_begin_anew_where_the_base_date_changes(desk: Desk) -> None:
    async with desk.begin() as db:
        (await db.get_one(Meter, desk.town.sts.id)).last_tid = 16_000_000
    early = replace(CREDIT, tid=77)
    meter = await answered(desk, (*change(rollover=True)[:-1], early))
    assert meter.last_tid == 77


async def test_a_module_that_refuses_leaves_everything_as_it_was_and_asks_a_person(desk: Desk) -> None:
    meter = await answered(desk, SecurityError(SecurityCode.KEY_EXPIRED, "ESts.VkExpired"))
    assert (meter.krn, meter.last_tid, await kept(desk)) == (1, None, [])
