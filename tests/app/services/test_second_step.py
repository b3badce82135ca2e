"""One-time codes and recovery codes: each opens once, none twice, and nothing in the tables opens anything."""

import pyotp
import pytest
from argon2 import PasswordHasher
from sqlmodel import select

from app.db import Begin
from app.domain.roles import Role
from app.models import Audit, RecoveryCode, Staff
from app.services import passwords, second_step, staff
from app.services.second_step import EnrolmentRefused, Proof
from app.services.staff import NewStaff
from tests.clocks import Clock

KEY = "k" * 32


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same password function with less work."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


class Holder:
    """Somebody with a device."""

    def __init__(self, begin: Begin, clock: Clock, person: Staff) -> None:
        self.begin, self.clock, self.person = begin, clock, person
        self.offered = second_step.begin_enrolment(person, "Relight", KEY)
        self.codes: tuple[str, ...] = ()

    def shows(self, drift: int = 0) -> str:
        """The digits on the device, whose clock is off by some steps."""
        return pyotp.TOTP(self.offered.secret).at(int(self.clock().timestamp()) + drift * second_step.STEP_S)

    async def enrols(self) -> None:
        async with self.begin() as db:
            answer = self.offered.sealed, self.shows()
            self.codes = await second_step.enrol(db, self.person.id, answer, KEY, self.clock())
        self.clock.forward(minutes=2)

    async def types(self, code: str, key: str = KEY) -> Proof:
        async with self.begin() as db:
            return await second_step.prove(db, self.person.id, code, key, self.clock())


@pytest.fixture
async def holder(begin: Begin, clock: Clock) -> Holder:
    async with begin() as db:
        person = await staff.create(db, NewStaff("lin", "Lin", frozenset(Role)), "correct horse battery", clock())
    made = Holder(begin, clock, person)
    await made.enrols()
    return made


@pytest.mark.parametrize("drift", [-1, 0, 1])
async def test_a_code_opens_also_when_a_clock_is_off_by_half_a_minute(holder: Holder, drift: int) -> None:
    assert (await holder.types(holder.shows(drift))).right


@pytest.mark.parametrize("drift", [-2, 2, 20])
async def test_a_code_of_another_time_opens_nothing(holder: Holder, drift: int) -> None:
    assert not (await holder.types(holder.shows(drift))).right


async def test_neither_the_same_code_nor_an_older_one_opens_twice(holder: Holder) -> None:
    code, older = holder.shows(), holder.shows(-1)
    assert (await holder.types(code)).right
    assert not (await holder.types(code)).right
    assert not (await holder.types(older)).right
    assert (await holder.types(holder.shows(1))).right


async def test_the_code_that_set_the_device_up_does_not_sign_in(holder: Holder) -> None:
    holder.clock.forward(minutes=-2)
    assert not (await holder.types(holder.shows())).right


async def test_five_wrong_codes_lock_also_the_right_one_for_five_minutes(holder: Holder) -> None:
    wrong = [await holder.types("000000") for _ in range(5)]
    assert [bool(each.locked_until) for each in wrong] == [False] * 4 + [True]
    assert not (await holder.types(holder.shows())).right
    assert not (await holder.types(holder.codes[0])).right
    holder.clock.forward(minutes=5)
    assert (await holder.types(holder.shows())).right


async def test_a_recovery_code_opens_once_however_it_is_typed(holder: Holder) -> None:
    assert len(set(holder.codes)) == 10
    assert (await holder.types(f" {holder.codes[3].lower().replace('-', ' ')} ")).right
    assert not (await holder.types(holder.codes[3])).right
    async with holder.begin() as db:
        assert await second_step.codes_left(db, holder.person.id) == 9


async def test_new_recovery_codes_end_the_old_ones(holder: Holder) -> None:
    async with holder.begin() as db:
        await second_step.renew_recovery_codes(db, holder.person.id, KEY, holder.clock())
    assert not (await holder.types(holder.codes[0])).right


async def test_nothing_in_the_tables_opens_anything(holder: Holder) -> None:
    async with holder.begin() as db:
        person = await db.get_one(Staff, holder.person.id)
        rows = [*await db.exec(select(RecoveryCode)), *await db.exec(select(Audit)), person]
    written = "".join(str(row) for row in rows)
    assert holder.offered.secret not in written
    assert not any(code.replace("-", "") in written or code in written for code in holder.codes)


async def test_a_secret_that_was_moved_to_somebody_else_or_another_installation_opens_nothing(holder: Holder) -> None:
    async with holder.begin() as db:
        thief = await staff.create(db, NewStaff("eve", "Eve", frozenset(Role)), "correct horse battery", holder.clock())
        thief.totp_sealed, thief.totp_since = (await db.get_one(Staff, holder.person.id)).totp_sealed, holder.clock()
    async with holder.begin() as db:
        assert not (await second_step.prove(db, thief.id, holder.shows(), KEY, holder.clock())).right
    assert not (await holder.types(holder.shows(), key="another" * 6)).right


@pytest.mark.parametrize(
    ("sealed", "code"), [(None, "code_wrong"), ("bm90aGluZw==", "enrolment_over"), ("é", "enrolment_over")]
)
async def test_a_device_is_not_set_up_by_a_wrong_code_or_a_made_up_secret(
    begin: Begin, clock: Clock, holder: Holder, sealed: str | None, code: str
) -> None:
    async with begin() as db:
        with pytest.raises(EnrolmentRefused) as refused:
            await second_step.enrol(db, holder.person.id, (sealed or holder.offered.sealed, "000000"), KEY, clock())
    assert refused.value.code == code


async def test_without_a_device_no_code_opens(holder: Holder) -> None:
    async with holder.begin() as db:
        await second_step.remove(db, holder.person.id, holder.person.id, holder.clock())
    assert not (await holder.types(holder.shows())).right
    assert not (await holder.types(holder.codes[0])).right
