"""The items of an operation on very many devices, written down step by step before it begins.

The request that asks for it has counted them; by the step some may have gone and others come. Each step is one short
transaction, goes on behind the last item that is there, and may be killed anywhere.
"""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.operation import OperationState, starts_as
from app.domain.operation_arguments import FORCE
from app.models import Operation
from app.services.operations.enlisting import AT_ONCE, MOST_ITEMS, add_items, behind_last
from app.services.operations.whom import whom_of

STATEMENTS = 4  # of AT_ONCE items each, in one step: a second or two


async def go_on(db: AsyncSession, row: Operation, now: datetime) -> bool:
    """Write the next items of a locked operation down; True: all are there, and it may begin, or waits for a person."""
    whom, behind = whom_of(row.whom or {}), await behind_last(db, row)
    for _ in range(STATEMENTS):
        added = await add_items(db, row, whom, behind)
        if added < AT_ONCE or behind.place + added >= MOST_ITEMS:
            _end(row, behind.place + added, now)
            return True
        behind = await behind_last(db, row)
    return False


async def cut_short(db: AsyncSession, row: Operation) -> None:
    """It is stopped: what is there is all there will be."""
    if row.whom is not None:
        count = (await behind_last(db, row)).place
        row.whom, row.item_count, row.subject_name = None, count, str(count)


def _end(row: Operation, count: int, now: datetime) -> None:
    row.whom, row.item_count, row.subject_name = None, count, str(count)
    row.state = OperationState.PAUSED if FORCE in row.arguments else starts_as(row.starts_at, now)
