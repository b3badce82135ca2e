"""Create the first tables"""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "booking",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('payment', 'arrears', 'credit', 'resolution')", name="kind_known"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "subject_id"),
    )
    op.create_index(op.f("ix_booking_subject_id"), "booking", ["subject_id"], unique=False)
    op.create_table(
        "customer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "front_end",
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "grid_node",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("path", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint("kind in ('network', 'branch', 'station', 'line', 'area')", name="kind_known"),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["grid_node.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_grid_node_parent_id"), "grid_node", ["parent_id"], unique=False)
    op.create_index(op.f("ix_grid_node_path"), "grid_node", ["path"], unique=False)
    op.create_table(
        "meter_model",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("profile", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "payment_callback",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("event_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("order_ref", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("evidence", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("provider", "event_id"),
    )
    op.create_index(op.f("ix_payment_callback_order_ref"), "payment_callback", ["order_ref"], unique=False)
    op.create_table(
        "sign_in_tries",
        sa.Column("login_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("login_hash"),
    )
    op.create_index(op.f("ix_sign_in_tries_tried_at"), "sign_in_tries", ["tried_at"], unique=False)
    op.create_table(
        "staff",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("password_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("login"),
    )
    op.create_table(
        "tariff",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("price_e4", sa.Integer(), nullable=False),
        sa.CheckConstraint("price_e4 > 0", name="price_positive"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("tariff_id", sa.Uuid(), nullable=False),
        sa.Column("arrears_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("arrears_minor >= 0", name="arrears_not_negative"),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tariff_id"],
            ["tariff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index(op.f("ix_account_customer_id"), "account", ["customer_id"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("act", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_index(op.f("ix_audit_staff_id"), "audit", ["staff_id"], unique=False)
    op.create_index(op.f("ix_audit_subject_id"), "audit", ["subject_id"], unique=False)
    op.create_table(
        "concentrator",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("region", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("terminal", sa.Integer(), nullable=False),
        sa.Column("front_end", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("online_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("region ~ '^[0-9]{4}$'", name="region_is_bcd"),
        sa.CheckConstraint("terminal between 1 and 65535", name="terminal_in_range"),
        sa.ForeignKeyConstraint(
            ["front_end"],
            ["front_end.name"],
        ),
        sa.ForeignKeyConstraint(
            ["node_id"],
            ["grid_node.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("region", "terminal"),
    )
    op.create_index(op.f("ix_concentrator_front_end"), "concentrator", ["front_end"], unique=False)
    op.create_index(op.f("ix_concentrator_node_id"), "concentrator", ["node_id"], unique=False)
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("ledger_account", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor <> 0", name="amount_not_zero"),
        sa.ForeignKeyConstraint(
            ["booking_id"],
            ["booking.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_ledger_entry_booking_id"), "ledger_entry", ["booking_id"], unique=False)
    op.create_index(op.f("ix_ledger_entry_ledger_account"), "ledger_entry", ["ledger_account"], unique=False)
    op.create_table(
        "staff_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("secret_hash"),
    )
    op.create_index(op.f("ix_staff_session_expires_at"), "staff_session", ["expires_at"], unique=False)
    op.create_index(op.f("ix_staff_session_staff_id"), "staff_session", ["staff_id"], unique=False)
    op.create_table(
        "contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("locale", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_to", sa.Time(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("channel in ('sms', 'email')", name="channel_known"),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", "channel", "address"),
    )
    op.create_index(op.f("ix_contact_account_id"), "contact", ["account_id"], unique=False)
    op.create_table(
        "meter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("concentrator_id", sa.Uuid(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("relay_policy", sa.String(), nullable=False),
        sa.Column("alarm_a_minor", sa.BigInteger(), nullable=False),
        sa.Column("alarm_b_minor", sa.BigInteger(), nullable=False),
        sa.Column("overdraft_limit_minor", sa.BigInteger(), nullable=False),
        sa.Column("hoarding_limit_minor", sa.BigInteger(), nullable=False),
        sa.Column("reclose_limit_minor", sa.BigInteger(), nullable=False),
        sa.Column("sgc", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("krn", sa.Integer(), nullable=True),
        sa.Column("ti", sa.Integer(), nullable=True),
        sa.Column("purchase_count", sa.Integer(), nullable=False),
        sa.Column("last_tid", sa.Integer(), nullable=True),
        sa.Column("balance_minor", sa.BigInteger(), nullable=True),
        sa.Column("balance_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("balance_source", sa.String(), nullable=False),
        sa.Column("daily_use_minor", sa.BigInteger(), nullable=True),
        sa.Column("supply", sa.String(), nullable=False),
        sa.Column("supply_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alarm_level", sa.String(), nullable=False),
        sa.Column("silent_after", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("address ~ '^[0-9]{12}$'", name="address_is_bcd"),
        sa.CheckConstraint("number ~ '^[0-9]{11,12}$'", name="number_is_digits"),
        sa.CheckConstraint("relay_policy in ('close', 'arm', 'local')", name="relay_policy_known"),
        sa.CheckConstraint("supply in ('on', 'off', 'armed', 'keep_power', 'unknown')", name="supply_known"),
        sa.CheckConstraint("purchase_count >= 0", name="count_not_negative"),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["concentrator_id"],
            ["concentrator.id"],
        ),
        sa.ForeignKeyConstraint(
            ["model_id"],
            ["meter_model.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("address"),
        sa.UniqueConstraint("number"),
    )
    op.create_index(op.f("ix_meter_account_id"), "meter", ["account_id"], unique=False)
    op.create_index(op.f("ix_meter_concentrator_id"), "meter", ["concentrator_id"], unique=False)
    op.create_index(op.f("ix_meter_silent_after"), "meter", ["silent_after"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("job", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("concentrator_id", sa.Uuid(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_by", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("last_error", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["concentrator_id"],
            ["concentrator.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "one_promise_at_a_time",
        "outbox",
        ["job", "subject_id"],
        unique=True,
        postgresql_where=sa.text("done_at is null"),
    )
    op.create_index("outbox_due", "outbox", ["due_at"], unique=False, postgresql_where=sa.text("done_at is null"))
    op.create_index(
        "outbox_route", "outbox", ["concentrator_id"], unique=False, postgresql_where=sa.text("done_at is null")
    )
    op.create_index("outbox_subject", "outbox", ["subject_id"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("dedupe_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("channel", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("locale", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("carrier", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("provider_ref", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("trouble", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.CheckConstraint("channel in ('sms', 'email')", name="channel_known"),
        sa.CheckConstraint("kind in ('purchase_credited', 'purchase_token', 'alarm_a', 'alarm_b')", name="kind_known"),
        sa.CheckConstraint(
            "state in ('queued', 'sending', 'unknown', 'sent', 'delivered', 'failed', 'expired', 'dropped')",
            name="state_known",
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("dedupe_key"),
    )
    op.create_index(op.f("ix_message_cause_id"), "message", ["cause_id"], unique=False)
    op.create_index(op.f("ix_message_contact_id"), "message", ["contact_id"], unique=False)
    op.create_index(op.f("ix_message_created_at"), "message", ["created_at"], unique=False)
    op.create_index(op.f("ix_message_meter_id"), "message", ["meter_id"], unique=False)
    op.create_index(op.f("ix_message_provider_ref"), "message", ["provider_ref"], unique=False)
    op.create_table(
        "payment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("provider", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pay_url", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("form_token", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
        sa.CheckConstraint(
            "state in ('waiting', 'paid', 'failed', 'closed', 'review', 'refunded')", name="state_known"
        ),
        sa.CheckConstraint("amount_minor > 0", name="amount_positive"),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("form_token"),
        sa.UniqueConstraint("ref"),
    )
    op.create_index(op.f("ix_payment_created_at"), "payment", ["created_at"], unique=False)
    op.create_index(op.f("ix_payment_meter_id"), "payment", ["meter_id"], unique=False)
    op.create_table(
        "reading",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('balance', 'energy')", name="kind_known"),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("meter_id", "day", "kind"),
    )
    op.create_index(op.f("ix_reading_meter_id"), "reading", ["meter_id"], unique=False)
    op.create_table(
        "alarm",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("level", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reading_id", sa.Uuid(), nullable=True),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("level in ('normal', 'a', 'b')", name="level_known"),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.ForeignKeyConstraint(
            ["reading_id"],
            ["reading.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_alarm_meter_id"), "alarm", ["meter_id"], unique=False)
    op.create_index(
        "one_open_episode", "alarm", ["meter_id", "level"], unique=True, postgresql_where=sa.text("closed_at is null")
    )
    op.create_table(
        "message_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["message.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_message_event_message_id"), "message_event", ["message_id"], unique=False)
    op.create_table(
        "purchase",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("arrears_minor", sa.BigInteger(), nullable=False),
        sa.Column("credit_minor", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sending_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("credited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("balance_before_minor", sa.BigInteger(), nullable=True),
        sa.Column("balance_after_minor", sa.BigInteger(), nullable=True),
        sa.Column("trouble", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.CheckConstraint("kind in ('sale')", name="kind_known"),
        sa.CheckConstraint(
            "state in ('paid', 'sending', 'review', 'credited', 'settled', 'refunded')", name="state_known"
        ),
        sa.CheckConstraint("amount_minor = arrears_minor + credit_minor", name="parts_sum"),
        sa.CheckConstraint("amount_minor > 0", name="amount_positive"),
        sa.CheckConstraint("arrears_minor >= 0 and credit_minor >= 0", name="parts_not_negative"),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"],
            ["payment.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("payment_id"),
        sa.UniqueConstraint("ref"),
    )
    op.create_index(op.f("ix_purchase_created_at"), "purchase", ["created_at"], unique=False)
    op.create_index(op.f("ix_purchase_meter_id"), "purchase", ["meter_id"], unique=False)
    op.create_index(
        "one_number_per_meter",
        "purchase",
        ["meter_id", "number"],
        unique=True,
        postgresql_where=sa.text("number is not null"),
    )
    op.create_index(
        "one_on_its_way", "purchase", ["meter_id"], unique=True, postgresql_where=sa.text("state = 'sending'")
    )
    op.create_table(
        "exchange",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=True),
        sa.Column("purchase_id", sa.Uuid(), nullable=True),
        sa.Column("verb", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("direction", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("outer_hex", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("inner_hex", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.ForeignKeyConstraint(
            ["purchase_id"],
            ["purchase.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_exchange_at"), "exchange", ["at"], unique=False)
    op.create_index(op.f("ix_exchange_meter_id"), "exchange", ["meter_id"], unique=False)
    op.create_index(op.f("ix_exchange_purchase_id"), "exchange", ["purchase_id"], unique=False)
    op.create_table(
        "receipt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purchase_id", sa.Uuid(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["purchase_id"],
            ["purchase.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
        sa.UniqueConstraint("purchase_id"),
    )
    op.create_table(
        "relay_state",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("purchase_id", sa.Uuid(), nullable=True),
        sa.Column("relay_open", sa.Boolean(), nullable=False),
        sa.Column("command_open", sa.Boolean(), nullable=False),
        sa.Column("keep_power", sa.Boolean(), nullable=False),
        sa.Column("after_verb", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.ForeignKeyConstraint(
            ["purchase_id"],
            ["purchase.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_relay_state_meter_id"), "relay_state", ["meter_id"], unique=False)
    op.create_index(op.f("ix_relay_state_purchase_id"), "relay_state", ["purchase_id"], unique=False)
    op.create_index(op.f("ix_relay_state_read_at"), "relay_state", ["read_at"], unique=False)
    op.create_table(
        "review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("purchase_id", sa.Uuid(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("meter_id", sa.Uuid(), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("act", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("remark", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint(
            "kind in ('unknown_order', 'wrong_amount', 'wrong_currency', 'paid_twice', 'paid_after_review', 'not_on_bill', 'bill_differs', 'meter_refused', 'count_confused', 'relay_not_proved', 'work_order', 'attempts_spent', 'unknown_concentrator', 'two_concentrators', 'token_not_issued')",
            name="kind_known",
        ),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"],
            ["payment.id"],
        ),
        sa.ForeignKeyConstraint(
            ["purchase_id"],
            ["purchase.id"],
        ),
        sa.ForeignKeyConstraint(
            ["settled_by"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_review_meter_id"), "review", ["meter_id"], unique=False)
    op.create_index(op.f("ix_review_opened_at"), "review", ["opened_at"], unique=False)
    op.create_index(op.f("ix_review_payment_id"), "review", ["payment_id"], unique=False)
    op.create_index(op.f("ix_review_purchase_id"), "review", ["purchase_id"], unique=False)
    op.create_index(op.f("ix_review_subject_id"), "review", ["subject_id"], unique=False)
    op.create_index(
        "one_open_question",
        "review",
        ["kind", "subject_id"],
        unique=True,
        postgresql_where=sa.text("settled_at is null"),
    )
    op.create_table(
        "token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purchase_id", sa.Uuid(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("digits", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("tid", sa.Integer(), nullable=True),
        sa.Column("subclass", sa.Integer(), nullable=False),
        sa.Column("amount_e5", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("digits ~ '^[0-9]{20}$'", name="twenty_digits"),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.ForeignKeyConstraint(
            ["purchase_id"],
            ["purchase.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("meter_id", "tid"),
        sa.UniqueConstraint("purchase_id", "position"),
    )
    op.create_index(op.f("ix_token_meter_id"), "token", ["meter_id"], unique=False)
    op.create_index(op.f("ix_token_purchase_id"), "token", ["purchase_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_token_purchase_id"), table_name="token")
    op.drop_index(op.f("ix_token_meter_id"), table_name="token")
    op.drop_table("token")
    op.drop_index("one_open_question", table_name="review", postgresql_where=sa.text("settled_at is null"))
    op.drop_index(op.f("ix_review_subject_id"), table_name="review")
    op.drop_index(op.f("ix_review_purchase_id"), table_name="review")
    op.drop_index(op.f("ix_review_payment_id"), table_name="review")
    op.drop_index(op.f("ix_review_opened_at"), table_name="review")
    op.drop_index(op.f("ix_review_meter_id"), table_name="review")
    op.drop_table("review")
    op.drop_index(op.f("ix_relay_state_read_at"), table_name="relay_state")
    op.drop_index(op.f("ix_relay_state_purchase_id"), table_name="relay_state")
    op.drop_index(op.f("ix_relay_state_meter_id"), table_name="relay_state")
    op.drop_table("relay_state")
    op.drop_table("receipt")
    op.drop_index(op.f("ix_exchange_purchase_id"), table_name="exchange")
    op.drop_index(op.f("ix_exchange_meter_id"), table_name="exchange")
    op.drop_index(op.f("ix_exchange_at"), table_name="exchange")
    op.drop_table("exchange")
    op.drop_index("one_on_its_way", table_name="purchase", postgresql_where=sa.text("state = 'sending'"))
    op.drop_index("one_number_per_meter", table_name="purchase", postgresql_where=sa.text("number is not null"))
    op.drop_index(op.f("ix_purchase_meter_id"), table_name="purchase")
    op.drop_index(op.f("ix_purchase_created_at"), table_name="purchase")
    op.drop_table("purchase")
    op.drop_index(op.f("ix_message_event_message_id"), table_name="message_event")
    op.drop_table("message_event")
    op.drop_index("one_open_episode", table_name="alarm", postgresql_where=sa.text("closed_at is null"))
    op.drop_index(op.f("ix_alarm_meter_id"), table_name="alarm")
    op.drop_table("alarm")
    op.drop_index(op.f("ix_reading_meter_id"), table_name="reading")
    op.drop_table("reading")
    op.drop_index(op.f("ix_payment_meter_id"), table_name="payment")
    op.drop_index(op.f("ix_payment_created_at"), table_name="payment")
    op.drop_table("payment")
    op.drop_index(op.f("ix_message_provider_ref"), table_name="message")
    op.drop_index(op.f("ix_message_meter_id"), table_name="message")
    op.drop_index(op.f("ix_message_created_at"), table_name="message")
    op.drop_index(op.f("ix_message_contact_id"), table_name="message")
    op.drop_index(op.f("ix_message_cause_id"), table_name="message")
    op.drop_table("message")
    op.drop_index("outbox_subject", table_name="outbox")
    op.drop_index("outbox_route", table_name="outbox", postgresql_where=sa.text("done_at is null"))
    op.drop_index("outbox_due", table_name="outbox", postgresql_where=sa.text("done_at is null"))
    op.drop_index("one_promise_at_a_time", table_name="outbox", postgresql_where=sa.text("done_at is null"))
    op.drop_table("outbox")
    op.drop_index(op.f("ix_meter_silent_after"), table_name="meter")
    op.drop_index(op.f("ix_meter_concentrator_id"), table_name="meter")
    op.drop_index(op.f("ix_meter_account_id"), table_name="meter")
    op.drop_table("meter")
    op.drop_index(op.f("ix_contact_account_id"), table_name="contact")
    op.drop_table("contact")
    op.drop_index(op.f("ix_staff_session_staff_id"), table_name="staff_session")
    op.drop_index(op.f("ix_staff_session_expires_at"), table_name="staff_session")
    op.drop_table("staff_session")
    op.drop_index(op.f("ix_ledger_entry_ledger_account"), table_name="ledger_entry")
    op.drop_index(op.f("ix_ledger_entry_booking_id"), table_name="ledger_entry")
    op.drop_table("ledger_entry")
    op.drop_index(op.f("ix_concentrator_node_id"), table_name="concentrator")
    op.drop_index(op.f("ix_concentrator_front_end"), table_name="concentrator")
    op.drop_table("concentrator")
    op.drop_index(op.f("ix_audit_subject_id"), table_name="audit")
    op.drop_index(op.f("ix_audit_staff_id"), table_name="audit")
    op.drop_index(op.f("ix_audit_at"), table_name="audit")
    op.drop_table("audit")
    op.drop_index(op.f("ix_account_customer_id"), table_name="account")
    op.drop_table("account")
    op.drop_table("tariff")
    op.drop_table("staff")
    op.drop_index(op.f("ix_sign_in_tries_tried_at"), table_name="sign_in_tries")
    op.drop_table("sign_in_tries")
    op.drop_index(op.f("ix_payment_callback_order_ref"), table_name="payment_callback")
    op.drop_table("payment_callback")
    op.drop_table("meter_model")
    op.drop_index(op.f("ix_grid_node_path"), table_name="grid_node")
    op.drop_index(op.f("ix_grid_node_parent_id"), table_name="grid_node")
    op.drop_table("grid_node")
    op.drop_table("front_end")
    op.drop_table("customer")
    op.drop_index(op.f("ix_booking_subject_id"), table_name="booking")
    op.drop_table("booking")
