"""Hold what residents hold in the hand"""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "bill_day",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("bill_minor", sa.BigInteger(), nullable=False),
        sa.Column("ours_minor", sa.BigInteger(), nullable=False),
        sa.Column("learned", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("differing", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("provider", "day"),
    )
    op.create_table(
        "login_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("phone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("locale", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("asked_from", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("tries >= 0", name="tries_not_negative"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_login_code_asked_from"), "login_code", ["asked_from"], unique=False)
    op.create_index(op.f("ix_login_code_made_at"), "login_code", ["made_at"], unique=False)
    op.create_index(op.f("ix_login_code_phone"), "login_code", ["phone"], unique=False)
    op.create_table(
        "resident",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("phone", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("openid", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("locale", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("large_type", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("phone is not null or openid is not null", name="known_by_something"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("openid"),
        sa.UniqueConstraint("phone"),
    )
    op.create_table(
        "agreement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("provider_ref", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("most_minor", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["resident.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_agreement_resident_id"), "agreement", ["resident_id"], unique=False)
    op.create_table(
        "announcement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=True),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("title_zh", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("title_en", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("text_zh", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("text_en", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('planned', 'unplanned', 'news')", name="kind_known"),
        sa.CheckConstraint("state in ('published', 'restored', 'withdrawn')", name="state_known"),
        sa.CheckConstraint("until_at > from_at", name="ends_after_it_begins"),
        sa.ForeignKeyConstraint(
            ["node_id"],
            ["grid_node.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_announcement_node_id"), "announcement", ["node_id"], unique=False)
    op.create_index(op.f("ix_announcement_published_at"), "announcement", ["published_at"], unique=False)
    op.create_index(op.f("ix_announcement_until_at"), "announcement", ["until_at"], unique=False)
    op.create_table(
        "resident_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["resident.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("secret_hash"),
    )
    op.create_index(op.f("ix_resident_session_expires_at"), "resident_session", ["expires_at"], unique=False)
    op.create_index(op.f("ix_resident_session_resident_id"), "resident_session", ["resident_id"], unique=False)
    op.create_table(
        "announcement_update",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("announcement_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("text_zh", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("text_en", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcement.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_announcement_update_announcement_id"), "announcement_update", ["announcement_id"], unique=False
    )
    op.create_table(
        "kiosk",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("concentrator_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("code_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("code_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_key", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("health", sa.JSON(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('waiting', 'active', 'locked', 'revoked')", name="state_known"),
        sa.CheckConstraint("sequence >= 0", name="sequence_not_negative"),
        sa.ForeignKeyConstraint(
            ["concentrator_id"],
            ["concentrator.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code_hash"),
    )
    op.create_index(op.f("ix_kiosk_concentrator_id"), "kiosk", ["concentrator_id"], unique=False)
    op.create_table(
        "address_proof",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("locale", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["resident.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_address_proof_made_at"), "address_proof", ["made_at"], unique=False)
    op.create_index(op.f("ix_address_proof_meter_id"), "address_proof", ["meter_id"], unique=False)
    op.create_index(op.f("ix_address_proof_resident_id"), "address_proof", ["resident_id"], unique=False)
    op.create_table(
        "alert_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("second", sa.Integer(), nullable=False),
        sa.Column("cycle", sa.String(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.CheckConstraint("cycle in ('none', 'once', 'daily')", name="cycle_known"),
        sa.CheckConstraint("unit in ('money', 'days')", name="unit_known"),
        sa.CheckConstraint("first > second and second >= 0", name="levels_in_order"),
        sa.CheckConstraint("hour between 0 and 23", name="hour_of_day"),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("meter_id"),
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["made_by"],
            ["resident.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("secret_hash"),
    )
    op.create_index(op.f("ix_invitation_made_by"), "invitation", ["made_by"], unique=False)
    op.create_index(op.f("ix_invitation_meter_id"), "invitation", ["meter_id"], unique=False)
    op.create_table(
        "kept_meter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("standing", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=True),
        sa.Column("nickname", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("standing in ('holder', 'family', 'payer')", name="standing_known"),
        sa.ForeignKeyConstraint(
            ["invited_by"],
            ["resident.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["resident.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("resident_id", "meter_id"),
    )
    op.create_index(op.f("ix_kept_meter_invited_by"), "kept_meter", ["invited_by"], unique=False)
    op.create_index(op.f("ix_kept_meter_meter_id"), "kept_meter", ["meter_id"], unique=False)
    op.create_index(op.f("ix_kept_meter_resident_id"), "kept_meter", ["resident_id"], unique=False)
    op.create_table(
        "kiosk_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kiosk_id", sa.Uuid(), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["kiosk_id"],
            ["kiosk.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kiosk_id", "entry"),
    )
    op.create_index(op.f("ix_kiosk_event_kiosk_id"), "kiosk_event", ["kiosk_id"], unique=False)
    op.create_index(op.f("ix_kiosk_event_meter_id"), "kiosk_event", ["meter_id"], unique=False)
    op.create_table(
        "kiosk_nonce",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kiosk_id", sa.Uuid(), nullable=False),
        sa.Column("nonce", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["kiosk_id"],
            ["kiosk.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kiosk_id", "nonce"),
    )
    op.create_index(op.f("ix_kiosk_nonce_kiosk_id"), "kiosk_nonce", ["kiosk_id"], unique=False)
    op.create_index(op.f("ix_kiosk_nonce_used_at"), "kiosk_nonce", ["used_at"], unique=False)
    op.create_table(
        "pay_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("secret_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("greeting", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose in ('gift', 'reminder', 'rule')", name="purpose_known"),
        sa.ForeignKeyConstraint(
            ["made_by"],
            ["resident.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("secret_hash"),
    )
    op.create_index(op.f("ix_pay_link_made_by"), "pay_link", ["made_by"], unique=False)
    op.create_index(op.f("ix_pay_link_meter_id"), "pay_link", ["meter_id"], unique=False)
    op.create_table(
        "still_out",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("announcement_id", sa.Uuid(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcement.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("announcement_id", "meter_id"),
    )
    op.create_index(op.f("ix_still_out_announcement_id"), "still_out", ["announcement_id"], unique=False)
    op.create_index(op.f("ix_still_out_meter_id"), "still_out", ["meter_id"], unique=False)
    op.create_table(
        "top_up_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("below_minor", sa.BigInteger(), nullable=False),
        sa.Column("day_of_month", sa.Integer(), nullable=False),
        sa.Column("most_a_month", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acted_on", sa.Date(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('low', 'monthly')", name="kind_known"),
        sa.CheckConstraint("amount_minor > 0", name="amount_positive"),
        sa.CheckConstraint("day_of_month between 1 and 28", name="day_in_every_month"),
        sa.ForeignKeyConstraint(
            ["agreement_id"],
            ["agreement.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["resident.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_top_up_rule_meter_id"), "top_up_rule", ["meter_id"], unique=False)
    op.create_index(op.f("ix_top_up_rule_resident_id"), "top_up_rule", ["resident_id"], unique=False)
    op.create_table(
        "advance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("purchase_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("repaid_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name="amount_positive"),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
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
        sa.UniqueConstraint("purchase_id"),
    )
    op.create_index(op.f("ix_advance_account_id"), "advance", ["account_id"], unique=False)
    op.create_index(op.f("ix_advance_meter_id"), "advance", ["meter_id"], unique=False)
    op.create_index(
        "one_open_advance", "advance", ["account_id"], unique=True, postgresql_where=sa.text("repaid_at is null")
    )
    op.create_table(
        "refund",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("provider", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("order_ref", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("review_id", sa.Uuid(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.CheckConstraint("state in ('due', 'asked', 'done', 'refused')", name="state_known"),
        sa.CheckConstraint("amount_minor > 0", name="amount_positive"),
        sa.ForeignKeyConstraint(
            ["payment_id"],
            ["payment.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["review.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("ref"),
    )
    op.create_index(op.f("ix_refund_order_ref"), "refund", ["order_ref"], unique=False)
    op.create_index(op.f("ix_refund_payment_id"), "refund", ["payment_id"], unique=False)
    op.create_index(op.f("ix_refund_review_id"), "refund", ["review_id"], unique=False)
    op.add_column("message", sa.Column("address", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.alter_column("message", "contact_id", existing_type=sa.UUID(), nullable=True)
    op.alter_column("message", "meter_id", existing_type=sa.UUID(), nullable=True)
    op.add_column("payment", sa.Column("way", sa.String(), server_default="page", nullable=False))
    op.add_column("payment", sa.Column("resident_id", sa.Uuid(), nullable=True))
    op.add_column("payment", sa.Column("link_id", sa.Uuid(), nullable=True))
    op.add_column("payment", sa.Column("rule_id", sa.Uuid(), nullable=True))
    op.add_column("payment", sa.Column("kiosk_id", sa.Uuid(), nullable=True))
    op.add_column("payment", sa.Column("staff_id", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_payment_kiosk_id"), "payment", ["kiosk_id"], unique=False)
    op.create_index(op.f("ix_payment_link_id"), "payment", ["link_id"], unique=False)
    op.create_index(op.f("ix_payment_resident_id"), "payment", ["resident_id"], unique=False)
    op.create_index(op.f("ix_payment_rule_id"), "payment", ["rule_id"], unique=False)
    op.create_index(op.f("ix_payment_staff_id"), "payment", ["staff_id"], unique=False)
    op.create_foreign_key("payment_resident_id_fkey", "payment", "resident", ["resident_id"], ["id"])
    op.create_foreign_key("payment_staff_id_fkey", "payment", "staff", ["staff_id"], ["id"])
    op.create_foreign_key("payment_kiosk_id_fkey", "payment", "kiosk", ["kiosk_id"], ["id"])
    op.create_foreign_key("payment_link_id_fkey", "payment", "pay_link", ["link_id"], ["id"])
    op.create_foreign_key("payment_rule_id_fkey", "payment", "top_up_rule", ["rule_id"], ["id"])
    op.add_column("receipt", sa.Column("prints", sa.Integer(), server_default="0", nullable=False))
    op.drop_constraint("kind_known", "booking", type_="check")
    op.create_check_constraint(
        "kind_known", "booking", "kind in ('payment', 'arrears', 'credit', 'resolution', 'advance', 'refund')"
    )
    op.drop_constraint("kind_known", "message", type_="check")
    op.create_check_constraint(
        "kind_known",
        "message",
        "kind in ('purchase_credited', 'purchase_token', 'alarm_a', 'alarm_b', 'login_code', 'confirm_address', 'receipt', 'top_up_due', 'top_up_failed', 'refund_done')",
    )
    op.create_check_constraint("to_one", "message", "(contact_id is null) <> (address is null)")
    op.create_check_constraint(
        "way_known", "payment", "way in ('page', 'in_app', 'qr', 'barcode', 'cash', 'agreement')"
    )
    op.drop_constraint("kind_known", "purchase", type_="check")
    op.create_check_constraint("kind_known", "purchase", "kind in ('sale', 'advance')")
    op.drop_constraint("kind_known", "review", type_="check")
    op.create_check_constraint(
        "kind_known",
        "review",
        "kind in ('unknown_order', 'wrong_amount', 'wrong_currency', 'paid_twice', 'paid_after_review', 'not_on_bill', 'bill_differs', 'meter_refused', 'count_confused', 'relay_not_proved', 'work_order', 'attempts_spent', 'unknown_concentrator', 'two_concentrators', 'token_not_issued', 'kiosk_sick', 'refund_refused')",
    )


def downgrade() -> None:
    op.drop_constraint("kind_known", "booking", type_="check")
    op.create_check_constraint("kind_known", "booking", "kind in ('payment', 'arrears', 'credit', 'resolution')")
    op.drop_constraint("kind_known", "message", type_="check")
    op.create_check_constraint(
        "kind_known", "message", "kind in ('purchase_credited', 'purchase_token', 'alarm_a', 'alarm_b')"
    )
    op.drop_constraint("to_one", "message", type_="check")
    op.drop_constraint("way_known", "payment", type_="check")
    op.drop_constraint("kind_known", "purchase", type_="check")
    op.create_check_constraint("kind_known", "purchase", "((kind)::text = 'sale'::text)")
    op.drop_constraint("kind_known", "review", type_="check")
    op.create_check_constraint(
        "kind_known",
        "review",
        "kind in ('unknown_order', 'wrong_amount', 'wrong_currency', 'paid_twice', 'paid_after_review', 'not_on_bill', 'bill_differs', 'meter_refused', 'count_confused', 'relay_not_proved', 'work_order', 'attempts_spent', 'unknown_concentrator', 'two_concentrators', 'token_not_issued')",
    )
    op.drop_column("receipt", "prints")
    # WARNING: constraint name is None; this directive will fail as
    # rendered.  Add a name, or use a naming convention; see
    # https://alembic.sqlalchemy.org/en/latest/naming.html
    op.drop_constraint("payment_rule_id_fkey", "payment", type_="foreignkey")
    # WARNING: constraint name is None; this directive will fail as
    # rendered.  Add a name, or use a naming convention; see
    # https://alembic.sqlalchemy.org/en/latest/naming.html
    op.drop_constraint("payment_link_id_fkey", "payment", type_="foreignkey")
    # WARNING: constraint name is None; this directive will fail as
    # rendered.  Add a name, or use a naming convention; see
    # https://alembic.sqlalchemy.org/en/latest/naming.html
    op.drop_constraint("payment_kiosk_id_fkey", "payment", type_="foreignkey")
    # WARNING: constraint name is None; this directive will fail as
    # rendered.  Add a name, or use a naming convention; see
    # https://alembic.sqlalchemy.org/en/latest/naming.html
    op.drop_constraint("payment_staff_id_fkey", "payment", type_="foreignkey")
    # WARNING: constraint name is None; this directive will fail as
    # rendered.  Add a name, or use a naming convention; see
    # https://alembic.sqlalchemy.org/en/latest/naming.html
    op.drop_constraint("payment_resident_id_fkey", "payment", type_="foreignkey")
    op.drop_index(op.f("ix_payment_staff_id"), table_name="payment")
    op.drop_index(op.f("ix_payment_rule_id"), table_name="payment")
    op.drop_index(op.f("ix_payment_resident_id"), table_name="payment")
    op.drop_index(op.f("ix_payment_link_id"), table_name="payment")
    op.drop_index(op.f("ix_payment_kiosk_id"), table_name="payment")
    op.drop_column("payment", "staff_id")
    op.drop_column("payment", "kiosk_id")
    op.drop_column("payment", "rule_id")
    op.drop_column("payment", "link_id")
    op.drop_column("payment", "resident_id")
    op.drop_column("payment", "way")
    op.alter_column("message", "meter_id", existing_type=sa.UUID(), nullable=False)
    op.alter_column("message", "contact_id", existing_type=sa.UUID(), nullable=False)
    op.drop_column("message", "address")
    op.drop_index(op.f("ix_refund_review_id"), table_name="refund")
    op.drop_index(op.f("ix_refund_payment_id"), table_name="refund")
    op.drop_index(op.f("ix_refund_order_ref"), table_name="refund")
    op.drop_table("refund")
    op.drop_index("one_open_advance", table_name="advance", postgresql_where=sa.text("repaid_at is null"))
    op.drop_index(op.f("ix_advance_meter_id"), table_name="advance")
    op.drop_index(op.f("ix_advance_account_id"), table_name="advance")
    op.drop_table("advance")
    op.drop_index(op.f("ix_top_up_rule_resident_id"), table_name="top_up_rule")
    op.drop_index(op.f("ix_top_up_rule_meter_id"), table_name="top_up_rule")
    op.drop_table("top_up_rule")
    op.drop_index(op.f("ix_still_out_meter_id"), table_name="still_out")
    op.drop_index(op.f("ix_still_out_announcement_id"), table_name="still_out")
    op.drop_table("still_out")
    op.drop_index(op.f("ix_pay_link_meter_id"), table_name="pay_link")
    op.drop_index(op.f("ix_pay_link_made_by"), table_name="pay_link")
    op.drop_table("pay_link")
    op.drop_index(op.f("ix_kiosk_nonce_used_at"), table_name="kiosk_nonce")
    op.drop_index(op.f("ix_kiosk_nonce_kiosk_id"), table_name="kiosk_nonce")
    op.drop_table("kiosk_nonce")
    op.drop_index(op.f("ix_kiosk_event_meter_id"), table_name="kiosk_event")
    op.drop_index(op.f("ix_kiosk_event_kiosk_id"), table_name="kiosk_event")
    op.drop_table("kiosk_event")
    op.drop_index(op.f("ix_kept_meter_resident_id"), table_name="kept_meter")
    op.drop_index(op.f("ix_kept_meter_meter_id"), table_name="kept_meter")
    op.drop_index(op.f("ix_kept_meter_invited_by"), table_name="kept_meter")
    op.drop_table("kept_meter")
    op.drop_index(op.f("ix_invitation_meter_id"), table_name="invitation")
    op.drop_index(op.f("ix_invitation_made_by"), table_name="invitation")
    op.drop_table("invitation")
    op.drop_table("alert_rule")
    op.drop_index(op.f("ix_address_proof_resident_id"), table_name="address_proof")
    op.drop_index(op.f("ix_address_proof_meter_id"), table_name="address_proof")
    op.drop_index(op.f("ix_address_proof_made_at"), table_name="address_proof")
    op.drop_table("address_proof")
    op.drop_index(op.f("ix_kiosk_concentrator_id"), table_name="kiosk")
    op.drop_table("kiosk")
    op.drop_index(op.f("ix_announcement_update_announcement_id"), table_name="announcement_update")
    op.drop_table("announcement_update")
    op.drop_index(op.f("ix_resident_session_resident_id"), table_name="resident_session")
    op.drop_index(op.f("ix_resident_session_expires_at"), table_name="resident_session")
    op.drop_table("resident_session")
    op.drop_index(op.f("ix_announcement_until_at"), table_name="announcement")
    op.drop_index(op.f("ix_announcement_published_at"), table_name="announcement")
    op.drop_index(op.f("ix_announcement_node_id"), table_name="announcement")
    op.drop_table("announcement")
    op.drop_index(op.f("ix_agreement_resident_id"), table_name="agreement")
    op.drop_table("agreement")
    op.drop_table("resident")
    op.drop_index(op.f("ix_login_code_phone"), table_name="login_code")
    op.drop_index(op.f("ix_login_code_made_at"), table_name="login_code")
    op.drop_index(op.f("ix_login_code_asked_from"), table_name="login_code")
    op.drop_table("login_code")
    op.drop_table("bill_day")
