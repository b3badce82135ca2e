"""Who may come in, and who may not any more."""

import asyncio
from threading import BoundedSemaphore

import pytest
from argon2 import PasswordHasher
from sqlmodel import col, select

from app.db import Begin
from app.domain.roles import Role
from app.models import Audit, SignInTries, Staff, StaffSession
from app.services import passwords, staff, staff_sessions
from app.services.staff import Attempt, NewStaff, StaffError
from app.services.tries import FREE_TRIES, SignInLocked
from tests.clocks import Clock

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same function with less work: what is tested here is not how strong it is."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
async def officer(begin: Begin, clock: Clock) -> Staff:
    async with begin() as db:
        return await staff.create(db, NewStaff("Lin.Ming", "Lin Ming", frozenset(Role)), PASSWORD, clock())


async def attempt(begin: Begin, clock: Clock, login: str, password: str) -> str | None:
    """Try to sign in as the web does; return the secret of the session, or None."""
    async with begin() as db:
        begun = await staff.begin_sign_in(db, login, clock())
    right = await passwords.matches(password, begun.password_hash)
    async with begin() as db:
        if right:
            return await staff_sessions.open_session(db, begun, "", clock(), proved=True)
        await staff.note_failure(db, begun, clock())
    return None


async def signed_in(begin: Begin, clock: Clock, login: str) -> str:
    secret = await attempt(begin, clock, login, PASSWORD)
    assert secret is not None
    return secret


async def acts(begin: Begin) -> list[str]:
    async with begin() as db:
        return [row.act for row in await db.exec(select(Audit).order_by(col(Audit.at)))]


async def test_the_right_password_opens_a_session_whatever_the_case_of_the_login(
    begin: Begin, clock: Clock, officer: Staff
) -> None:
    secret = await signed_in(begin, clock, " lin.MING ")
    async with begin() as db:
        found = await staff_sessions.officer_of(db, secret, clock())
    assert found is not None
    assert (found.id, found.name) == (officer.id, "Lin Ming")


async def test_neither_the_secret_nor_the_password_is_kept(begin: Begin, clock: Clock, officer: Staff) -> None:
    secret = await signed_in(begin, clock, "lin.ming")
    async with begin() as db:
        (session,) = list(await db.exec(select(StaffSession)))
        (person,) = list(await db.exec(select(Staff)))
    assert secret not in session.secret_hash
    assert person.password_hash.startswith("$argon2id$")


@pytest.mark.parametrize("login", ["lin.ming", "nobody"])
async def test_five_wrong_passwords_lock_for_five_minutes_whether_or_not_the_login_exists(
    begin: Begin, clock: Clock, officer: Staff, login: str
) -> None:
    for _ in range(5):
        assert await attempt(begin, clock, login, "wrong") is None
    with pytest.raises(SignInLocked) as locked:
        await attempt(begin, clock, login, PASSWORD)
    assert locked.value.until == clock.forward(minutes=5)

    opened = await attempt(begin, clock, login, PASSWORD)
    assert bool(opened) == (login == "lin.ming")
    assert (await acts(begin))[1:6] == ["sign_in_failed"] * 4 + ["sign_in_locked"]


async def test_many_tries_at_once_get_no_more_than_five(begin: Begin, clock: Clock, officer: Staff) -> None:
    async def begun() -> bool:
        try:
            async with begin() as db:
                await staff.begin_sign_in(db, "lin.ming", clock())
        except SignInLocked:
            return False
        return True

    assert sum(await asyncio.gather(*(begun() for _ in range(12)))) == FREE_TRIES


async def test_a_right_password_forgets_the_wrong_ones(begin: Begin, clock: Clock, officer: Staff) -> None:
    for _ in range(3):
        for _ in range(4):
            await attempt(begin, clock, "lin.ming", "wrong")
        assert await attempt(begin, clock, "lin.ming", PASSWORD)
    async with begin() as db:
        assert list(await db.exec(select(SignInTries))) == []


async def test_a_typed_login_is_not_written_down(begin: Begin, clock: Clock, officer: Staff) -> None:
    await attempt(begin, clock, "my-secret-password", "oops")
    async with begin() as db:
        written = [*await db.exec(select(Audit)), *await db.exec(select(SignInTries))]
    assert "my-secret" not in "".join(str(row) for row in written)


async def test_nobody_has_a_hash_that_any_password_matches() -> None:
    assert not await passwords.matches("", None)


async def test_a_damaged_hash_lets_nobody_in() -> None:
    assert not await passwords.matches("x", "not a hash")


async def test_too_many_at_the_same_moment_are_told_so_instead_of_waiting_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(passwords, "_PLACES", BoundedSemaphore(1))
    first = asyncio.ensure_future(passwords.hashed("one"))
    await asyncio.sleep(0)
    with pytest.raises(passwords.TooBusy):
        await passwords.hashed("two")
    await first


async def test_a_session_ends_after_an_hour_without_a_click(begin: Begin, clock: Clock, officer: Staff) -> None:
    secret = await signed_in(begin, clock, "lin.ming")
    for _ in range(3):
        clock.forward(minutes=50)
        async with begin() as db:
            assert await staff_sessions.officer_of(db, secret, clock())
    clock.forward(minutes=61)
    async with begin() as db:
        assert await staff_sessions.officer_of(db, secret, clock()) is None


async def test_a_session_ends_after_a_long_day_whatever_is_clicked(begin: Begin, clock: Clock, officer: Staff) -> None:
    secret = await signed_in(begin, clock, "lin.ming")
    seen = []
    for _ in range(20):
        clock.forward(minutes=45)
        async with begin() as db:
            seen.append(await staff_sessions.officer_of(db, secret, clock()) is not None)
    assert seen == [True] * 15 + [False] * 5


async def test_signing_in_again_kills_the_session_that_the_browser_came_with(
    begin: Begin, clock: Clock, officer: Staff
) -> None:
    old = await signed_in(begin, clock, "lin.ming")
    async with begin() as db:
        begun = await staff.begin_sign_in(db, "lin.ming", clock())
        new = await staff_sessions.open_session(db, begun, old, clock(), proved=True)
    async with begin() as db:
        assert await staff_sessions.officer_of(db, old, clock()) is None
        assert await staff_sessions.officer_of(db, new, clock())


async def test_signing_out_ends_one_session_and_no_other(begin: Begin, clock: Clock, officer: Staff) -> None:
    first, second = [await signed_in(begin, clock, "lin.ming") for _ in range(2)]
    async with begin() as db:
        await staff_sessions.close_session(db, first, clock())
        await staff_sessions.close_session(db, "never opened anything", clock())
    async with begin() as db:
        assert await staff_sessions.officer_of(db, first, clock()) is None
        assert await staff_sessions.officer_of(db, second, clock())
    assert (await acts(begin)).count("signed_out") == 1


async def test_nobody_can_be_signed_in_without_being_somebody(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        with pytest.raises(ValueError, match="nobody"):
            await staff_sessions.open_session(db, Attempt("x", 1, None), "", clock(), proved=True)


@pytest.mark.parametrize(
    ("login", "name", "password", "code"),
    [
        ("", "A", PASSWORD, "login_bad"),
        ("a b", "A", PASSWORD, "login_bad"),
        ("a" * 65, "A", PASSWORD, "login_bad"),
        ("anna", " ", PASSWORD, "name_missing"),
        ("anna", "Anna", "short", "password_short"),
        ("anna", "Anna", "x" * 257, "password_long"),
        ("LIN.ming", "Anna", PASSWORD, "login_taken"),
    ],
)
async def test_a_bad_entry_is_refused_with_its_reason(
    begin: Begin, clock: Clock, officer: Staff, login: str, name: str, password: str, code: str
) -> None:
    async with begin() as db:
        with pytest.raises(StaffError) as refused:
            await staff.create(db, NewStaff(login, name, frozenset()), password, clock())
    assert refused.value.code == code
