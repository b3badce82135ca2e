"""What the utility's papers call a meter is written down once, found by the search, and stays with its place."""

from collections.abc import Mapping

from httpx2 import Response
from sqlmodel import col, select

from app.models import Audit, MeterAsset, MeteringPoint
from app.services.swaps import moving
from tests.app.web.conftest import Browser
from tests.desk import Desk

NAMED = {"code": "P-2010/3", "name": "Lamp Street 1, shop", "asset": "A.77"}


async def call(officer: Browser, number: str, names: Mapping[str, str]) -> Response:
    path = f"/console/meters/{number}/papers"
    return await officer.send(path, await officer.open(path), **names)


async def test_a_meter_is_found_by_what_the_papers_call_it(officer: Browser, desk: Desk) -> None:
    number = desk.town.esam.number
    sent = await call(officer, number, NAMED)
    assert sent.headers["location"] == f"/console/meters/{number}"
    page = (await officer.open(f"/console/meters/{number}")).text
    assert all(text in page for text in NAMED.values())
    for asked, hit in {
        "q=P-2010/3": True,
        "q=P-2010%25&by=point": True,
        "q=P-2010&by=point": False,
        "q=Lane, court&by=point": False,
        "q=Street 1&by=point": True,
        "q=A.77&by=asset": True,
        "q=A.7_&by=asset": False,
        "q=B%25,A.77&by=asset": True,
        "q=A.77&by=point": False,
    }.items():
        found = await officer.open(f"/console/devices?{asked}")
        assert (f"/console/meters/{number}" in found.text) is hit, asked


async def test_a_name_that_another_has_is_refused_and_what_was_typed_stays(officer: Browser, desk: Desk) -> None:
    first, other = desk.town.esam.number, desk.town.sts.number
    await call(officer, first, NAMED)
    for form, words in (
        (NAMED | {"asset": ""}, "Another metering point has this code already."),
        (NAMED | {"code": ""}, "Another meter has this asset number already."),
        (NAMED | {"code": "%"}, "A code has 32 letters"),
    ):
        refused = await call(officer, other, form)
        assert refused.status_code == 422
        assert words in refused.text
        assert "Lamp Street 1, shop" in refused.text
    assert first in (await call(officer, other, NAMED)).text  # whose it is
    async with desk.begin() as db:
        assert await db.get(MeteringPoint, desk.town.sts.id) is None


async def test_names_can_be_taken_back_and_each_change_is_on_record(officer: Browser, desk: Desk) -> None:
    number = desk.town.esam.number
    await call(officer, number, NAMED)
    await call(officer, number, NAMED)
    await call(officer, number, NAMED | {"asset": ""})
    async with desk.begin() as db:
        assert await db.get(MeterAsset, desk.town.esam.id) is None
        acts = list(await db.exec(select(Audit).where(Audit.act == "meter_named").order_by(col(Audit.at))))
    assert {act.detail["after"] for act in acts} == {
        "P-2010/3 · Lamp Street 1, shop · A.77",
        "P-2010/3 · Lamp Street 1, shop",
    }
    assert len(acts) == 2


async def test_the_metering_point_stays_with_its_place_and_the_asset_goes_with_its_meter(
    officer: Browser, desk: Desk
) -> None:
    old, new = desk.town.esam, desk.town.sts
    await call(officer, old.number, NAMED)
    await call(officer, new.number, {"code": "hung-early", "name": "", "asset": "B.1"})
    async with desk.begin() as db:
        await moving.redirect(db, old, new)
    async with desk.begin() as db:
        points = list(await db.exec(select(MeteringPoint)))
        assets = {row.meter_id: row.number for row in await db.exec(select(MeterAsset))}
    assert [(point.meter_id, point.code) for point in points] == [(new.id, "P-2010/3")]
    assert assets == {old.id: "A.77", new.id: "B.1"}
