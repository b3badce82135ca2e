"""The inbox of a meter, on the portal and at the terminal (SPEC N-3)."""

from datetime import timedelta
from uuid import UUID, uuid4

from app.db import Begin
from app.domain.notice import MessageKind, MessageState
from app.models import Message
from app.models.account import ChannelName
from app.services import inbox
from tests import build
from tests.app.web.conftest import Browser
from tests.app.web.signing import OTHER, signed_in
from tests.clocks import Clock


async def post(
    begin: Begin, utility: build.Utility, clock: Clock, body: str, kind: MessageKind = MessageKind.ALARM_A
) -> UUID:
    row = Message(
        id=uuid4(),
        account_id=utility.account.id,
        meter_id=utility.esam.id,
        kind=kind,
        cause_id=uuid4(),
        dedupe_key=str(uuid4()),
        channel=ChannelName.INBOX,
        locale="zh",
        state=MessageState.DELIVERED,
        title="余额不足",
        body=body,
        created_at=clock(),
        not_before=clock(),
        expires_at=clock() + timedelta(hours=24),
    )
    async with begin() as db:
        db.add(row)
    return row.id


async def test_what_is_new_is_counted_until_somebody_inside_has_opened_it(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await signed_in(browser, begin, clock)
    message_id = await post(begin, utility, clock, "电表余额 ¥5.00")
    here = f"/my/{utility.esam.number}"
    assert "One new message" in (await browser.open("/my")).text
    assert "1 new" in (await browser.open(here)).text

    opened = await browser.open(f"{here}/inbox")
    again = await browser.open(f"{here}/inbox")

    assert "电表余额 ¥5.00" in opened.text
    assert ("inbox__new" in opened.text, "inbox__new" in again.text) == (True, False)
    assert "1 new" not in (await browser.open(here)).text
    async with begin() as db:
        assert (await db.get_one(Message, message_id)).read_at == clock()


async def test_who_only_pays_for_a_meter_does_not_read_what_it_was_told(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await signed_in(browser, begin, clock, OTHER)
    await post(begin, utility, clock, "电表余额 ¥5.00")
    page = await browser.open("/my")
    await browser.send("/my", page, number=utility.esam.number)
    assert (await browser.open(f"/my/{utility.esam.number}/inbox")).status_code == 404
    assert "new message" not in (await browser.open("/my")).text


async def test_a_terminal_shows_warnings_and_results_without_links_and_nothing_that_staff_wrote_freely(
    begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await post(begin, utility, clock, "余额 ¥5.00 https://relight.test/p/secret 请购电")
    await post(begin, utility, clock, "林先生，请来营业厅", MessageKind.REMINDER)
    for _ in range(9):
        await post(begin, utility, clock, "已到账", MessageKind.PURCHASE_CREDITED)
    async with begin() as db:
        shown = await inbox.at_terminal(db, [utility.esam.id, utility.sts.id], clock())
        later = await inbox.at_terminal(db, [utility.esam.id], clock() + timedelta(days=15))
    assert len(shown) == 5
    assert {each.meter for each in shown} == {utility.esam.number}
    assert all("http" not in each.text and "林" not in each.text for each in shown)
    assert later == []


async def test_a_link_is_left_out_of_what_a_terminal_shows(begin: Begin, utility: build.Utility, clock: Clock) -> None:
    await post(begin, utility, clock, "余额 ¥5.00 https://relight.test/p/secret 请购电")
    async with begin() as db:
        (shown,) = await inbox.at_terminal(db, [utility.esam.id], clock())
    assert shown.text == "余额 ¥5.00 请购电"


async def test_words_that_only_lead_to_a_spent_link_go_with_it(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await signed_in(browser, begin, clock)
    await post(begin, utility, clock, "Overdrawn at 2 Mar 04:00.\nPlease pay: https://relight.test/p/••••••••")
    page = await browser.open(f"/my/{utility.esam.number}/inbox")
    assert "Overdrawn at 2 Mar 04:00." in page.text
    assert "Please pay:" not in page.text
