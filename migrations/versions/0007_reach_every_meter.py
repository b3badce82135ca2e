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
    op.create_table(
        "ami_head_end",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("url", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("key_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("secret_sealed", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("said_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("said_version", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("queued", sa.Integer(), nullable=True),
        sa.Column("running", sa.Integer(), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("trouble_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_trouble", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("last_trouble_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(trouble = '') = (trouble_at is null)", name="trouble_has_its_time"),
        sa.CheckConstraint("name <> ''", name="name_is_said"),
        sa.CheckConstraint("url ~ '^https?://[^@?#]+$'", name="url_is_plain"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "archive_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("usual", sa.Boolean(), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("carrier_port", sa.Integer(), nullable=False),
        sa.Column("zigbee_port", sa.Integer(), nullable=False),
        sa.Column("wired_ports", sa.JSON(), nullable=False),
        sa.Column("master_port", sa.Integer(), nullable=False),
        sa.Column("zigbee_prefix", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint("zigbee_prefix ~ '^[0-9]{0,12}$'", name="zigbee_prefix_is_digits"),
        sa.CheckConstraint("carrier_port between 1 and 31", name="carrier_port_in_range"),
        sa.CheckConstraint("master_port between 1 and 31", name="master_port_in_range"),
        sa.CheckConstraint("zigbee_port between 1 and 31", name="zigbee_port_in_range"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_index(
        "one_usual_archive_rules", "archive_rules", ["usual"], unique=True, postgresql_where=sa.text("usual")
    )
    op.create_table(
        "handheld_return",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("taken_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["taken_by"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_handheld_return_at"), "handheld_return", ["at"], unique=False)
    op.create_table(
        "tariff_set",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tariff_id", sa.Uuid(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("prices_e4", sa.JSON(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("period in ('month', 'year')", name="period_known"),
        sa.ForeignKeyConstraint(
            ["made_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tariff_id"],
            ["tariff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tariff_id", "from_day"),
    )
    op.create_table(
        "commissioning_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("limits", sa.JSON(), nullable=False),
        sa.Column("trial", sa.String(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "trial in ('parameters', 'wallet', 'live_data', 'relay', 'control_on', 'control_off')", name="trial_known"
        ),
        sa.ForeignKeyConstraint(
            ["made_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["operation_id"],
            ["operation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("commissioning_runs_by_age", "commissioning_run", ["made_at", "id"], unique=False)
    op.create_index(op.f("ix_commissioning_run_made_by"), "commissioning_run", ["made_by"], unique=False)
    op.create_index(op.f("ix_commissioning_run_operation_id"), "commissioning_run", ["operation_id"], unique=False)
    op.create_table(
        "concentrator_rules",
        sa.Column("concentrator_id", sa.Uuid(), nullable=False),
        sa.Column("rules_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["concentrator_id"],
            ["concentrator.id"],
        ),
        sa.ForeignKeyConstraint(
            ["rules_id"],
            ["archive_rules.id"],
        ),
        sa.PrimaryKeyConstraint("concentrator_id"),
    )
    op.create_index(op.f("ix_concentrator_rules_rules_id"), "concentrator_rules", ["rules_id"], unique=False)
    op.create_table(
        "handheld_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("holder", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("cause", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("limit_minor", sa.BigInteger(), nullable=True),
        sa.Column("operation_id", sa.Uuid(), nullable=True),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("remark", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint("(state = 'closed') = (closed_at is not null)", name="closed_at_a_moment"),
        sa.CheckConstraint(
            "kind in ('read_wallet', 'read_energy', 'read_live', 'read_status', 'read_frozen', 'read_limits', 'read_clock', 'read_tariffs', 'read_relay', 'set_limits', 'set_clock', 'set_tariffs', 'trip_relay', 'allow_close', 'close', 'keep_power_on', 'keep_power_off', 'switch_fee_control', 'download', 'send_setting', 'change_key', 'read_terminal_clock', 'set_terminal_clock', 'start_time_sync', 'stop_time_sync', 'read_archive', 'download_archive', 'delete_from_archive', 'clear_archive', 'read_running', 'set_running', 'set_master_interval', 'collect_events', 'read_group', 'start_purchase_control', 'stop_purchase_control')",
            name="kind_known",
        ),
        sa.CheckConstraint("state in ('out', 'closed')", name="state_known"),
        sa.CheckConstraint("due_at > made_at", name="due_after_it_was_made"),
        sa.ForeignKeyConstraint(
            ["closed_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["made_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["operation_id"],
            ["operation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("ref"),
    )
    op.create_index("handheld_files_by_age", "handheld_file", ["made_at", "id"], unique=False)
    op.create_index(
        "handheld_files_out", "handheld_file", ["due_at"], unique=False, postgresql_where=sa.text("state = 'out'")
    )
    op.create_index(op.f("ix_handheld_file_operation_id"), "handheld_file", ["operation_id"], unique=False)
    op.create_table(
        "link_claim",
        sa.Column("concentrator_id", sa.Uuid(), nullable=False),
        sa.Column("holder", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alive", sa.Boolean(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["concentrator_id"], ["concentrator.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["holder"],
            ["front_end.name"],
        ),
        sa.PrimaryKeyConstraint("concentrator_id"),
    )
    op.create_index(op.f("ix_link_claim_holder"), "link_claim", ["holder"], unique=False)
    op.create_table(
        "master_meter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("concentrator_id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("protocol", sa.String(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("baud", sa.Integer(), nullable=False),
        sa.Column("point", sa.Integer(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("curves_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("address ~ '^[0-9]{12}$'", name="address_is_bcd"),
        sa.CheckConstraint(
            "protocol in ('dlt645_2007', 'dlt645_1997', 'ac_sampling', 'carrier_module')", name="protocol_known"
        ),
        sa.CheckConstraint("point between 1 and 2040", name="point_in_range"),
        sa.ForeignKeyConstraint(
            ["concentrator_id"],
            ["concentrator.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("address"),
        sa.UniqueConstraint("concentrator_id", "point"),
    )
    op.create_index(op.f("ix_master_meter_concentrator_id"), "master_meter", ["concentrator_id"], unique=False)
    op.create_table(
        "ami_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("head_end_id", sa.Uuid(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("called_back", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("repeats", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("(state is null) = (ended_at is null)", name="end_has_its_time"),
        sa.ForeignKeyConstraint(
            ["head_end_id"],
            ["ami_head_end.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_ami_task_meter_id"), "ami_task", ["meter_id"], unique=False)
    op.create_index("newest_tasks_of_a_head_end", "ami_task", ["head_end_id", "begun_at"], unique=False)
    op.create_index(
        "one_open_task_a_meter", "ami_task", ["meter_id"], unique=True, postgresql_where=sa.text("ended_at is null")
    )
    op.create_table(
        "commissioning",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("outcomes", sa.JSON(), nullable=False),
        sa.Column("codes", sa.JSON(), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("has_wallet", sa.Boolean(), nullable=False),
        sa.Column("power_kept", sa.Boolean(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('running', 'passed', 'failed', 'stopped')", name="state_known"),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["commissioning_run.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_commissioning_meter_id"), "commissioning", ["meter_id"], unique=False)
    op.create_index(op.f("ix_commissioning_run_id"), "commissioning", ["run_id"], unique=False)
    op.create_index(
        "one_running_commissioning",
        "commissioning",
        ["meter_id"],
        unique=True,
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "curve",
        sa.Column("master_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "quantity in ('power_w', 'voltage_a_dv', 'voltage_b_dv', 'voltage_c_dv', 'current_a_ma', 'current_b_ma', 'current_c_ma', 'energy_wh')",
            name="quantity_known",
        ),
        sa.CheckConstraint("minutes in (15, 30, 60)", name="density_known"),
        sa.ForeignKeyConstraint(
            ["master_id"],
            ["master_meter.id"],
        ),
        sa.PrimaryKeyConstraint("master_id", "quantity", "day"),
    )
    op.create_table(
        "fund",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("total_wh", sa.BigInteger(), nullable=False),
        sa.Column("by_tariff_wh", sa.JSON(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("carried_e5", sa.Integer(), nullable=False),
        sa.Column("used_wh", sa.BigInteger(), nullable=False),
        sa.Column("doubt", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("believed_day", sa.Date(), nullable=True),
        sa.Column("own_limits", sa.JSON(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cut_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("against", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint("carried_e5 >= 0 and carried_e5 < 100000", name="carried_below_a_minor_unit"),
        sa.CheckConstraint("total_wh >= 0 and used_wh >= 0", name="energy_not_negative"),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_fund_meter_id"), "fund", ["meter_id"], unique=False)
    op.create_index("one_open_fund", "fund", ["meter_id"], unique=True, postgresql_where=sa.text("closed_at is null"))
    op.create_index(
        "open_funds_by_day", "fund", ["day", "id"], unique=False, postgresql_where=sa.text("closed_at is null")
    )
    op.create_table(
        "meter_group",
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("concentrator_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("counted_in", sa.String(), nullable=False),
        sa.Column("alarm", sa.Integer(), nullable=False),
        sa.Column("trip", sa.Integer(), nullable=False),
        sa.CheckConstraint("counted_in in ('money', 'energy')", name="counted_in_known"),
        sa.CheckConstraint("number between 1 and 8", name="group_in_range"),
        sa.CheckConstraint("rounds between 1 and 255", name="rounds_in_range"),
        sa.CheckConstraint("trip >= 0 and alarm >= trip", name="alarm_before_trip"),
        sa.ForeignKeyConstraint(
            ["concentrator_id"],
            ["concentrator.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.PrimaryKeyConstraint("meter_id"),
        sa.UniqueConstraint("concentrator_id", "number"),
    )
    op.create_table(
        "meter_line",
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("protocol", sa.String(), nullable=False),
        sa.Column("baud", sa.Integer(), nullable=False),
        sa.Column("collector", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("held_as", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("collector ~ '^[0-9]{12}$'", name="collector_is_bcd"),
        sa.CheckConstraint("line in ('carrier', 'rs485', 'zigbee')", name="line_known"),
        sa.CheckConstraint(
            "protocol in ('dlt645_2007', 'dlt645_1997', 'ac_sampling', 'carrier_module')", name="protocol_known"
        ),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.PrimaryKeyConstraint("meter_id"),
    )
    op.create_table(
        "fee_charge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("from_wh", sa.BigInteger(), nullable=False),
        sa.Column("to_wh", sa.BigInteger(), nullable=False),
        sa.Column("energy_wh", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("charged_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("energy_wh >= 0 and amount_minor >= 0", name="nothing_negative"),
        sa.CheckConstraint("last >= first", name="days_in_order"),
        sa.ForeignKeyConstraint(
            ["fund_id"],
            ["fund.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("fund_id", "first"),
        sa.UniqueConstraint("fund_id", "last"),
    )
    op.create_index("fee_charges_of_meter", "fee_charge", ["meter_id", "last"], unique=False)
    op.create_table(
        "energy_purchase",
        sa.Column("purchase_id", sa.Uuid(), nullable=False),
        sa.Column("energy_kwh", sa.Integer(), nullable=False),
        sa.Column("price_e4", sa.Integer(), nullable=False),
        sa.Column("rounding_minor", sa.Integer(), nullable=False),
        sa.CheckConstraint("energy_kwh > 0 and price_e4 > 0", name="something_bought"),
        sa.CheckConstraint("rounding_minor >= 0", name="rounded_up"),
        sa.ForeignKeyConstraint(
            ["purchase_id"],
            ["purchase.id"],
        ),
        sa.PrimaryKeyConstraint("purchase_id"),
    )
    op.create_table(
        "handheld_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("purchase_id", sa.Uuid(), nullable=True),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("trouble", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'out') = (ended_at is null)", name="ended_at_a_moment"),
        sa.CheckConstraint(
            "state in ('out', 'done', 'refused', 'unproved', 'given_back', 'left_out')", name="state_known"
        ),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["handheld_file.id"],
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["operation_item.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.ForeignKeyConstraint(
            ["purchase_id"],
            ["purchase.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
        sa.UniqueConstraint("file_id", "place"),
    )
    op.create_index(op.f("ix_handheld_line_item_id"), "handheld_line", ["item_id"], unique=False)
    op.create_index(op.f("ix_handheld_line_meter_id"), "handheld_line", ["meter_id"], unique=False)
    op.create_index(op.f("ix_handheld_line_purchase_id"), "handheld_line", ["purchase_id"], unique=False)
    op.create_index(
        "one_handheld_a_purchase",
        "handheld_line",
        ["purchase_id"],
        unique=True,
        postgresql_where=sa.text("state = 'out'"),
    )
    op.create_table(
        "handheld_row",
        sa.Column("return_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=True),
        sa.Column("finding", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("field", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("said_code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.Column("status_3", sa.Integer(), nullable=True),
        sa.Column("limit_minor", sa.BigInteger(), nullable=True),
        sa.Column("newest_minor", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state is null or state in ('not_tried', 'done', 'refused', 'no_answer')", name="said_known"
        ),
        sa.ForeignKeyConstraint(
            ["line_id"],
            ["handheld_line.id"],
        ),
        sa.ForeignKeyConstraint(
            ["return_id"],
            ["handheld_return.id"],
        ),
        sa.PrimaryKeyConstraint("return_id", "row"),
    )
    op.create_index(
        "handheld_rows_waiting",
        "handheld_row",
        ["return_id", "row"],
        unique=False,
        postgresql_where=sa.text("finding = ''"),
    )
    op.create_index(op.f("ix_handheld_row_line_id"), "handheld_row", ["line_id"], unique=False)
    op.create_table(
        "meter_swap",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("old_meter_id", sa.Uuid(), nullable=False),
        sa.Column("new_meter_id", sa.Uuid(), nullable=True),
        sa.Column("new_number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("new_address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("new_model_id", sa.Uuid(), nullable=False),
        sa.Column("new_sgc", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("new_krn", sa.Integer(), nullable=True),
        sa.Column("new_ti", sa.Integer(), nullable=True),
        sa.Column("old_life", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=True),
        sa.Column("last_balance_minor", sa.BigInteger(), nullable=True),
        sa.Column("last_count", sa.Integer(), nullable=True),
        sa.Column("last_energy_wh", sa.BigInteger(), nullable=True),
        sa.Column("last_by_tariff_wh", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("jump_believed", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("new_total_wh", sa.BigInteger(), nullable=True),
        sa.Column("new_by_tariff_wh", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("last_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_by", sa.Uuid(), nullable=True),
        sa.Column("read_remark", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("purchase_id", sa.Uuid(), nullable=True),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(state = 'open') = (ended_at is null)", name="ended_has_time"),
        sa.CheckConstraint("new_address ~ '^[0-9]{12}$'", name="new_address_is_bcd"),
        sa.CheckConstraint("new_number ~ '^[0-9]{11,12}$'", name="new_number_is_digits"),
        sa.CheckConstraint(
            "state <> 'done' or (last_balance_minor is not null and new_meter_id is not null)", name="done_is_whole"
        ),
        sa.CheckConstraint("state in ('open', 'done', 'cancelled')", name="state_known"),
        sa.CheckConstraint("way in ('carry', 'refund')", name="way_known"),
        sa.CheckConstraint("last_energy_wh >= 0 and new_total_wh >= 0", name="registers_not_negative"),
        sa.ForeignKeyConstraint(
            ["ended_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["made_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["new_meter_id"],
            ["meter.id"],
        ),
        sa.ForeignKeyConstraint(
            ["new_model_id"],
            ["meter_model.id"],
        ),
        sa.ForeignKeyConstraint(
            ["old_meter_id"],
            ["meter.id"],
        ),
        sa.ForeignKeyConstraint(
            ["operation_id"],
            ["operation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["purchase_id"],
            ["purchase.id"],
        ),
        sa.ForeignKeyConstraint(
            ["read_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["refund_id"],
            ["refund.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("new_meter_id"),
    )
    op.create_index(op.f("ix_meter_swap_old_meter_id"), "meter_swap", ["old_meter_id"], unique=False)
    op.create_index(
        "one_open_swap", "meter_swap", ["old_meter_id"], unique=True, postgresql_where=sa.text("state = 'open'")
    )
    op.create_index(
        "one_open_swap_to", "meter_swap", ["new_number"], unique=True, postgresql_where=sa.text("state = 'open'")
    )
    op.create_index(
        "one_swap_away", "meter_swap", ["old_meter_id"], unique=True, postgresql_where=sa.text("state = 'done'")
    )
    op.create_index("swaps_by_age", "meter_swap", ["made_at", "id"], unique=False)
    op.create_table(
        "reversal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purchase_id", sa.Uuid(), nullable=False),
        sa.Column("way", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remark", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(state = 'asked') = (decided_at is null)", name="decided_has_time"),
        sa.CheckConstraint("state in ('asked', 'done', 'refused', 'overtaken')", name="state_known"),
        sa.CheckConstraint("way in ('whole', 'record_only')", name="way_known"),
        sa.CheckConstraint("amount_minor > 0", name="amount_positive"),
        sa.CheckConstraint("decided_by is null or decided_by <> asked_by", name="two_persons"),
        sa.ForeignKeyConstraint(
            ["asked_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["purchase_id"],
            ["purchase.id"],
        ),
        sa.ForeignKeyConstraint(
            ["refund_id"],
            ["refund.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_reversal_asked_at"), "reversal", ["asked_at"], unique=False)
    op.create_index(op.f("ix_reversal_purchase_id"), "reversal", ["purchase_id"], unique=False)
    op.create_index(
        "one_open_reversal", "reversal", ["purchase_id"], unique=True, postgresql_where=sa.text("state = 'asked'")
    )
    op.create_index(
        "one_reversal", "reversal", ["purchase_id"], unique=True, postgresql_where=sa.text("state = 'done'")
    )
    op.create_table(
        "void_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purchase_id", sa.Uuid(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("swap_id", sa.Uuid(), nullable=False),
        sa.Column("digits", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("tid", sa.Integer(), nullable=True),
        sa.Column("amount_e5", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("void_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.ForeignKeyConstraint(
            ["purchase_id"],
            ["purchase.id"],
        ),
        sa.ForeignKeyConstraint(
            ["swap_id"],
            ["meter_swap.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_void_token_meter_id"), "void_token", ["meter_id"], unique=False)
    op.create_index(op.f("ix_void_token_purchase_id"), "void_token", ["purchase_id"], unique=False)
    op.create_index(op.f("ix_void_token_swap_id"), "void_token", ["swap_id"], unique=False)
    op.add_column("collection_scheme", sa.Column("by_tariff", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("collection_scheme", sa.Column("curve_min", sa.Integer(), nullable=True))
    op.add_column(
        "concentrator",
        sa.Column("driver", sqlmodel.sql.sqltypes.AutoString(), server_default="gdw1376", nullable=False),
    )
    op.add_column("concentrator", sa.Column("host", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column("concentrator", sa.Column("port", sa.Integer(), nullable=True))
    op.add_column("concentrator", sa.Column("dialled_by", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column("concentrator", sa.Column("ami_head_end_id", sa.Uuid(), nullable=True))
    op.add_column("concentrator", sa.Column("link_host", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.create_index(op.f("ix_concentrator_ami_head_end_id"), "concentrator", ["ami_head_end_id"], unique=False)
    op.create_index(op.f("ix_concentrator_dialled_by"), "concentrator", ["dialled_by"], unique=False)
    op.create_unique_constraint("one_gateway_a_place", "concentrator", ["host", "port"])
    op.create_foreign_key("concentrator_dialled_by_fkey", "concentrator", "front_end", ["dialled_by"], ["name"])
    op.create_foreign_key(
        "concentrator_ami_head_end_id_fkey", "concentrator", "ami_head_end", ["ami_head_end_id"], ["id"]
    )
    op.add_column("meter", sa.Column("life", sa.String(), server_default="live", nullable=False))
    op.add_column("meter", sa.Column("successor_id", sa.Uuid(), nullable=True))
    op.add_column(
        "meter", sa.Column("fee_control", sqlmodel.sql.sqltypes.AutoString(), server_default="local", nullable=False)
    )
    op.drop_index(op.f("ix_meter_concentrator_id"), table_name="meter")
    op.create_index(op.f("ix_meter_successor_id"), "meter", ["successor_id"], unique=False)
    op.create_index(
        "meters_not_live", "meter", ["life", "id"], unique=False, postgresql_where=sa.text("life <> 'live'")
    )
    op.create_foreign_key("meter_successor_id_fkey", "meter", "meter", ["successor_id"], ["id"])
    op.add_column("operation", sa.Column("whom", sa.JSON(), nullable=True))
    op.drop_index(op.f("ix_reading_meter_id"), table_name="reading")
    op.drop_constraint("kind_known", "booking", type_="check")
    op.create_check_constraint(
        "kind_known",
        "booking",
        "kind in ('payment', 'arrears', 'credit', 'resolution', 'advance', 'refund', 'late_arrears', 'exchange', 'reversal', 'fund_opened', 'charge', 'fund_closed')",
    )
    op.create_check_constraint("curve_density_known", "collection_scheme", "curve_min in (15, 30, 60)")
    op.create_check_constraint(
        "ami_names_its_head_end", "concentrator", "(driver = 'ami') = (ami_head_end_id is not null)"
    )
    op.create_check_constraint("dialled_has_host", "concentrator", "host is not null or driver <> 'dlt645_tcp'")
    op.create_check_constraint("host_is_said", "concentrator", "host <> ''")
    op.create_check_constraint("host_with_port", "concentrator", "(host is null) = (port is null)")
    op.create_check_constraint("port_in_range", "concentrator", "port between 1 and 65535")
    op.create_check_constraint("fee_control_known", "meter", "fee_control in ('local', 'remote')")
    op.create_check_constraint("life_known", "meter", "life in ('new', 'commissioning', 'live', 'leaving', 'removed')")
    op.create_check_constraint("only_removed_have_successors", "meter", "successor_id is null or life = 'removed'")
    op.drop_constraint("kind_known", "operation", type_="check")
    op.create_check_constraint(
        "kind_known",
        "operation",
        "kind in ('read_wallet', 'read_energy', 'read_live', 'read_status', 'read_frozen', 'read_limits', 'read_clock', 'read_tariffs', 'read_relay', 'set_limits', 'set_clock', 'set_tariffs', 'trip_relay', 'allow_close', 'close', 'keep_power_on', 'keep_power_off', 'switch_fee_control', 'download', 'send_setting', 'change_key', 'read_terminal_clock', 'set_terminal_clock', 'start_time_sync', 'stop_time_sync', 'read_archive', 'download_archive', 'delete_from_archive', 'clear_archive', 'read_running', 'set_running', 'set_master_interval', 'collect_events', 'read_group', 'start_purchase_control', 'stop_purchase_control')",
    )
    op.drop_constraint("state_known", "operation", type_="check")
    op.create_check_constraint(
        "state_known", "operation", "state in ('planning', 'scheduled', 'running', 'paused', 'stopped', 'done')"
    )
    op.drop_constraint("kind_known", "purchase", type_="check")
    op.create_check_constraint("kind_known", "purchase", "kind in ('sale', 'advance', 'carried', 'transfer')")
    op.drop_constraint("kind_known", "reading", type_="check")
    op.create_check_constraint(
        "kind_known", "reading", "kind in ('balance', 'energy', 'energy_1', 'energy_2', 'energy_3', 'energy_4')"
    )
    op.drop_constraint("kind_known", "review", type_="check")
    op.create_check_constraint(
        "kind_known",
        "review",
        "kind in ('unknown_order', 'wrong_amount', 'wrong_currency', 'paid_twice', 'paid_after_review', 'not_on_bill', 'bill_differs', 'meter_refused', 'count_confused', 'relay_not_proved', 'work_order', 'attempts_spent', 'unknown_concentrator', 'two_concentrators', 'token_not_issued', 'kiosk_sick', 'refund_refused', 'cut_held', 'still_out', 'disconnection', 'device_unanswered', 'template_broken', 'handheld', 'energy_in_doubt', 'which_meter')",
    )


def downgrade() -> None:
    op.drop_constraint("kind_known", "booking", type_="check")
    op.create_check_constraint(
        "kind_known", "booking", "kind in ('payment', 'arrears', 'credit', 'resolution', 'advance', 'refund')"
    )
    op.drop_constraint("curve_density_known", "collection_scheme", type_="check")
    op.drop_constraint("ami_names_its_head_end", "concentrator", type_="check")
    op.drop_constraint("dialled_has_host", "concentrator", type_="check")
    op.drop_constraint("host_is_said", "concentrator", type_="check")
    op.drop_constraint("host_with_port", "concentrator", type_="check")
    op.drop_constraint("port_in_range", "concentrator", type_="check")
    op.drop_constraint("fee_control_known", "meter", type_="check")
    op.drop_constraint("life_known", "meter", type_="check")
    op.drop_constraint("only_removed_have_successors", "meter", type_="check")
    op.drop_constraint("kind_known", "operation", type_="check")
    op.create_check_constraint(
        "kind_known",
        "operation",
        "kind in ('read_wallet', 'read_energy', 'read_live', 'read_status', 'read_frozen', 'read_limits', 'read_clock', 'read_tariffs', 'read_relay', 'set_limits', 'set_clock', 'set_tariffs', 'trip_relay', 'allow_close', 'close', 'keep_power_on', 'keep_power_off', 'download', 'send_setting', 'change_key', 'read_terminal_clock', 'set_terminal_clock', 'start_time_sync', 'stop_time_sync', 'read_archive', 'download_archive', 'delete_from_archive', 'clear_archive', 'read_running', 'set_running', 'set_master_interval', 'collect_events')",
    )
    op.drop_constraint("state_known", "operation", type_="check")
    op.create_check_constraint(
        "state_known", "operation", "state in ('scheduled', 'running', 'paused', 'stopped', 'done')"
    )
    op.drop_constraint("kind_known", "purchase", type_="check")
    op.create_check_constraint("kind_known", "purchase", "kind in ('sale', 'advance')")
    op.drop_constraint("kind_known", "reading", type_="check")
    op.create_check_constraint("kind_known", "reading", "kind in ('balance', 'energy')")
    op.drop_constraint("kind_known", "review", type_="check")
    op.create_check_constraint(
        "kind_known",
        "review",
        "kind in ('unknown_order', 'wrong_amount', 'wrong_currency', 'paid_twice', 'paid_after_review', 'not_on_bill', 'bill_differs', 'meter_refused', 'count_confused', 'relay_not_proved', 'work_order', 'attempts_spent', 'unknown_concentrator', 'two_concentrators', 'token_not_issued', 'kiosk_sick', 'refund_refused', 'cut_held', 'still_out', 'disconnection', 'device_unanswered', 'template_broken')",
    )
    op.create_index(op.f("ix_reading_meter_id"), "reading", ["meter_id"], unique=False)
    op.drop_column("operation", "whom")
    op.drop_constraint("meter_successor_id_fkey", "meter", type_="foreignkey")
    op.drop_index("meters_not_live", table_name="meter", postgresql_where=sa.text("life <> 'live'"))
    op.drop_index(op.f("ix_meter_successor_id"), table_name="meter")
    op.create_index(op.f("ix_meter_concentrator_id"), "meter", ["concentrator_id"], unique=False)
    op.drop_column("meter", "fee_control")
    op.drop_column("meter", "successor_id")
    op.drop_column("meter", "life")
    op.drop_constraint("concentrator_ami_head_end_id_fkey", "concentrator", type_="foreignkey")
    op.drop_constraint("concentrator_dialled_by_fkey", "concentrator", type_="foreignkey")
    op.drop_constraint("one_gateway_a_place", "concentrator", type_="unique")
    op.drop_index(op.f("ix_concentrator_dialled_by"), table_name="concentrator")
    op.drop_index(op.f("ix_concentrator_ami_head_end_id"), table_name="concentrator")
    op.drop_column("concentrator", "link_host")
    op.drop_column("concentrator", "ami_head_end_id")
    op.drop_column("concentrator", "dialled_by")
    op.drop_column("concentrator", "port")
    op.drop_column("concentrator", "host")
    op.drop_column("concentrator", "driver")
    op.drop_column("collection_scheme", "curve_min")
    op.drop_column("collection_scheme", "by_tariff")
    op.drop_index(op.f("ix_void_token_swap_id"), table_name="void_token")
    op.drop_index(op.f("ix_void_token_purchase_id"), table_name="void_token")
    op.drop_index(op.f("ix_void_token_meter_id"), table_name="void_token")
    op.drop_table("void_token")
    op.drop_index("one_reversal", table_name="reversal", postgresql_where=sa.text("state = 'done'"))
    op.drop_index("one_open_reversal", table_name="reversal", postgresql_where=sa.text("state = 'asked'"))
    op.drop_index(op.f("ix_reversal_purchase_id"), table_name="reversal")
    op.drop_index(op.f("ix_reversal_asked_at"), table_name="reversal")
    op.drop_table("reversal")
    op.drop_index("swaps_by_age", table_name="meter_swap")
    op.drop_index("one_swap_away", table_name="meter_swap", postgresql_where=sa.text("state = 'done'"))
    op.drop_index("one_open_swap_to", table_name="meter_swap", postgresql_where=sa.text("state = 'open'"))
    op.drop_index("one_open_swap", table_name="meter_swap", postgresql_where=sa.text("state = 'open'"))
    op.drop_index(op.f("ix_meter_swap_old_meter_id"), table_name="meter_swap")
    op.drop_table("meter_swap")
    op.drop_index(op.f("ix_handheld_row_line_id"), table_name="handheld_row")
    op.drop_index("handheld_rows_waiting", table_name="handheld_row", postgresql_where=sa.text("finding = ''"))
    op.drop_table("handheld_row")
    op.drop_index("one_handheld_a_purchase", table_name="handheld_line", postgresql_where=sa.text("state = 'out'"))
    op.drop_index(op.f("ix_handheld_line_purchase_id"), table_name="handheld_line")
    op.drop_index(op.f("ix_handheld_line_meter_id"), table_name="handheld_line")
    op.drop_index(op.f("ix_handheld_line_item_id"), table_name="handheld_line")
    op.drop_table("handheld_line")
    op.drop_table("energy_purchase")
    op.drop_index("fee_charges_of_meter", table_name="fee_charge")
    op.drop_table("fee_charge")
    op.drop_table("meter_line")
    op.drop_table("meter_group")
    op.drop_index("open_funds_by_day", table_name="fund", postgresql_where=sa.text("closed_at is null"))
    op.drop_index("one_open_fund", table_name="fund", postgresql_where=sa.text("closed_at is null"))
    op.drop_index(op.f("ix_fund_meter_id"), table_name="fund")
    op.drop_table("fund")
    op.drop_table("curve")
    op.drop_index(
        "one_running_commissioning", table_name="commissioning", postgresql_where=sa.text("state = 'running'")
    )
    op.drop_index(op.f("ix_commissioning_run_id"), table_name="commissioning")
    op.drop_index(op.f("ix_commissioning_meter_id"), table_name="commissioning")
    op.drop_table("commissioning")
    op.drop_index("one_open_task_a_meter", table_name="ami_task", postgresql_where=sa.text("ended_at is null"))
    op.drop_index("newest_tasks_of_a_head_end", table_name="ami_task")
    op.drop_index(op.f("ix_ami_task_meter_id"), table_name="ami_task")
    op.drop_table("ami_task")
    op.drop_index(op.f("ix_master_meter_concentrator_id"), table_name="master_meter")
    op.drop_table("master_meter")
    op.drop_index(op.f("ix_link_claim_holder"), table_name="link_claim")
    op.drop_table("link_claim")
    op.drop_index(op.f("ix_handheld_file_operation_id"), table_name="handheld_file")
    op.drop_index("handheld_files_out", table_name="handheld_file", postgresql_where=sa.text("state = 'out'"))
    op.drop_index("handheld_files_by_age", table_name="handheld_file")
    op.drop_table("handheld_file")
    op.drop_index(op.f("ix_concentrator_rules_rules_id"), table_name="concentrator_rules")
    op.drop_table("concentrator_rules")
    op.drop_index(op.f("ix_commissioning_run_operation_id"), table_name="commissioning_run")
    op.drop_index(op.f("ix_commissioning_run_made_by"), table_name="commissioning_run")
    op.drop_index("commissioning_runs_by_age", table_name="commissioning_run")
    op.drop_table("commissioning_run")
    op.drop_table("tariff_set")
    op.drop_index(op.f("ix_handheld_return_at"), table_name="handheld_return")
    op.drop_table("handheld_return")
    op.drop_index("one_usual_archive_rules", table_name="archive_rules", postgresql_where=sa.text("usual"))
    op.drop_table("archive_rules")
    op.drop_table("ami_head_end")
