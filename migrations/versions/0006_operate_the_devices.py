"""Operate the devices"""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "collection_scheme",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("usual", sa.Boolean(), nullable=False),
        sa.Column("on", sa.Boolean(), nullable=False),
        sa.Column("daily_from", sa.Time(), nullable=False),
        sa.Column("fill_days", sa.Integer(), nullable=False),
        sa.Column("money", sa.Boolean(), nullable=False),
        sa.Column("energy", sa.Boolean(), nullable=False),
        sa.Column("master_interval_min", sa.Integer(), nullable=True),
        sa.Column("scan_every_min", sa.Integer(), nullable=False),
        sa.Column("events", sa.Boolean(), nullable=False),
        sa.CheckConstraint("fill_days between 1 and 62", name="fill_days_in_range"),
        sa.CheckConstraint("master_interval_min between 1 and 60", name="master_interval_in_range"),
        sa.CheckConstraint("scan_every_min between 0 and 1440", name="scan_every_in_range"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_index(
        "one_usual_collection_scheme", "collection_scheme", ["usual"], unique=True, postgresql_where=sa.text("usual")
    )
    op.create_table(
        "operation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("subject_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("item_count", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("forced_by", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resumed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "kind in ('read_wallet', 'read_energy', 'read_live', 'read_status', 'read_frozen', 'read_limits', 'read_clock', 'read_tariffs', 'read_relay', 'set_limits', 'set_clock', 'set_tariffs', 'trip_relay', 'allow_close', 'close', 'keep_power_on', 'keep_power_off', 'download', 'send_setting', 'change_key', 'read_terminal_clock', 'set_terminal_clock', 'start_time_sync', 'stop_time_sync', 'read_archive', 'download_archive', 'delete_from_archive', 'clear_archive', 'read_running', 'set_running', 'set_master_interval', 'collect_events')",
            name="kind_known",
        ),
        sa.CheckConstraint("state in ('scheduled', 'running', 'paused', 'stopped', 'done')", name="state_known"),
        sa.CheckConstraint("item_count >= 0", name="item_count_not_negative"),
        sa.ForeignKeyConstraint(
            ["ended_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["forced_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["made_by"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_operation_made_by"), "operation", ["made_by"], unique=False)
    op.create_index("operations_by_age", "operation", ["made_at", "id"], unique=False)
    op.create_table(
        "operation_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=True),
        sa.Column("concentrator_id", sa.Uuid(), nullable=True),
        sa.Column("route_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("maybe_done", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('waiting', 'under_way', 'done', 'refused', 'unreached', 'unknown', 'left_out', 'stopped')",
            name="state_known",
        ),
        sa.CheckConstraint("(meter_id is null) <> (concentrator_id is null)", name="one_device"),
        sa.ForeignKeyConstraint(
            ["concentrator_id"],
            ["concentrator.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.ForeignKeyConstraint(
            ["operation_id"],
            ["operation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["route_id"],
            ["concentrator.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("operation_id", "place"),
    )
    op.create_index("operation_items_of_concentrator", "operation_item", ["concentrator_id", "ended_at"], unique=False)
    op.create_index("operation_items_of_meter", "operation_item", ["meter_id", "ended_at"], unique=False)
    op.create_index(
        "operation_items_under_way",
        "operation_item",
        ["operation_id", "route_id"],
        unique=False,
        postgresql_where=sa.text("state = 'under_way'"),
    )
    op.create_index(
        "operation_items_waiting",
        "operation_item",
        ["operation_id", "route_id", "place"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "terminal_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("concentrator_id", sa.Uuid(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=True),
        sa.Column("erc", sa.Integer(), nullable=False),
        sa.Column("point", sa.Integer(), nullable=True),
        sa.Column("fingerprint", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("erc between 1 and 255", name="erc_in_range"),
        sa.ForeignKeyConstraint(
            ["concentrator_id"],
            ["concentrator.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("concentrator_id", "fingerprint"),
    )
    op.create_index(op.f("ix_terminal_event_meter_id"), "terminal_event", ["meter_id"], unique=False)
    op.create_index("terminal_events_by_age", "terminal_event", ["concentrator_id", "heard_at"], unique=False)
    op.add_column("concentrator", sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False))
    op.add_column("concentrator", sa.Column("dropped", sa.JSON(), nullable=True))
    op.add_column("concentrator", sa.Column("collection_scheme_id", sa.Uuid(), nullable=True))
    op.add_column("concentrator", sa.Column("important_seen", sa.Integer(), server_default="0", nullable=False))
    op.add_column("concentrator", sa.Column("normal_seen", sa.Integer(), server_default="0", nullable=False))
    op.add_column("concentrator", sa.Column("events_asked_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        op.f("ix_concentrator_collection_scheme_id"), "concentrator", ["collection_scheme_id"], unique=False
    )
    op.create_foreign_key(
        "concentrator_collection_scheme_id_fkey", "concentrator", "collection_scheme", ["collection_scheme_id"], ["id"]
    )
    op.add_column("exchange", sa.Column("concentrator_id", sa.Uuid(), nullable=True))
    op.add_column("exchange", sa.Column("item_id", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_exchange_concentrator_id"), "exchange", ["concentrator_id"], unique=False)
    op.create_index(op.f("ix_exchange_item_id"), "exchange", ["item_id"], unique=False)
    op.create_foreign_key("exchange_concentrator_id_fkey", "exchange", "concentrator", ["concentrator_id"], ["id"])
    op.create_foreign_key("exchange_item_id_fkey", "exchange", "operation_item", ["item_id"], ["id"])
    op.add_column("front_end", sa.Column("dropped", sa.JSON(), nullable=True))
    op.add_column("meter", sa.Column("point", sa.Integer(), nullable=True))
    op.add_column("meter", sa.Column("missed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("one_meter_a_point", "meter", ["concentrator_id", "point"], unique=True)
    op.create_check_constraint("important_seen_in_range", "concentrator", "important_seen between 0 and 255")
    op.create_check_constraint("normal_seen_in_range", "concentrator", "normal_seen between 0 and 255")
    op.drop_constraint("kind_known", "device_event", type_="check")
    op.create_check_constraint(
        "kind_known",
        "device_event",
        "kind in ('concentrator_silent', 'concentrator_contested', 'terminal_fault', 'meter_silent', 'power_off', 'meter_fault', 'relay_fault', 'low_balance', 'tamper', 'clock_wrong')",
    )
    op.create_check_constraint("point_in_range", "meter", "point between 1 and 2040")
    op.drop_constraint("kind_known", "scheme_event", type_="check")
    op.create_check_constraint(
        "kind_known",
        "scheme_event",
        "kind in ('concentrator_silent', 'concentrator_contested', 'terminal_fault', 'meter_silent', 'power_off', 'meter_fault', 'relay_fault', 'low_balance', 'tamper', 'clock_wrong')",
    )


def downgrade() -> None:
    op.drop_constraint("important_seen_in_range", "concentrator", type_="check")
    op.drop_constraint("normal_seen_in_range", "concentrator", type_="check")
    op.drop_constraint("kind_known", "device_event", type_="check")
    op.create_check_constraint(
        "kind_known",
        "device_event",
        "kind in ('concentrator_silent', 'concentrator_contested', 'meter_silent', 'power_off', 'meter_fault', 'relay_fault', 'low_balance', 'tamper', 'clock_wrong')",
    )
    op.drop_constraint("point_in_range", "meter", type_="check")
    op.drop_constraint("kind_known", "scheme_event", type_="check")
    op.create_check_constraint(
        "kind_known",
        "scheme_event",
        "kind in ('concentrator_silent', 'concentrator_contested', 'meter_silent', 'power_off', 'meter_fault', 'relay_fault', 'low_balance', 'tamper', 'clock_wrong')",
    )
    op.drop_index("one_meter_a_point", table_name="meter")
    op.drop_column("meter", "missed_at")
    op.drop_column("meter", "point")
    op.drop_column("front_end", "dropped")
    op.drop_constraint("exchange_item_id_fkey", "exchange", type_="foreignkey")
    op.drop_constraint("exchange_concentrator_id_fkey", "exchange", type_="foreignkey")
    op.drop_index(op.f("ix_exchange_item_id"), table_name="exchange")
    op.drop_index(op.f("ix_exchange_concentrator_id"), table_name="exchange")
    op.drop_column("exchange", "item_id")
    op.drop_column("exchange", "concentrator_id")
    op.drop_constraint("concentrator_collection_scheme_id_fkey", "concentrator", type_="foreignkey")
    op.drop_index(op.f("ix_concentrator_collection_scheme_id"), table_name="concentrator")
    op.drop_column("concentrator", "events_asked_at")
    op.drop_column("concentrator", "normal_seen")
    op.drop_column("concentrator", "important_seen")
    op.drop_column("concentrator", "collection_scheme_id")
    op.drop_column("concentrator", "dropped")
    op.drop_column("concentrator", "enabled")
    op.drop_index("terminal_events_by_age", table_name="terminal_event")
    op.drop_index(op.f("ix_terminal_event_meter_id"), table_name="terminal_event")
    op.drop_table("terminal_event")
    op.drop_index("operation_items_waiting", table_name="operation_item", postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index(
        "operation_items_under_way", table_name="operation_item", postgresql_where=sa.text("state = 'under_way'")
    )
    op.drop_index("operation_items_of_meter", table_name="operation_item")
    op.drop_index("operation_items_of_concentrator", table_name="operation_item")
    op.drop_table("operation_item")
    op.drop_index("operations_by_age", table_name="operation")
    op.drop_index(op.f("ix_operation_made_by"), table_name="operation")
    op.drop_table("operation")
    op.drop_index("one_usual_collection_scheme", table_name="collection_scheme", postgresql_where=sa.text("usual"))
    op.drop_table("collection_scheme")
