"""Orders to a concentrator that are made from the archive: which meters it is to read, and which no longer."""

from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.operation import OperationKind
from app.domain.operation_arguments import Arguments
from app.models import Concentrator
from app.ports import TerminalOrder


async def order(
    db: AsyncSession, kind: OperationKind, given: Arguments, concentrator: Concentrator
) -> TerminalOrder | None:
    """The order; None for kinds that need nothing from the archive."""
    return None
