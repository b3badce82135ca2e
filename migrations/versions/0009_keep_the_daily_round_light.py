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
        "send_pace",
        sa.Column("what", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("what"),
    )
    op.create_table(
        "archive_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("taken_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_by", sa.Uuid(), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('meters', 'masters')", name="kind_known"),
        sa.CheckConstraint("(applied_at is null) = (applied_by is null)", name="applied_by_somebody"),
        sa.CheckConstraint("row_count >= 0", name="rows_counted"),
        sa.ForeignKeyConstraint(
            ["applied_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["taken_by"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_archive_file_at"), "archive_file", ["at"], unique=False)
    op.create_table(
        "master_interval",
        sa.Column("concentrator_id", sa.Uuid(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint("(proved_at is null) = (trouble <> '')", name="proved_or_in_trouble"),
        sa.CheckConstraint("minutes between 1 and 60", name="minutes_in_range"),
        sa.ForeignKeyConstraint(
            ["concentrator_id"],
            ["concentrator.id"],
        ),
        sa.PrimaryKeyConstraint("concentrator_id"),
    )
    op.create_table(
        "archive_row",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=True),
        sa.Column("finding", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("field", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("value", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("before", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("after", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["archive_file.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.PrimaryKeyConstraint("file_id", "row"),
    )
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
    op.create_table(
        "credit_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("receipt_id", sa.Uuid(), nullable=False),
        sa.Column("reversal_id", sa.Uuid(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("prints", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("amount_minor > 0", name="amount_positive"),
        sa.ForeignKeyConstraint(
            ["receipt_id"],
            ["receipt.id"],
        ),
        sa.ForeignKeyConstraint(
            ["reversal_id"],
            ["reversal.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
        sa.UniqueConstraint("receipt_id"),
        sa.UniqueConstraint("reversal_id"),
    )
    op.create_index(
        "ended_tasks", "ami_task", ["ended_at"], unique=False, postgresql_where=sa.text("ended_at is not null")
    )
    op.drop_index(op.f("ix_exchange_purchase_id"), table_name="exchange")
    op.create_index("frames_of_a_purchase", "exchange", ["purchase_id", "at"], unique=False)
    op.add_column("meter", sa.Column("count_run", sa.Integer(), server_default="0", nullable=False))
    op.drop_index(op.f("ix_meter_silent_after"), table_name="meter")
    op.drop_index(op.f("meters_by_balance"), table_name="meter")
    op.create_index(
        "kept_promises", "outbox", ["job", "done_at"], unique=False, postgresql_where=sa.text("done_at is not null")
    )
    op.add_column("purchase", sa.Column("count_run", sa.Integer(), server_default="0", nullable=False))
    op.add_column("purchase", sa.Column("last_sent_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index(op.f("one_number_per_meter"), table_name="purchase", postgresql_where="(number IS NOT NULL)")
    op.create_index(
        "one_number_per_meter",
        "purchase",
        ["meter_id", "count_run", "number"],
        unique=True,
        postgresql_where=sa.text("number is not null"),
    )
    op.drop_constraint(op.f("reading_meter_id_fkey"), "reading", type_="foreignkey")
    op.drop_constraint("kind_known", "handheld_file", type_="check")
    op.create_check_constraint(
        "kind_known",
        "handheld_file",
        "kind in ('read_wallet', 'read_records', 'read_energy', 'read_live', 'read_status', 'read_frozen', 'read_limits', 'read_clock', 'read_tariffs', 'read_relay', 'set_limits', 'set_clock', 'set_tariffs', 'trip_relay', 'allow_close', 'close', 'keep_power_on', 'keep_power_off', 'switch_fee_control', 'download', 'send_setting', 'change_key', 'read_terminal_clock', 'set_terminal_clock', 'start_time_sync', 'stop_time_sync', 'read_archive', 'download_archive', 'delete_from_archive', 'clear_archive', 'read_running', 'set_running', 'set_master_interval', 'collect_events', 'read_group', 'start_purchase_control', 'stop_purchase_control')",
    )
    op.drop_constraint("address_is_bcd", "meter", type_="check")
    op.create_check_constraint("address_is_bcd", "meter", "length(address) = 12 and ltrim(address, '0123456789') = ''")
    op.drop_constraint("number_is_digits", "meter", type_="check")
    op.create_check_constraint(
        "number_is_digits", "meter", "length(number) in (11, 12) and ltrim(number, '0123456789') = ''"
    )
    op.drop_constraint("kind_known", "operation", type_="check")
    op.create_check_constraint(
        "kind_known",
        "operation",
        "kind in ('read_wallet', 'read_records', 'read_energy', 'read_live', 'read_status', 'read_frozen', 'read_limits', 'read_clock', 'read_tariffs', 'read_relay', 'set_limits', 'set_clock', 'set_tariffs', 'trip_relay', 'allow_close', 'close', 'keep_power_on', 'keep_power_off', 'switch_fee_control', 'download', 'send_setting', 'change_key', 'read_terminal_clock', 'set_terminal_clock', 'start_time_sync', 'stop_time_sync', 'read_archive', 'download_archive', 'delete_from_archive', 'clear_archive', 'read_running', 'set_running', 'set_master_interval', 'collect_events', 'read_group', 'start_purchase_control', 'stop_purchase_control')",
    )
    op.drop_constraint("kind_known", "review", type_="check")
    op.create_check_constraint(
        "kind_known",
        "review",
        "kind in ('unknown_order', 'wrong_amount', 'wrong_currency', 'paid_twice', 'paid_after_review', 'not_on_bill', 'bill_differs', 'meter_refused', 'count_confused', 'relay_not_proved', 'work_order', 'attempts_spent', 'unknown_concentrator', 'two_concentrators', 'token_not_issued', 'kiosk_sick', 'refund_refused', 'cut_held', 'still_out', 'disconnection', 'device_unanswered', 'template_broken', 'handheld', 'energy_in_doubt', 'which_meter', 'wallet_not_empty')",
    )
    op.execute("alter table meter set (fillfactor = 45)")
    op.execute(
        "create function refuse_to_orphan_readings() returns trigger language plpgsql as $$\n    begin\n        if exists (select from reading where meter_id = old.id) then\n            raise foreign_key_violation using message = 'the meter has readings';\n        end if;\n        return old;\n    end $$"
    )
    op.execute(
        "create trigger meter_keeps_its_readings before delete on meter for each row execute function refuse_to_orphan_readings()"
    )
    op.execute(
        "create function keep_as_issued() returns trigger language plpgsql as $$\nbegin\n    if tg_op = 'DELETE' or (to_jsonb(new) - 'prints') is distinct from (to_jsonb(old) - 'prints') then\n        raise exception 'a % stays as it was issued', tg_table_name using errcode = 'integrity_constraint_violation';\n    end if;\n    return new;\nend $$"
    )
    op.execute(
        "create trigger keep_receipt before update or delete on receipt for each row execute function keep_as_issued()"
    )
    op.execute(
        "create trigger keep_credit_note before update or delete on credit_note for each row execute function keep_as_issued()"
    )


def downgrade() -> None:
    op.execute("drop trigger keep_credit_note on credit_note")
    op.execute("drop trigger keep_receipt on receipt")
    op.execute("drop function keep_as_issued()")
    op.execute("drop trigger meter_keeps_its_readings on meter")
    op.execute("drop function refuse_to_orphan_readings()")
    op.execute("alter table meter reset (fillfactor)")
    op.drop_constraint("kind_known", "handheld_file", type_="check")
    op.create_check_constraint(
        "kind_known",
        "handheld_file",
        "kind in ('read_wallet', 'read_energy', 'read_live', 'read_status', 'read_frozen', 'read_limits', 'read_clock', 'read_tariffs', 'read_relay', 'set_limits', 'set_clock', 'set_tariffs', 'trip_relay', 'allow_close', 'close', 'keep_power_on', 'keep_power_off', 'switch_fee_control', 'download', 'send_setting', 'change_key', 'read_terminal_clock', 'set_terminal_clock', 'start_time_sync', 'stop_time_sync', 'read_archive', 'download_archive', 'delete_from_archive', 'clear_archive', 'read_running', 'set_running', 'set_master_interval', 'collect_events', 'read_group', 'start_purchase_control', 'stop_purchase_control')",
    )
    op.drop_constraint("address_is_bcd", "meter", type_="check")
    op.create_check_constraint("address_is_bcd", "meter", "((address)::text ~ '^[0-9]{12}$'::text)")
    op.drop_constraint("number_is_digits", "meter", type_="check")
    op.create_check_constraint("number_is_digits", "meter", "((number)::text ~ '^[0-9]{11,12}$'::text)")
    op.drop_constraint("kind_known", "operation", type_="check")
    op.create_check_constraint(
        "kind_known",
        "operation",
        "kind in ('read_wallet', 'read_energy', 'read_live', 'read_status', 'read_frozen', 'read_limits', 'read_clock', 'read_tariffs', 'read_relay', 'set_limits', 'set_clock', 'set_tariffs', 'trip_relay', 'allow_close', 'close', 'keep_power_on', 'keep_power_off', 'switch_fee_control', 'download', 'send_setting', 'change_key', 'read_terminal_clock', 'set_terminal_clock', 'start_time_sync', 'stop_time_sync', 'read_archive', 'download_archive', 'delete_from_archive', 'clear_archive', 'read_running', 'set_running', 'set_master_interval', 'collect_events', 'read_group', 'start_purchase_control', 'stop_purchase_control')",
    )
    op.drop_constraint("kind_known", "review", type_="check")
    op.create_check_constraint(
        "kind_known",
        "review",
        "kind in ('unknown_order', 'wrong_amount', 'wrong_currency', 'paid_twice', 'paid_after_review', 'not_on_bill', 'bill_differs', 'meter_refused', 'count_confused', 'relay_not_proved', 'work_order', 'attempts_spent', 'unknown_concentrator', 'two_concentrators', 'token_not_issued', 'kiosk_sick', 'refund_refused', 'cut_held', 'still_out', 'disconnection', 'device_unanswered', 'template_broken', 'handheld', 'energy_in_doubt', 'which_meter')",
    )
    op.create_foreign_key(op.f("reading_meter_id_fkey"), "reading", "meter", ["meter_id"], ["id"])
    op.drop_index("one_number_per_meter", table_name="purchase", postgresql_where=sa.text("number is not null"))
    op.create_index(
        op.f("one_number_per_meter"),
        "purchase",
        ["meter_id", "number"],
        unique=True,
        postgresql_where="(number IS NOT NULL)",
    )
    op.drop_column("purchase", "last_sent_at")
    op.drop_column("purchase", "count_run")
    op.drop_index("kept_promises", table_name="outbox", postgresql_where=sa.text("done_at is not null"))
    op.create_index(
        op.f("meters_by_balance"),
        "meter",
        [sa.literal_column("COALESCE(balance_minor, '9223372036854775807'::bigint)"), "id"],
        unique=False,
    )
    op.create_index(op.f("ix_meter_silent_after"), "meter", ["silent_after"], unique=False)
    op.drop_column("meter", "count_run")
    op.drop_index("frames_of_a_purchase", table_name="exchange")
    op.create_index(op.f("ix_exchange_purchase_id"), "exchange", ["purchase_id"], unique=False)
    op.drop_index("ended_tasks", table_name="ami_task", postgresql_where=sa.text("ended_at is not null"))
    op.drop_table("credit_note")
    op.drop_table("metering_point")
    op.drop_table("meter_asset")
    op.drop_table("archive_row")
    op.drop_table("master_interval")
    op.drop_index(op.f("ix_archive_file_at"), table_name="archive_file")
    op.drop_table("archive_file")
    op.drop_table("send_pace")
