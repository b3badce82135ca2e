"""Keep the daily round light"""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "meter_asset",
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.PrimaryKeyConstraint("meter_id"),
        sa.UniqueConstraint("number"),
    )
    op.create_table(
        "metering_point",
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.PrimaryKeyConstraint("meter_id"),
        sa.UniqueConstraint("code"),
    )
    op.create_index(
        "ended_tasks", "ami_task", ["ended_at"], unique=False, postgresql_where=sa.text("ended_at is not null")
    )
    op.drop_index(op.f("ix_exchange_purchase_id"), table_name="exchange")
    op.create_index("frames_of_a_purchase", "exchange", ["purchase_id", "at"], unique=False)
    op.drop_index(op.f("ix_meter_silent_after"), table_name="meter")
    op.drop_index(op.f("meters_by_balance"), table_name="meter")
    op.create_index(
        "kept_promises", "outbox", ["job", "done_at"], unique=False, postgresql_where=sa.text("done_at is not null")
    )

    op.execute("alter table meter set (fillfactor = 45)")


def downgrade() -> None:
    op.execute("alter table meter reset (fillfactor)")

    op.drop_index("kept_promises", table_name="outbox", postgresql_where=sa.text("done_at is not null"))
    op.create_index(
        op.f("meters_by_balance"),
        "meter",
        [sa.literal_column("COALESCE(balance_minor, '9223372036854775807'::bigint)"), "id"],
        unique=False,
    )
    op.create_index(op.f("ix_meter_silent_after"), "meter", ["silent_after"], unique=False)
    op.drop_index("frames_of_a_purchase", table_name="exchange")
    op.create_index(op.f("ix_exchange_purchase_id"), "exchange", ["purchase_id"], unique=False)
    op.drop_index("ended_tasks", table_name="ami_task", postgresql_where=sa.text("ended_at is not null"))
    op.drop_table("metering_point")
    op.drop_table("meter_asset")
