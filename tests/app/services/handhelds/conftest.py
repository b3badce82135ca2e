"""Somebody at the desk who gives files out, and takes them back."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import pytest
from sqlmodel import col, select

from app import handheld_files as files
from app.domain.operation import OperationKind
from app.models import HandheldFile, HandheldLine, HandheldRow, Meter, Review
from app.outbox import Job
from app.services.handhelds import making, returning, writing
from app.services.handhelds.making import Made, Wish
from app.services.operations.whom import Whom
from app.tasks import handhelds
from headend_client.handheld import Result
from tests.desk import Desk
from tests.handheld import ZONE, results_file, walk
from tests.work import worker


@dataclass
class Counter:
    """The counter where hand-helds go out and come back."""

    desk: Desk

    async def makes(self, kind: OperationKind = OperationKind.DOWNLOAD, *meters: Meter, **more: object) -> Made:
        """Make a file for picked meters, or the whole street."""
        town = self.desk.town
        whom = Whom(meter_ids=tuple(m.id for m in meters)) if meters else Whom(node_id=town.concentrator.node_id)
        due = self.desk.clock() + timedelta(days=2)
        wish = {"kind": kind, "staff_id": self.desk.staff_id, "holder": "Zhao", "due_at": due, "whom": whom} | more
        async with self.desk.begin() as db:
            return await making.make(db, Wish(**wish), self.desk.clock())  # type: ignore[arg-type]

    async def hands_out(self, file: HandheldFile) -> bytes:
        """The file as it goes into the hand-held."""
        async with self.desk.begin() as db:
            package = await writing.hand_out(db, file.id, self.desk.staff_id, self.desk.clock())
        return files.write(package.orders, ZONE, self.desk.clock)

    async def walks(self, data: bytes) -> bytes:
        """Somebody walks to the bench meter with it, and comes back."""
        town, bench = self.desk.town, self.desk.bench
        return walk(data, dict.fromkeys((town.esam.address, town.sts.address), bench), self.desk.clock)

    async def takes(self, data: bytes | list[Result]) -> UUID:
        """A file of results is handed in."""
        raw = results_file(data) if isinstance(data, list) else data
        rows = files.read(raw)
        codes = files.codes_in(rows)
        async with self.desk.begin() as db:
            read = files.judge(rows, await returning.issued(db, codes), ZONE)
            handed = returning.Handed("BACK.DBF", sha256(raw).hexdigest(), tuple(codes), read, self.desk.staff_id)
            return (await returning.take(db, handed, self.desk.clock())).id

    async def applies(self) -> None:
        """The office makes of it what it proves."""
        await worker(self.desk.deps, {Job.APPLY_RETURN: handhelds.apply_return})()

    async def brings(self, data: bytes | list[Result]) -> list[str]:
        """Hand in and apply; return what was found, row by row."""
        return_id = await self.takes(data)
        await self.applies()
        return await self.findings(return_id)

    async def findings(self, return_id: UUID) -> list[str]:
        wanted = select(HandheldRow.finding).where(HandheldRow.return_id == return_id)
        async with self.desk.begin() as db:
            return list(await db.exec(wanted.order_by(col(HandheldRow.row))))

    async def lines(self) -> list[HandheldLine]:
        async with self.desk.begin() as db:
            return list(await db.exec(select(HandheldLine).order_by(col(HandheldLine.place))))

    async def file(self, file: HandheldFile) -> HandheldFile:
        async with self.desk.begin() as db:
            return await db.get_one(HandheldFile, file.id)

    async def asked(self) -> list[str]:
        """Why a person was asked about a hand-held, of what is still open."""
        wanted = select(Review).where(Review.kind == "handheld", col(Review.settled_at).is_(None))
        async with self.desk.begin() as db:
            return [str(each.evidence["reason"]) for each in await db.exec(wanted)]


@pytest.fixture
def counter(desk: Desk) -> Counter:
    return Counter(desk)
