"""The link in a mail that ends reminders (RFC 8058; SPEC R-7)."""

from datetime import timedelta
from uuid import uuid4

import pytest

from app.db import Begin
from app.domain.notice import MessageKind
from app.domain.proving import stop_word
from app.domain.suppression import SuppressionScope
from app.models import Message
from app.models.account import ChannelName
from app.services import suppressions
from tests.app.web.conftest import Browser
from tests.app.web.world import make_settings
from tests.clocks import Clock

SECRET = make_settings().session_secret.get_secret_value()
LIN = "lin@example.com"


@pytest.fixture
async def link(begin: Begin, clock: Clock) -> str:
    row = Message(
        id=uuid4(),
        kind=MessageKind.ALARM_A,
        cause_id=uuid4(),
        dedupe_key=str(uuid4()),
        channel=ChannelName.EMAIL,
        locale="zh",
        address=LIN,
        created_at=clock(),
        not_before=clock(),
        expires_at=clock() + timedelta(hours=24),
    )
    async with begin() as db:
        db.add(row)
    return f"/u/{row.id}/{stop_word(SECRET, row.id)}"


async def standing(begin: Begin) -> SuppressionScope | None:
    async with begin() as db:
        return await suppressions.standing(db, "email", LIN)


async def test_a_mailbox_ends_reminders_with_one_post_and_nothing_else(
    browser: Browser, begin: Begin, link: str
) -> None:
    one_click = {"List-Unsubscribe": "One-Click"}
    for _ in range(2):
        answer = await browser.client.post(link, data=one_click, headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 200
        browser.client.cookies.clear()
    assert await standing(begin) is SuppressionScope.REMINDERS


async def test_looking_ends_nothing_and_the_button_does_and_can_be_taken_back(
    browser: Browser, begin: Begin, link: str
) -> None:
    looked = await browser.open(link)
    assert await standing(begin) is None
    assert "停止邮件提醒" in looked.text  # the language of the mail, whatever the browser asks for
    assert LIN not in looked.text

    stopped = await browser.send(link, looked)
    assert await standing(begin) is SuppressionScope.REMINDERS
    again = await browser.send(f"{link}/again", stopped)

    assert again.headers["location"] == link
    assert await standing(begin) is None


async def test_a_guessed_word_is_not_found_and_no_other_address_is_open(
    browser: Browser, begin: Begin, link: str
) -> None:
    forged = f"/u/{uuid4()}/{link.rpartition('/')[2]}"
    assert (await browser.open(forged)).status_code == 404
    assert (await browser.client.post(forged)).status_code == 404
    assert (await browser.client.post(f"{link}/again")).status_code == 403
    assert (await browser.client.post(f"{link}/x/y")).status_code == 403
    assert await standing(begin) is None
