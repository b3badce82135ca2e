"""Reach every meter"""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "concentrator",
        sa.Column("driver", sqlmodel.sql.sqltypes.AutoString(), server_default="gdw1376", nullable=False),
    )


def downgrade() -> None:

    op.drop_column("concentrator", "driver")
