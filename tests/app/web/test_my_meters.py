"""My meters, family, and what is nobody else's business (SPEC R-2)."""

import re
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from app.db import Begin
from app.domain.standing import Deed, Sight, Standing, judged, may_do, may_see
from app.domain.wallet import BalanceSource
from app.models import Contact, Invitation, KeptMeter, Meter, Resident
from app.services.kept_meters import standing
from app.services.readings import record_balance
from tests import build
from tests.app.web.conftest import Browser
from tests.app.web.signing import HOLDER, OTHER, signed_in
from tests.clocks import Clock

LINK = re.compile(r"http://relight\.test(/join/[\w-]+)")


async def who(begin: Begin, phone: str) -> UUID:
    async with begin() as db:
        return (await db.exec(select(Resident.id).where(Resident.phone == phone))).one()


async def invitation(browser: Browser, begin: Begin, clock: Clock, meter: Meter) -> str:
    """The path of a link that the holder has just made."""
    await signed_in(browser, begin, clock)
    page = await browser.open(f"/my/{meter.number}")
    found = LINK.search((await browser.send(f"/my/{meter.number}/invitations", page)).text)
    assert found
    return found[1]


@pytest.mark.parametrize("what", Sight)
def test_guests_and_payers_see_what_is_printed_and_no_more(what: Sight) -> None:
    assert not may_see(None, what)
    assert not may_see(Standing.PAYER, what)
    assert may_see(Standing.FAMILY, what)
    assert may_see(Standing.HOLDER, what)


@pytest.mark.parametrize("deed", Deed)
def test_only_holders_change_and_invite(deed: Deed) -> None:
    assert [s for s in (None, *Standing) if may_do(s, deed)] == [Standing.HOLDER]


def test_a_household_that_moves_out_takes_its_family_along() -> None:
    assert judged(Standing.FAMILY, is_contact=False, host_is_contact=True) is Standing.FAMILY
    assert judged(Standing.FAMILY, is_contact=False, host_is_contact=False) is Standing.PAYER
    assert judged(Standing.HOLDER, is_contact=False, host_is_contact=False) is Standing.PAYER


async def test_the_first_sign_in_finds_the_meters_of_the_household(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await signed_in(browser, begin, clock)

    async with begin() as db:
        kept = [(row.meter_id, row.standing) for row in await db.exec(select(KeptMeter))]
    assert sorted(kept, key=str) == sorted([(utility.esam.id, "holder"), (utility.sts.id, "holder")], key=str)


async def test_what_runs_out_first_stands_first(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        for meter, balance in ((utility.esam, 9000), (utility.sts, 300)):
            row = await db.get_one(Meter, meter.id, with_for_update=True)
            await record_balance(db, row, balance, BalanceSource.DAILY, clock())

    text = (await (await signed_in(browser, begin, clock)).open("/my")).text

    assert text.index("¥3.00") < text.index("¥90.00")


async def test_a_meter_is_kept_named_and_removed(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await signed_in(browser, begin, clock, OTHER)
    path = f"/my/{utility.esam.number}"
    kept = await browser.send("/my", await browser.open("/my"), number=utility.esam.number)
    await browser.send(f"{path}/nickname", await browser.open(path), nickname="  Mum's  <flat> ")
    named = await browser.open("/my")
    page = await browser.open(path)
    await browser.send(f"{path}/remove", page)

    assert kept.headers["location"] == path
    assert "Mum&#39;s &lt;flat&gt;" in named.text
    assert "you pay for it" in page.text
    assert (await browser.open(path)).status_code == 404


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("201000000010", "One of the digits"),
        ("1000000017", "account number"),
        ("", "Type the number"),
        ("abc", "digits"),
    ],
)
async def test_a_number_that_cannot_be_kept_is_said_so(
    browser: Browser, begin: Begin, clock: Clock, utility: build.Utility, typed: str, said: str
) -> None:
    await signed_in(browser, begin, clock)
    typed = utility.account.number if typed == "1000000017" else typed

    answer = await browser.send("/my", await browser.open("/my"), number=typed)

    assert answer.status_code == 422
    assert said in answer.text


async def test_a_contact_that_is_taken_off_holds_nothing_at_once(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await signed_in(browser, begin, clock)
    me = await who(begin, HOLDER)
    async with begin() as db:
        assert await standing(db, me, utility.esam.id) is Standing.HOLDER
        (await db.get_one(Contact, utility.contact.id)).address = OTHER
    async with begin() as db:
        assert await standing(db, me, utility.esam.id) is Standing.PAYER
        assert await standing(db, uuid4(), utility.esam.id) is None
    assert (await browser.open(f"/my/{utility.esam.number}/alerts")).status_code == 404


async def test_a_link_lets_one_person_in_as_family(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    link = await invitation(browser, begin, clock, utility.esam)
    own = await browser.send(link, await browser.open(link))
    await signed_in(browser, begin, clock, OTHER)
    looked = await browser.open(link)
    joined = await browser.send(link, looked)
    family = await browser.open(f"/my/{utility.esam.number}")
    await signed_in(browser, begin, clock, "+8613900000003")
    late = await browser.send(link, await browser.open("/my"))

    assert "your own invitation" in own.text
    assert joined.headers["location"] == f"/my/{utility.esam.number}"
    assert "you are family" in family.text
    assert late.status_code == 410


async def test_family_looks_and_changes_nothing(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    link = await invitation(browser, begin, clock, utility.esam)
    await signed_in(browser, begin, clock, OTHER)
    await browser.send(link, await browser.open(link))
    path = f"/my/{utility.esam.number}"

    page = await browser.open(f"{path}/alerts")
    tried = [
        await browser.send(f"{path}/{act}", page, unit="money", first="9", second="1", cycle="none", hour="1")
        for act in ("alerts", f"ways/{utility.contact.id}", "ways/mail", "invitations")
    ]

    assert page.status_code == 200
    assert [answer.status_code for answer in tried] == [403] * 4


async def test_a_link_is_over_after_a_week_or_when_taken_back(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    first, second = [await invitation(browser, begin, clock, utility.esam) for _ in range(2)]
    async with begin() as db:
        newest = (await db.exec(select(Invitation))).all()[-1]
    path = f"/my/{utility.esam.number}"
    await browser.send(f"{path}/invitations/{newest.id}/revoke", await browser.open(path))
    await signed_in(browser, begin, clock, OTHER)
    taken_back = [(await browser.open(link)).status_code for link in (first, second)]
    clock.forward(days=7)

    assert sorted(taken_back) == [200, 410]
    assert (await browser.open(first)).status_code == (await browser.open(second)).status_code == 410


async def test_a_holder_takes_family_out_again(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    link = await invitation(browser, begin, clock, utility.esam)
    await signed_in(browser, begin, clock, OTHER)
    await browser.send(link, await browser.open(link))
    async with begin() as db:
        kept = (await db.exec(select(KeptMeter).where(KeptMeter.standing == "family"))).one()
    await signed_in(browser, begin, clock)
    path = f"/my/{utility.esam.number}"

    await browser.send(f"{path}/family/{kept.id}/remove", await browser.open(path))

    async with begin() as db:
        assert await standing(db, await who(begin, OTHER), utility.esam.id) is Standing.PAYER


async def test_what_is_anothers_is_not_found(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    link = await invitation(browser, begin, clock, utility.esam)
    async with begin() as db:
        invited = (await db.exec(select(Invitation))).one()
        kept = (await db.exec(select(KeptMeter))).first()
    assert link and kept
    await signed_in(browser, begin, clock, OTHER)
    path, page = f"/my/{utility.esam.number}", await browser.open("/my")

    looked = [await browser.open(each) for each in (path, f"{path}/alerts", "/my/07000000104", "/my/x")]
    sent = [
        await browser.send(f"{path}/{act}", page)
        for act in (
            "nickname",
            "remove",
            "invitations",
            f"invitations/{invited.id}/revoke",
            f"family/{kept.id}/remove",
            "alerts",
            f"alerts/ways/{utility.contact.id}",
            "alerts/mail",
        )
    ]

    assert {answer.status_code for answer in looked + sent} == {404}


async def test_a_payer_does_not_learn_what_there_is_to_change(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await signed_in(browser, begin, clock, OTHER)
    page = await browser.open("/my")
    await browser.send("/my", page, number=utility.esam.number)
    path = f"/my/{utility.esam.number}"

    sent = [await browser.send(f"{path}/{act}", page) for act in ("invitations", "alerts", "alerts/mail")]

    assert {answer.status_code for answer in [await browser.open(f"{path}/alerts"), *sent]} == {404}


async def test_every_form_about_meters_bears_a_token_and_a_session(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    path, some = f"/my/{utility.esam.number}", uuid4()
    acts = ["nickname", "remove", "invitations", f"invitations/{some}/revoke", f"family/{some}/remove", "alerts"]
    paths = [
        "/my",
        "/join/x",
        *(f"{path}/{act}" for act in [*acts, f"ways/{some}", "ways/mail", "ways/call", "ways/wechat", "ways/hook"]),
    ]
    page = await browser.open("/sign-in")
    as_guest = [await browser.send(each, page) for each in paths]
    await signed_in(browser, begin, clock)
    without_token = [await browser.client.post(each) for each in paths]

    assert {answer.headers.get("location") for answer in as_guest} == {"/sign-in"}
    assert {answer.status_code for answer in without_token} == {403}
