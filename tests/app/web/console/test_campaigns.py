"""A reminder from the list of customers to its end, as customer service does it (SPEC N-5)."""

import re
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select
from starlette.applications import Starlette

from app.context import Deps
from app.domain.campaign import CampaignState
from app.domain.roles import Role
from app.models import Audit, Campaign, CampaignItem, Message
from app.outbox import Job
from app.services import staff
from app.services.staff import NewStaff
from app.tasks import campaigns
from tests.app.web.conftest import Browser
from tests.app.web.console.conftest import PASSWORD, open_browser, sign_in
from tests.desk import Desk
from tests.work import worker


async def drafted(desk: Desk) -> Campaign:
    async with desk.begin() as db:
        return (await db.exec(select(Campaign).order_by(col(Campaign.made_at).desc()))).first() or pytest.fail("none")


async def poor(desk: Desk) -> None:
    async with desk.begin() as db:
        (await db.merge(desk.town.esam)).balance_minor = 300


async def reminded(officer: Browser, desk: Desk) -> UUID:
    """A draft for everybody below five units."""
    await poor(desk)
    page = await officer.open("/console/customers?to=5")
    answer = await officer.send("/console/campaigns/picks", page, act="all", back="to=5")
    assert answer.status_code == 303
    return (await drafted(desk)).id


async def upload(officer: Browser, campaign_id: UUID, data: bytes) -> int:
    page = await officer.open(f"/console/campaigns/{campaign_id}")
    token = re.search(r'name="csrf" value="([^"]+)"', page.text) or pytest.fail("no token")
    path = f"/console/campaigns/{campaign_id}/file"
    answer = await officer.client.post(path, data={"csrf": token[1]}, files={"file": ("list.csv", data, "text/csv")})
    return answer.status_code


async def test_from_a_balance_range_to_messages(officer: Browser, desk: Desk, deps: Deps) -> None:
    campaign_id = await reminded(officer, desk)
    page = await officer.open(f"/console/campaigns/{campaign_id}/confirm")
    assert "1 recipients, up to 1 messages" in page.text

    answer = await officer.send(f"/console/campaigns/{campaign_id}/start", page, recipients="1", hours="24", starts="")
    assert answer.status_code == 303
    await worker(deps, {Job.STEP_CAMPAIGN: campaigns.step_campaign})()

    async with desk.begin() as db:
        told = (await db.exec(select(Message).where(Message.campaign_id == campaign_id))).all()
        assert {message.meter_id for message in told} == {desk.town.esam.id}
        assert (await db.get_one(Campaign, campaign_id)).state == CampaignState.DONE
    page = await officer.open(f"/console/campaigns/{campaign_id}")
    assert "Anna Berg" in page.text
    assert "let it go" in page.text
    page = await officer.open(f"/console/campaigns/{campaign_id}/recipients")
    assert desk.town.esam.number in page.text
    for ending in ("csv", "xlsx"):
        assert (await officer.open(f"/console/campaigns/{campaign_id}/recipients.{ending}")).status_code == 200
    assert "Reminder" in (await officer.open("/console/campaigns")).text


async def test_ticked_rows_gather_in_one_draft(officer: Browser, desk: Desk) -> None:
    for meter in (desk.town.esam, desk.town.sts):
        page = await officer.open("/console/customers")
        await officer.send("/console/campaigns/picks", page, act="pick", pick=str(meter.id), back="")

    row = await drafted(desk)
    assert row.item_count == 2
    assert "Picked so far: 2" in (await officer.open("/console/customers")).text

    async with desk.begin() as db:
        item = (await db.exec(select(CampaignItem.id).where(CampaignItem.campaign_id == row.id))).first()
    page = await officer.open(f"/console/campaigns/{row.id}/recipients")
    await officer.send(f"/console/campaigns/{row.id}/take-out", page, pick=str(item))
    assert (await drafted(desk)).item_count == 1


async def test_words_that_cannot_be_sent_are_refused_at_their_field(officer: Browser, desk: Desk) -> None:
    campaign_id = await reminded(officer, desk)
    page = await officer.open(f"/console/campaigns/{campaign_id}")
    words = {"name": "May", "rate": "10", "ceiling": "x", "en": "Dear {{ nobody }}", "zh": "电" * 2001}

    answer = await officer.send(f"/console/campaigns/{campaign_id}/words", page, **words)

    assert answer.status_code == 422
    for said in ("Not an amount", "Nothing is known by this name", "It is too long", "At most 2000"):
        assert said in answer.text
    answer = await officer.send(
        f"/console/campaigns/{campaign_id}/words", page, name="May", rate="10", ceiling="", zh="电" * 500, en=""
    )
    assert "takes too many SMS" in answer.text
    assert "At most 6" in answer.text
    assert (await drafted(desk)).texts == {}


async def test_free_words_are_shown_as_they_will_be_read(officer: Browser, desk: Desk) -> None:
    campaign_id = await reminded(officer, desk)
    page = await officer.open(f"/console/campaigns/{campaign_id}")
    text = "Only {{ balance }} left at {{ meter }}."
    await officer.send(f"/console/campaigns/{campaign_id}/words", page, name="May", rate="5", ceiling="5", en=text)

    page = await officer.open(f"/console/campaigns/{campaign_id}")

    assert f"left at {desk.town.esam.number}." in page.text
    assert "1 SMS" in page.text


async def test_a_file_is_read_and_its_broken_lines_are_named(officer: Browser, desk: Desk) -> None:
    page = await officer.open("/console/campaigns/new")
    await officer.send("/console/campaigns/new", page, name="A list")
    row = await drafted(desk)
    good = f"meter,address\n{desk.town.esam.number},\n,13812345678\n,12\n".encode()

    assert await upload(officer, row.id, good) == 303
    page = await officer.open(f"/console/campaigns/{row.id}")
    assert "Not a telephone number" in page.text
    assert "Not a telephone number" in (await officer.open(f"/console/campaigns/{row.id}/faults.csv")).text
    async with desk.begin() as db:
        assert (await db.exec(select(Audit.subject_id).where(Audit.act == "campaign_faults_exported"))).one() == row.id
    assert await upload(officer, row.id, b"\xff\xd8\xff\xe0\x80\x00") == 422
    assert await upload(officer, row.id, b"x" * (9 * 1024 * 1024)) == 413

    page = await officer.open(f"/console/campaigns/{row.id}/confirm")
    answer = await officer.send(f"/console/campaigns/{row.id}/start", page, recipients="2", hours="24")
    assert "no accounts" in answer.text  # an address of a file needs free words


async def test_a_file_without_its_token_is_not_read(officer: Browser, desk: Desk) -> None:
    campaign_id = await reminded(officer, desk)
    files = {"file": ("list.csv", b"meter\n1\n", "text/csv")}
    path = f"/console/campaigns/{campaign_id}/file"
    assert (await officer.client.post(path, files=files)).status_code == 403
    assert (await officer.client.post(path, data={"csrf": "made-up"}, files=files)).status_code == 403


NOT_MEANT = (
    ({"recipients": "7", "hours": "24"}, "have changed since"),
    ({"recipients": "1", "hours": "0"}, "From 1 to 336"),
    ({"recipients": "1", "hours": "24", "starts": "soon"}, "not a day and a time"),
    ({"recipients": "1", "hours": "24", "starts": "2020-01-01T10:00"}, "This time is over"),
)


async def test_what_was_not_meant_does_not_begin(officer: Browser, desk: Desk) -> None:
    campaign_id = await reminded(officer, desk)
    page = await officer.open(f"/console/campaigns/{campaign_id}/confirm")
    for typed, says in NOT_MEANT:
        answer = await officer.send(f"/console/campaigns/{campaign_id}/start", page, **typed)
        assert answer.status_code == 422
        assert says in answer.text
        assert (await drafted(desk)).state == CampaignState.DRAFT


async def test_pause_go_on_and_stop(officer: Browser, desk: Desk) -> None:
    campaign_id = await reminded(officer, desk)
    page = await officer.open(f"/console/campaigns/{campaign_id}/confirm")
    await officer.send(f"/console/campaigns/{campaign_id}/start", page, recipients="1", hours="24")
    for act, state in (("pause", "paused"), ("resume", "running"), ("stop", "stopped")):
        page = await officer.open(f"/console/campaigns/{campaign_id}")
        assert (await officer.send(f"/console/campaigns/{campaign_id}/act", page, act=act)).status_code == 303
        assert (await drafted(desk)).state == state
    assert (await officer.send(f"/console/campaigns/{campaign_id}/act", page, act="stop")).status_code == 409


async def test_customer_service_cannot_silence_the_telling_of_an_outage(console: Starlette, desk: Desk) -> None:
    now = desk.clock()
    row = Campaign(id=uuid4(), name="Feeder 7", purpose="outage", kind="outage_now", state="running", made_at=now)
    async with desk.begin() as db:
        db.add(row)
        await staff.create(db, NewStaff("wei", "Wei", frozenset({Role.SERVICE})), PASSWORD, now)
    async with open_browser(console) as client:
        service = Browser(client)
        await sign_in(service, login="wei")
        page = await service.open("/console/me")
        answer = await service.send(f"/console/campaigns/{row.id}/act", page, act="stop")
    assert answer.status_code == 403
    async with desk.begin() as db:
        assert (await db.get_one(Campaign, row.id)).state == CampaignState.RUNNING
