"""Builds the rows a story needs."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.access import luhn
from app.domain.payment import PaymentState
from app.models import (
    Account,
    Concentrator,
    Contact,
    Customer,
    FrontEnd,
    GridNode,
    Meter,
    MeterModel,
    Payment,
    Tariff,
)
from app.services.purchases import new_ref

FRONT_END = "north"


@dataclass(frozen=True, slots=True)
class Utility:
    """A small utility: one street, one concentrator, one account, a meter of each kind."""

    concentrator: Concentrator
    account: Account
    contact: Contact
    esam: Meter
    sts: Meter


def numbered(body: str) -> str:
    """Add the check digit that meter and account numbers end in."""
    return body + luhn(body)


async def utility(db: AsyncSession, now: datetime, *, linked: bool = True) -> Utility:
    """Add a small utility; `linked`: its concentrator is logged in to front-end "north"."""
    front_end = FrontEnd(name=FRONT_END, started_at=now, beat_at=now)
    node = GridNode(kind="area", name="Lamp Street", path="")
    node.path = str(node.id)
    tariff = Tariff(name="flat", price_e4=5000)
    customer = Customer(name="Lin Ming", address="Lamp Street 4-502")
    db.add_all([front_end, node, tariff, customer])
    await db.flush()
    concentrator = Concentrator(node_id=node.id, name="Lamp Street 1", region="3201", terminal=1)
    concentrator.front_end = FRONT_END if linked else None
    account = Account(number=numbered("100000001"), customer_id=customer.id, tariff_id=tariff.id)
    models = MeterModel(name="Local fee control", profile="esam"), MeterModel(name="Token", profile="sts")
    db.add_all([concentrator, account, *models])
    await db.flush()
    contact = Contact(account_id=account.id, channel="sms", address="+8613800000001", locale="en")
    esam = Meter(
        number=numbered("20100000001"),
        address=numbered("20100000001"),
        model_id=models[0].id,
        account_id=account.id,
        concentrator_id=concentrator.id,
    )
    drn = numbered("0700000001")
    sts = Meter(
        number=drn,
        address="0" + drn,
        model_id=models[1].id,
        account_id=account.id,
        concentrator_id=concentrator.id,
        sgc="201457",
        krn=1,
        ti=1,
    )
    db.add_all([contact, esam, sts])
    await db.flush()
    return Utility(concentrator, account, contact, esam, sts)


async def payment(db: AsyncSession, meter: Meter, amount_minor: int, now: datetime) -> Payment:
    """Add a payment that waits for its provider's word."""
    row = Payment(
        ref=new_ref(),
        provider="sandbox",
        meter_id=meter.id,
        amount_minor=amount_minor,
        currency="CNY",
        state=PaymentState.WAITING,
        created_at=now,
        expires_at=now + timedelta(minutes=30),
    )
    db.add(row)
    await db.flush()
    return row
