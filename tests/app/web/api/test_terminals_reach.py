"""How far a terminal reaches: its own box, for as long as staff let it, and never a step further (SPEC K-6)."""

import pytest
from sqlmodel import select
from starlette.applications import Starlette
from starlette.requests import Request

from app.db import Begin
from app.domain.receipt import receipt_number
from app.models import Concentrator, Kiosk, KioskEvent, Meter, Note, Receipt
from app.models.kiosk import KioskState
from app.outbox import Job
from app.services.kiosks import enrolment
from app.services.kiosks.entry import Revoked
from app.web.api.kiosk import device
from app.web.api.kiosk.door import Answer, Call
from tests import build
from tests.app.web import stories
from tests.clocks import Clock
from tests.terminal import Terminal


async def hang_elsewhere(begin: Begin, meter: Meter) -> None:
    """Let the meter hang at another box from now on."""
    async with begin() as db:
        here = await db.get_one(Concentrator, meter.concentrator_id)
        other = Concentrator(node_id=here.node_id, name="Lamp Street 2", region=here.region, terminal=2)
        db.add(other)
        await db.flush()
        (await db.get_one(Meter, meter.id)).concentrator_id = other.id


@pytest.mark.parametrize(("act", "body"), [(device.beat, b'{"health": {}}'), (device.record, b'{"entries": []}')])
async def test_a_request_on_its_way_does_not_undo_a_revocation(
    act: Answer, body: bytes, terminal: Terminal, web: Starlette, begin: Begin, clock: Clock
) -> None:
    async with begin() as db:
        let_in = (await db.exec(select(Kiosk))).one()
    async with begin() as db:
        await enrolment.move(db, let_in.id, KioskState.REVOKED, None, clock())

    with pytest.raises(Revoked):
        await act(
            Call(Request({"type": "http", "method": "POST", "path": "/", "headers": [], "app": web}), let_in, body)
        )

    async with begin() as db:
        kiosk = (await db.exec(select(Kiosk))).one()
    assert (kiosk.state, kiosk.public_key) == (KioskState.REVOKED, None)


async def test_a_receipt_is_printed_again_at_the_box_of_its_meter_only(
    terminal: Terminal, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.sts, 5000, clock())
        number = receipt_number(clock().date(), purchase.ref)
        db.add(Receipt(purchase_id=purchase.id, number=number, issued_at=clock()))
    assert (await terminal.get(f"/slips/by-receipt/{number}")).json()["amount_minor"] == 5000

    await hang_elsewhere(begin, utility.sts)

    refused = await terminal.get(f"/slips/by-receipt/{number}")
    assert (refused.status_code, refused.json()) == (404, {"code": "not_found"})


async def test_what_a_terminal_tells_of_other_boxes_is_kept_and_moves_nothing(
    terminal: Terminal, begin: Begin, utility: build.Utility
) -> None:
    await hang_elsewhere(begin, utility.esam)
    at = "2026-03-02T08:59:00+08:00"

    told = await terminal.tell(
        {"entry": 1, "kind": "relay_closed", "meter": utility.esam.number, "happened_at": at, "body": {}}
    )

    assert told.json() == {"accepted_to": 1}
    async with begin() as db:
        assert (await db.exec(select(KioskEvent.meter_id))).one() is None
        assert (await db.exec(select(Note).where(Note.job == Job.READ_BALANCE))).all() == []
