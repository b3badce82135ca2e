"""The terminal of the demo: expected beside the first concentrator, as staff would expect one."""

from sqlmodel import col, select

from app.assembly import open_deps
from app.demo.site import Site
from app.models import Concentrator, Kiosk
from app.models.kiosk import KioskState
from app.services.kiosks import enrolment
from app.services.kiosks.enrolment import NewKiosk

_NAME = "灯市街 1 号箱"


async def code_for_terminal(site: Site) -> str:
    """Return the code that lets the demo's terminal in; empty where it is in already and still has its key."""
    async with open_deps(site.settings, "seed") as deps, deps.begin() as db:
        kiosk = (await db.exec(select(Kiosk).where(Kiosk.name == _NAME))).first()
        if kiosk is not None and kiosk.state != KioskState.WAITING and site.terminal_dir.exists():
            return ""
        if kiosk is not None:
            return await enrolment.expect_again(db, kiosk.id, None, deps.now())
        place = (await db.exec(select(Concentrator.id).order_by(col(Concentrator.terminal)))).first()
        if place is None:
            return ""
        _, code = await enrolment.expect(db, NewKiosk(_NAME, place, None), deps.now())
    return code
