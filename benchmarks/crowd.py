"""Many accounts, each with a meter and a telephone, written in a few statements."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.rules import NoticeRules
from app.models import Concentrator, GridNode, MeterModel, Tariff
from app.services import rulebook

_PARTS = (
    "insert into customer (id, name, address) select gen_random_uuid(), 'c' || n, '' from generate_series(1, :size) n",
    """insert into account (id, number, customer_id, tariff_id, arrears_minor)
       select gen_random_uuid(), lpad(substr(name, 2), 10, '0'), id, :tariff, 0 from customer""",
)


async def settle(db: AsyncSession, size: int, now: datetime) -> UUID:
    """Write them; return the grid node they all lie below. Quiet hours and caps are off, whatever the time is."""
    node = GridNode(id=uuid4(), kind="area", name="Lamp Street", path="")
    node.path = str(node.id)
    tariff = Tariff(id=uuid4(), name="flat", price_e4=5000)
    model = MeterModel(id=uuid4(), name="Local fee control", profile="esam")
    db.add_all([node, tariff, model])
    await db.flush()
    concentrator = Concentrator(id=uuid4(), node_id=node.id, name="Lamp Street 1", region="3201", terminal=1)
    db.add(concentrator)
    await rulebook.save(db, NoticeRules(quiet_from=None, quiet_to=None, cap_a_day=100), None, now)
    await db.flush()
    await db.execute(text("discard plans"))  # foreign keys looked up as suited a few rows would walk all of many
    for part in _PARTS:
        await db.execute(text(part), {"size": size, "tariff": tariff.id} if ":tariff" in part else {"size": size})
    await _meters(db, model.id, concentrator.id, now)
    await db.execute(
        text(
            """insert into contact (id, account_id, channel, address, locale, position)
               select gen_random_uuid(), id, 'sms', '+86138' || substr(number, 3), 'zh', 0 from account"""
        )
    )
    await db.execute(text("analyze"))
    return node.id


async def _meters(db: AsyncSession, model_id: UUID, concentrator_id: UUID, now: datetime) -> None:
    """Columns as the model's defaults have them; what a row needs is asked of the table, so that it may grow."""
    await db.execute(
        text(
            """insert into meter (id, number, address, model_id, account_id, concentrator_id, port, relay_policy,
                 overdraft_limit_minor, hoarding_limit_minor, reclose_limit_minor, purchase_count, balance_minor,
                 balance_read_at, balance_source, supply, alarm_depth)
               select gen_random_uuid(), '20' || number, '20' || number, :model, id, :concentrator, 31, 'close',
                 0, 0, 0, 0, 8000, :now, 'daily', 'on', 0 from account"""
        ),
        {"model": model_id, "concentrator": concentrator_id, "now": now},
    )
