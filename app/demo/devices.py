"""What staff of the demo have in hand: a scheme, a terminal that keeps money, a file, an exchange, trials."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.demo.curves import MINUTES, draw
from app.demo.told.home import Home
from app.demo.town import NEW_METER, Part, Town, area_load_w, meter_number
from app.domain.archive import Hanging, Line
from app.domain.collection import Terms
from app.domain.ledger import BookingKind, payment_booking
from app.domain.operation import OperationKind
from app.domain.payment import PaymentState
from app.domain.purchase_control import CountedIn, GroupTerms
from app.domain.swapping import SwapWay
from app.models import Concentrator, MeterModel, Payment
from app.services import groups
from app.services.archive import masters
from app.services.archive.masters import MasterWish
from app.services.collection import schemes
from app.services.commissioning import beginning as commissioning
from app.services.handhelds import making
from app.services.ledger import book
from app.services.operations.plan import Wish, plan
from app.services.operations.whom import Whom
from app.services.purchases import new_ref, open_purchase
from app.services.swaps import beginning as swaps
from app.services.swaps.beginning import NewMeter

MASTER_ADDRESS, MASTER_PORT = "999900000001", 2
GROUP, GROUP_ROUNDS = 1, (1, 2)
_ALARM_KWH = 20
_PAID_MINOR = 6_000


@dataclass(frozen=True, slots=True)
class Devices:
    """`homes` in order of place; `posts`: the concentrators that dial in. `here`: the present moment, local time."""

    town: Town
    homes: Sequence[Home]
    posts: Sequence[Concentrator]
    staff_id: UUID
    here: datetime

    @property
    def now(self) -> datetime:
        """The same moment as rows have it."""
        return self.here.astimezone(UTC)

    def with_part(self, part: Part) -> list[Home]:
        """The homes whose meters have it."""
        return [self.homes[place] for place in self.town.with_part(part)]


async def set_devices(db: AsyncSession, devices: Devices) -> None:
    """Write all of it down as staff would; what has to be done at a meter waits until the programs run."""
    await _collect(db, devices)
    for home in devices.with_part(Part.TERMINAL):
        terms = GroupTerms(GROUP, GROUP_ROUNDS, CountedIn.ENERGY, alarm=_ALARM_KWH)
        await groups.set_group(db, home.meter.id, terms, devices.staff_id, devices.now)
    for home in devices.with_part(Part.CARRIED):
        await _carry(db, devices, home)
    for home in devices.with_part(Part.EXCHANGED):
        await _exchange(db, devices, home)
    tried = tuple(home.meter.id for home in devices.with_part(Part.TRIED))
    await commissioning.begin(db, commissioning.Wish(Whom(meter_ids=tried), devices.staff_id), devices.now)


async def _collect(db: AsyncSession, devices: Devices) -> None:
    """A scheme with curves, and a master meter that the first concentrator is told of."""
    wish = schemes.Wish("日冻结与总表曲线", Terms(by_tariff=True, curve_min=MINUTES), usual=True)
    await schemes.save_scheme(db, None, wish, devices.staff_id, devices.now)
    first = devices.posts[0].id
    master = MasterWish("灯市街台区总表", Hanging(MASTER_ADDRESS, Line.RS485, MASTER_PORT))
    row = await masters.add_master(db, first, master, devices.staff_id, devices.now)
    await draw(db, row.id, area_load_w(devices.town), devices.here)
    order = Wish(OperationKind.DOWNLOAD_ARCHIVE, devices.staff_id, {"which": "missing"})
    await plan(db, order, Whom(concentrator_ids=(first,)), devices.now)


async def _carry(db: AsyncSession, devices: Devices, home: Home) -> None:
    """Somebody paid an hour ago; the meter does not answer, and a colleague is to carry it there."""
    paid_at = devices.now - timedelta(hours=1)
    paid = Payment(
        id=uuid4(),
        ref=new_ref(),
        provider="sandbox",
        meter_id=home.meter.id,
        amount_minor=_PAID_MINOR,
        currency="CNY",
        state=PaymentState.PAID,
        created_at=paid_at - timedelta(seconds=20),
        expires_at=paid_at + timedelta(minutes=30),
        paid_at=paid_at,
    )
    db.add(paid)
    await db.flush()
    await book(db, BookingKind.PAYMENT, paid.id, payment_booking(paid.provider, _PAID_MINOR), paid_at)
    await open_purchase(db, paid, _PAID_MINOR, paid_at)
    wish = making.Wish(
        OperationKind.DOWNLOAD,
        devices.staff_id,
        "徐师傅",
        devices.now + timedelta(days=2),
        Whom(meter_ids=(home.meter.id,)),
    )
    await making.make(db, wish, devices.now)


async def _exchange(db: AsyncSession, devices: Devices, home: Home) -> None:
    """The old meter is to be read a last time; what it holds is carried to the new one."""
    model = (await db.exec(select(MeterModel).where(MeterModel.profile == "esam"))).one()
    number = meter_number(NEW_METER, model.profile)
    new = NewMeter(number, number.zfill(12), model.id)
    wish = swaps.Wish(home.meter.number, new, SwapWay.CARRY, "表计到期轮换", devices.staff_id)
    await swaps.begin(db, wish, devices.now)
