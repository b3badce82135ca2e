"""Warn before the light goes"""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


# Whoever signed in before there were roles goes on doing everything; an administrator narrows it down.
_ROLES = """
    insert into staff_role (staff_id, role) select staff.id, roles.role from staff,
    (values ('service'), ('cashier'), ('operator'), ('finance'), ('admin')) as roles (role)
"""


# The two levels that were columns of each meter become the usual policy; accounts that differ keep what they had.
_POLICY = """
    with usual as (
        select alarm_a_minor as a, alarm_b_minor as b from meter group by 1, 2 order by count(*) desc, 1, 2 limit 1
    ), made as (
        insert into alarm_policy (id, name, usual, margin_minor)
        select gen_random_uuid(), 'Usual', true, 100 from usual returning id
    )
    insert into alarm_policy_level (id, policy_id, depth, tone, unit, value, "on", cycle, hour)
    select gen_random_uuid(), made.id, each.depth, each.tone, 'money', each.value, true, 'once', 9
    from made, usual, lateral (
        values (1, 'notice', usual.a), (2, 'urgent', usual.b), (3, 'owing', 0)
    ) as each (depth, tone, value)
"""
_DIFFERENT = """
    with differs as (
        select distinct on (meter.account_id) meter.account_id, alarm_a_minor as a, alarm_b_minor as b from meter
        where not exists (
            select from alarm_policy_level first
            join alarm_policy_level second on second.policy_id = first.policy_id and second.depth = 2
            where first.depth = 1 and first.value = alarm_a_minor and second.value = alarm_b_minor)
        order by meter.account_id, meter.number
    )
    insert into account_level (id, account_id, depth, unit, value, "on")
    select gen_random_uuid(), account_id, each.depth, 'money', each.value, true
    from differs, lateral (values (1, differs.a), (2, differs.b)) as each (depth, value)
"""
_FIGURES_OF_OLD = """
    update meter set
        alarm_a_minor = coalesce(
            (select l.value from account_level l where l.account_id = meter.account_id and l.depth = 1),
            (select l.value from alarm_policy_level l join alarm_policy p on p.id = l.policy_id
             where p.usual and l.depth = 1 and l.unit = 'money'), 2000),
        alarm_b_minor = coalesce(
            (select l.value from account_level l where l.account_id = meter.account_id and l.depth = 2),
            (select l.value from alarm_policy_level l join alarm_policy p on p.id = l.policy_id
             where p.usual and l.depth = 2 and l.unit = 'money'), 500),
        alarm_level = case alarm_depth when 0 then 'normal' when 1 then 'a' else 'b' end
"""


def _make_levels_data() -> None:
    op.execute(_POLICY)
    op.execute(_DIFFERENT)
    op.add_column("meter", sa.Column("alarm_depth", sa.Integer(), server_default="0", nullable=False))
    op.execute("update meter set alarm_depth = case alarm_level when 'a' then 1 when 'b' then 2 else 0 end")
    for column in ("alarm_a_minor", "alarm_b_minor", "alarm_level"):
        op.drop_column("meter", column)
    op.add_column("alarm", sa.Column("depth", sa.Integer(), server_default="1", nullable=False))
    op.add_column("alarm", sa.Column("tone", sa.String(), server_default="notice", nullable=False))
    op.execute("update alarm set depth = 2, tone = 'urgent' where level = 'b'")
    op.drop_index("one_open_episode", table_name="alarm")
    op.drop_column("alarm", "level")
    still = sa.text("closed_at is null")
    op.create_index("one_open_episode", "alarm", ["meter_id", "depth"], unique=True, postgresql_where=still)
    op.add_column("alert_rule", sa.Column("figures", sa.ARRAY(sa.BigInteger()), server_default="{}", nullable=False))
    op.execute("update alert_rule set figures = array[first, second]")
    op.drop_column("alert_rule", "first")
    op.drop_column("alert_rule", "second")
    op.create_check_constraint(
        "levels_in_order",
        "alert_rule",
        "cardinality(figures) between 1 and 9 and 0 <= all (figures) and coalesce(figures[1] > figures[2], true) and coalesce(figures[2] > figures[3], true) and coalesce(figures[3] > figures[4], true) and coalesce(figures[4] > figures[5], true) and coalesce(figures[5] > figures[6], true) and coalesce(figures[6] > figures[7], true) and coalesce(figures[7] > figures[8], true) and coalesce(figures[8] > figures[9], true)",
    )


def _make_levels_columns() -> None:
    op.add_column("alert_rule", sa.Column("first", sa.Integer(), server_default="2000", nullable=False))
    op.add_column("alert_rule", sa.Column("second", sa.Integer(), server_default="500", nullable=False))
    op.execute("update alert_rule set second = coalesce(figures[2], 0)")
    op.execute("update alert_rule set first = greatest(figures[1], second + 1)")
    op.drop_column("alert_rule", "figures")
    op.create_check_constraint("levels_in_order", "alert_rule", "first > second and second >= 0")
    op.add_column("alarm", sa.Column("level", sa.String(), server_default="a", nullable=False))
    op.execute("update alarm set closed_at = opened_at where depth > 2 and closed_at is null")
    op.execute("update alarm set level = case depth when 1 then 'a' else 'b' end")
    op.drop_index("one_open_episode", table_name="alarm")
    op.drop_column("alarm", "tone")
    op.drop_column("alarm", "depth")
    still = sa.text("closed_at is null")
    op.create_index("one_open_episode", "alarm", ["meter_id", "level"], unique=True, postgresql_where=still)
    op.create_check_constraint("level_known", "alarm", "level in ('normal', 'a', 'b')")
    for column, usual in (("alarm_a_minor", "2000"), ("alarm_b_minor", "500")):
        op.add_column("meter", sa.Column(column, sa.BigInteger(), server_default=usual, nullable=False))
    op.add_column("meter", sa.Column("alarm_level", sa.String(), server_default="normal", nullable=False))
    op.execute(_FIGURES_OF_OLD)
    op.drop_column("meter", "alarm_depth")


_SPENT = """
    update meter set spent_since = balance_read_at where balance_minor <= -overdraft_limit_minor
"""

# What the revision before has no words for goes with what it belonged to; the rest stays as near to it as can be.
_FORGET = (
    """create temporary table later_message on commit drop as select id from message
        where channel not in ('sms', 'email')
        or contact_id in (select id from contact where channel not in ('sms', 'email'))
        or kind not in ('purchase_credited', 'purchase_token', 'alarm_a', 'alarm_b', 'login_code', 'confirm_address',
            'receipt', 'top_up_due', 'top_up_failed', 'refund_done')""",
    "delete from message_attempt",
    "delete from api_message",
    "delete from inbound_message",
    "delete from suppression",
    "update message set stands_in_for_id = null, replaced_by_id = null",
    "update contact set stands_in_for_id = null",
    "delete from outbox where subject_id in (select id from later_message)",
    """delete from outbox where job in
        ('escalate_alarm', 'fall_back', 'step_campaign', 'step_levels', 'play_delivery')""",
    "update outbox set job = 'send_message' where job = 'send_bulk'",
    "delete from message_event where message_id in (select id from later_message)",
    "delete from message where id in (select id from later_message)",
    "delete from contact where channel not in ('sms', 'email')",
    "update message set state = 'failed' where state = 'given_up'",
    "update message set state = 'dropped' where state = 'replaced'",
    "update announcement set kind = 'planned' where kind = 'temporary'",
    """delete from review where kind in
        ('cut_held', 'still_out', 'disconnection', 'device_unanswered', 'template_broken')""",
    "delete from alert_rule where unit not in ('money', 'days')",
)


def upgrade() -> None:
    op.create_table(
        "alarm_policy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("usual", sa.Boolean(), nullable=False),
        sa.Column("margin_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("margin_minor >= 0", name="margin_not_negative"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_index("one_usual_policy", "alarm_policy", ["usual"], unique=True, postgresql_where=sa.text("usual"))
    op.create_table(
        "alarm_scheme",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "carrier",
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("medium", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("resting_share", sa.Integer(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("off_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("off_reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint("medium in ('sms', 'voice', 'email', 'wechat', 'webhook', 'inbox')", name="medium_known"),
        sa.CheckConstraint("resting_share between 0 and 100", name="resting_share_in_range"),
        sa.CheckConstraint("share between 0 and 100", name="share_in_range"),
        sa.PrimaryKeyConstraint("name", "medium"),
    )
    op.create_table(
        "responsible_person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("phone", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("email", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("locale", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_to", sa.Time(), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "alarm_policy_level",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("tone", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("on", sa.Boolean(), nullable=False),
        sa.Column("cycle", sa.String(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.CheckConstraint("cycle in ('none', 'once', 'daily')", name="cycle_known"),
        sa.CheckConstraint("tone in ('notice', 'urgent', 'owing')", name="tone_known"),
        sa.CheckConstraint("unit in ('money', 'days', 'percent')", name="unit_known"),
        sa.CheckConstraint("depth between 1 and 9", name="depth_in_range"),
        sa.CheckConstraint("hour between 0 and 23", name="hour_of_day"),
        sa.ForeignKeyConstraint(
            ["policy_id"],
            ["alarm_policy.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("policy_id", "depth"),
    )
    op.create_index(op.f("ix_alarm_policy_level_policy_id"), "alarm_policy_level", ["policy_id"], unique=False)
    op.create_table(
        "amnesty",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("until_at is null or until_at > from_at", name="ends_after_it_begins"),
        sa.ForeignKeyConstraint(
            ["ended_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["made_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["node_id"],
            ["grid_node.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_amnesty_node_id"), "amnesty", ["node_id"], unique=False)
    op.create_index(op.f("ix_amnesty_until_at"), "amnesty", ["until_at"], unique=False)
    op.create_index(
        "one_amnesty_by_itself",
        "amnesty",
        ["node_id", "reason"],
        unique=True,
        postgresql_where=sa.text("made_by is null and ended_at is null"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("mode", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("secret_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("mode in ('live', 'trial', 'test')", name="mode_known"),
        sa.ForeignKeyConstraint(
            ["made_by"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("secret_hash"),
    )
    op.create_table(
        "carrier_move",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("medium", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("before", sa.Integer(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_carrier_move_at"), "carrier_move", ["at"], unique=False)
    op.create_index(op.f("ix_carrier_move_name"), "carrier_move", ["name"], unique=False)
    op.create_table(
        "level_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("policies", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("cursor", sa.Uuid(), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('policy', 'levels', 'use')", name="kind_known"),
        sa.CheckConstraint("state in ('drafting', 'drafted', 'applying', 'applied', 'stopped')", name="state_known"),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_level_change_made_at"), "level_change", ["made_at"], unique=False)
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code_hash"),
    )
    op.create_index(op.f("ix_recovery_code_staff_id"), "recovery_code", ["staff_id"], unique=False)
    op.create_table(
        "rule_set",
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["changed_by"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "scheme_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("escalates_after_min", sa.Integer(), nullable=False),
        sa.Column("to_residents", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind in ('concentrator_silent', 'concentrator_contested', 'meter_silent', 'power_off', 'meter_fault', 'relay_fault', 'low_balance', 'tamper', 'clock_wrong')",
            name="kind_known",
        ),
        sa.CheckConstraint("escalates_after_min > 0", name="escalates_later"),
        sa.ForeignKeyConstraint(
            ["scheme_id"],
            ["alarm_scheme.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("scheme_id", "kind"),
    )
    op.create_index(op.f("ix_scheme_event_scheme_id"), "scheme_event", ["scheme_id"], unique=False)
    op.create_table(
        "scheme_person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.CheckConstraint("step between 1 and 9", name="step_in_range"),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["responsible_person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["scheme_id"],
            ["alarm_scheme.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("scheme_id", "person_id"),
    )
    op.create_index(op.f("ix_scheme_person_person_id"), "scheme_person", ["person_id"], unique=False)
    op.create_index(op.f("ix_scheme_person_scheme_id"), "scheme_person", ["scheme_id"], unique=False)
    op.create_table(
        "staff_role",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("role", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint("role in ('service', 'cashier', 'operator', 'finance', 'admin')", name="role_known"),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("staff_id", "role"),
    )
    op.create_table(
        "template_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("locale", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("channel", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("provider_codes", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("remark", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("channel in ('sms', 'voice', 'email', 'wechat', 'webhook', 'inbox')", name="channel_known"),
        sa.CheckConstraint(
            "kind in ('purchase_credited', 'purchase_token', 'alarm_a', 'alarm_b', 'login_code', 'confirm_address', 'receipt', 'top_up_due', 'top_up_failed', 'refund_done', 'alarm_owing', 'reminder', 'outage_planned', 'outage_now', 'outage_changed', 'outage_restored', 'outage_withdrawn', 'disconnected', 'device_event', 'meter_event', 'balance_answer', 'help_answer', 'still_out_answer')",
            name="kind_known",
        ),
        sa.CheckConstraint("state in ('draft', 'asked', 'in_use', 'refused', 'retired')", name="state_known"),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["written_by"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "locale", "channel", "number"),
    )
    op.create_index(
        "one_template_in_use",
        "template_version",
        ["kind", "locale", "channel"],
        unique=True,
        postgresql_where=sa.text("state = 'in_use'"),
    )
    op.create_table(
        "account_level",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("on", sa.Boolean(), nullable=False),
        sa.CheckConstraint("unit in ('money', 'days', 'percent')", name="unit_known"),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", "depth"),
    )
    op.create_index(op.f("ix_account_level_account_id"), "account_level", ["account_id"], unique=False)
    op.create_table(
        "campaign",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("purpose", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("announcement_id", sa.Uuid(), nullable=True),
        sa.Column("announcement_step", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("choice", sa.JSON(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("ceiling_minor", sa.BigInteger(), nullable=True),
        sa.Column("owing", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("item_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "kind in ('purchase_credited', 'purchase_token', 'alarm_a', 'alarm_b', 'login_code', 'confirm_address', 'receipt', 'top_up_due', 'top_up_failed', 'refund_done', 'alarm_owing', 'reminder', 'outage_planned', 'outage_now', 'outage_changed', 'outage_restored', 'outage_withdrawn', 'disconnected', 'device_event', 'meter_event', 'balance_answer', 'help_answer', 'still_out_answer')",
            name="kind_known",
        ),
        sa.CheckConstraint("purpose in ('reminder', 'outage')", name="purpose_known"),
        sa.CheckConstraint(
            "state in ('draft', 'scheduled', 'running', 'paused', 'stopped', 'done')", name="state_known"
        ),
        sa.CheckConstraint("rate > 0", name="rate_positive"),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcement.id"],
        ),
        sa.ForeignKeyConstraint(
            ["ended_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["made_by"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_campaign_announcement_id"), "campaign", ["announcement_id"], unique=False)
    op.create_index(op.f("ix_campaign_made_at"), "campaign", ["made_at"], unique=False)
    op.create_index(
        "one_send_a_step",
        "campaign",
        ["announcement_id", "announcement_step"],
        unique=True,
        postgresql_where=sa.text("announcement_id is not null"),
    )
    op.create_table(
        "level_change_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("average_minor", sa.BigInteger(), nullable=True),
        sa.Column("olds", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("news", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("set_values", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("before", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("kept", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("depth_before", sa.Integer(), nullable=False),
        sa.Column("depth_after", sa.Integer(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["change_id"],
            ["level_change.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("change_id", "account_id"),
    )
    op.create_index(op.f("ix_level_change_item_change_id"), "level_change_item", ["change_id"], unique=False)
    op.create_index("level_change_in_order", "level_change_item", ["change_id", "number"], unique=False)
    op.create_table(
        "campaign_fault",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("value", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaign.id"],
        ),
        sa.PrimaryKeyConstraint("campaign_id", "line"),
    )
    op.create_table(
        "campaign_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("locale", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint("state in ('waiting', 'planned', 'left_out', 'stopped')", name="state_known"),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaign.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("campaign_id", "place"),
    )
    op.create_index(
        "campaign_address_once",
        "campaign_item",
        ["campaign_id", "channel", "address"],
        unique=True,
        postgresql_where=sa.text("address <> ''"),
    )
    op.create_index(
        "campaign_items_waiting",
        "campaign_item",
        ["campaign_id", "place"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "campaign_meter_once",
        "campaign_item",
        ["campaign_id", "meter_id"],
        unique=True,
        postgresql_where=sa.text("address is null"),
    )
    op.create_index(op.f("ix_campaign_item_meter_id"), "campaign_item", ["meter_id"], unique=False)
    op.create_table(
        "cut_inquiry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("answer", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("balance_minor", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_cut_inquiry_at"), "cut_inquiry", ["at"], unique=False)
    op.create_index(op.f("ix_cut_inquiry_meter_id"), "cut_inquiry", ["meter_id"], unique=False)
    op.create_table(
        "device_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("concentrator_id", sa.Uuid(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=True),
        sa.Column("dedupe_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("detail", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind in ('concentrator_silent', 'concentrator_contested', 'meter_silent', 'power_off', 'meter_fault', 'relay_fault', 'low_balance', 'tamper', 'clock_wrong')",
            name="kind_known",
        ),
        sa.ForeignKeyConstraint(
            ["concentrator_id"],
            ["concentrator.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("dedupe_key"),
    )
    op.create_index(
        "device_events_open",
        "device_event",
        ["kind", "concentrator_id", "meter_id"],
        unique=False,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_index(op.f("ix_device_event_at"), "device_event", ["at"], unique=False)
    op.create_index(op.f("ix_device_event_concentrator_id"), "device_event", ["concentrator_id"], unique=False)
    op.create_index(op.f("ix_device_event_meter_id"), "device_event", ["meter_id"], unique=False)
    op.create_table(
        "disconnection",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=True),
        sa.Column("flagged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outreach_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("remark", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("outcome in ('paid', 'helped', 'moved_out', 'restored', 'other')", name="outcome_known"),
        sa.ForeignKeyConstraint(
            ["meter_id"],
            ["meter.id"],
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_disconnection_began_at"), "disconnection", ["began_at"], unique=False)
    op.create_index(op.f("ix_disconnection_meter_id"), "disconnection", ["meter_id"], unique=False)
    op.create_index(
        "one_open_disconnection",
        "disconnection",
        ["meter_id"],
        unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_table(
        "device_alarm",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("remark", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["acknowledged_by"],
            ["responsible_person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["device_event.id"],
        ),
        sa.ForeignKeyConstraint(
            ["scheme_id"],
            ["alarm_scheme.id"],
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("event_id"),
    )
    op.create_index(
        "device_alarms_open",
        "device_alarm",
        ["opened_at"],
        unique=False,
        postgresql_where=sa.text("acknowledged_at is null"),
    )
    op.create_index(op.f("ix_device_alarm_scheme_id"), "device_alarm", ["scheme_id"], unique=False)
    op.create_table(
        "api_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("asked_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("mode", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("variables", sa.JSON(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("refusal", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("mode in ('live', 'trial', 'test')", name="mode_known"),
        sa.ForeignKeyConstraint(
            ["key_id"],
            ["api_key.id"],
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["message.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key_id", "reference"),
    )
    op.create_index(op.f("ix_api_message_asked_at"), "api_message", ["asked_at"], unique=False)
    op.create_index(op.f("ix_api_message_message_id"), "api_message", ["message_id"], unique=False)
    op.create_table(
        "inbound_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("carrier", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("provider_ref", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("sender", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("sent_to", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("understood", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "understood in ('stop', 'start', 'help', 'balance', 'still_out', 'acknowledged', 'unclear')",
            name="understood_known",
        ),
        sa.ForeignKeyConstraint(
            ["answer_id"],
            ["message.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("carrier", "provider_ref"),
    )
    op.create_index(op.f("ix_inbound_message_at"), "inbound_message", ["at"], unique=False)
    op.create_index(op.f("ix_inbound_message_sender"), "inbound_message", ["sender"], unique=False)
    op.create_table(
        "message_attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("carrier", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("provider_ref", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["message.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("message_id", "number"),
    )
    op.create_index(op.f("ix_message_attempt_began_at"), "message_attempt", ["began_at"], unique=False)
    op.create_index(op.f("ix_message_attempt_message_id"), "message_attempt", ["message_id"], unique=False)
    op.create_table(
        "suppression",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("scope", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("evidence", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("channel in ('sms', 'voice', 'email', 'wechat', 'webhook', 'inbox')", name="channel_known"),
        sa.CheckConstraint(
            "reason in ('stop_word', 'unsubscribed', 'carrier', 'bounced', 'unreachable', 'staff')", name="reason_known"
        ),
        sa.CheckConstraint("scope in ('reminders', 'all')", name="scope_known"),
        sa.ForeignKeyConstraint(
            ["lifted_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["message.id"],
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_suppression_address"), "suppression", ["address"], unique=False)
    op.create_index(
        "one_suppression",
        "suppression",
        ["channel", "address", "scope"],
        unique=True,
        postgresql_where=sa.text("lifted_at is null"),
    )
    op.add_column("account", sa.Column("alarm_policy_id", sa.Uuid(), nullable=True))
    op.create_index(
        "account_number_begins", "account", ["number"], unique=False, postgresql_ops={"number": "varchar_pattern_ops"}
    )
    op.create_index(
        "accounts_in_arrears", "account", ["id"], unique=False, postgresql_where=sa.text("arrears_minor > 0")
    )
    op.create_index(op.f("ix_account_alarm_policy_id"), "account", ["alarm_policy_id"], unique=False)
    op.create_foreign_key("account_alarm_policy_id_fkey", "account", "alarm_policy", ["alarm_policy_id"], ["id"])
    op.add_column("announcement", sa.Column("staff_id", sa.Uuid(), nullable=True))
    op.add_column(
        "announcement",
        sa.Column("short_notice_reason", sqlmodel.sql.sqltypes.AutoString(), server_default="", nullable=False),
    )
    op.create_foreign_key("announcement_staff_id_fkey", "announcement", "staff", ["staff_id"], ["id"])
    op.add_column("announcement_update", sa.Column("staff_id", sa.Uuid(), nullable=True))
    op.create_foreign_key("announcement_update_staff_id_fkey", "announcement_update", "staff", ["staff_id"], ["id"])
    op.add_column("concentrator", sa.Column("alarm_scheme_id", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_concentrator_alarm_scheme_id"), "concentrator", ["alarm_scheme_id"], unique=False)
    op.create_foreign_key(
        "concentrator_alarm_scheme_id_fkey", "concentrator", "alarm_scheme", ["alarm_scheme_id"], ["id"]
    )
    op.add_column("contact", sa.Column("stands_in_for_id", sa.Uuid(), nullable=True))
    op.add_column("contact", sa.Column("wants_results", sa.Boolean(), server_default="true", nullable=False))
    op.create_index(op.f("ix_contact_address"), "contact", ["address"], unique=False)
    op.create_index(op.f("ix_contact_stands_in_for_id"), "contact", ["stands_in_for_id"], unique=False)
    op.create_foreign_key("contact_stands_in_for_id_fkey", "contact", "contact", ["stands_in_for_id"], ["id"])
    op.add_column("message", sa.Column("account_id", sa.Uuid(), nullable=True))
    op.add_column("message", sa.Column("campaign_id", sa.Uuid(), nullable=True))
    op.add_column("message", sa.Column("item_id", sa.Uuid(), nullable=True))
    op.add_column("message", sa.Column("stands_in_for_id", sa.Uuid(), nullable=True))
    op.add_column("message", sa.Column("replaced_by_id", sa.Uuid(), nullable=True))
    op.add_column("message", sa.Column("reading_id", sa.Uuid(), nullable=True))
    op.add_column("message", sa.Column("template_id", sa.Uuid(), nullable=True))
    op.add_column("message", sa.Column("importance", sa.SmallInteger(), server_default="20", nullable=False))
    op.add_column("message", sa.Column("segments", sa.Integer(), nullable=True))
    op.add_column("message", sa.Column("cost_e4", sa.Integer(), nullable=True))
    op.add_column("message", sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("rehearsed", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("message", sa.Column("wiped_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("unheard_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("quiet_from", sa.Time(), nullable=True))
    op.add_column("message", sa.Column("quiet_to", sa.Time(), nullable=True))
    op.create_index(
        "campaign_messages_unsent",
        "message",
        ["campaign_id", "not_before"],
        unique=False,
        postgresql_where=sa.text("campaign_id is not null and state in ('queued', 'sending', 'unknown')"),
    )
    op.create_index(op.f("ix_message_account_id"), "message", ["account_id"], unique=False)
    op.create_index(op.f("ix_message_campaign_id"), "message", ["campaign_id"], unique=False)
    op.create_index(op.f("ix_message_item_id"), "message", ["item_id"], unique=False)
    op.create_index(op.f("ix_message_stands_in_for_id"), "message", ["stands_in_for_id"], unique=False)
    op.create_index(
        "messages_to_address",
        "message",
        ["address", "created_at"],
        unique=False,
        postgresql_where=sa.text("address is not null"),
    )
    op.create_index(
        "messages_unheard",
        "message",
        ["unheard_since"],
        unique=False,
        postgresql_where=sa.text("state in ('sent', 'queued')"),
    )
    op.create_index(
        "messages_unsent", "message", ["meter_id"], unique=False, postgresql_where=sa.text("state = 'queued'")
    )
    op.create_foreign_key("message_reading_id_fkey", "message", "reading", ["reading_id"], ["id"])
    op.create_foreign_key("message_item_id_fkey", "message", "campaign_item", ["item_id"], ["id"])
    op.create_foreign_key("message_replaced_by_id_fkey", "message", "message", ["replaced_by_id"], ["id"])
    op.create_foreign_key("message_campaign_id_fkey", "message", "campaign", ["campaign_id"], ["id"])
    op.create_foreign_key("message_stands_in_for_id_fkey", "message", "message", ["stands_in_for_id"], ["id"])
    op.create_foreign_key("message_template_id_fkey", "message", "template_version", ["template_id"], ["id"])
    op.create_foreign_key("message_account_id_fkey", "message", "account", ["account_id"], ["id"])
    op.add_column("meter", sa.Column("spent_since", sa.DateTime(timezone=True), nullable=True))
    op.execute(_SPENT)
    op.create_index(
        "meter_number_begins", "meter", ["number"], unique=False, postgresql_ops={"number": "varchar_pattern_ops"}
    )
    op.create_index(
        "meters_by_balance",
        "meter",
        [sa.literal_column("coalesce(balance_minor, 9223372036854775807)"), "id"],
        unique=False,
    )
    op.create_index(
        "meters_without_money",
        "meter",
        ["spent_since", "id"],
        unique=False,
        postgresql_where=sa.text("spent_since is not null"),
    )
    op.add_column("outbox", sa.Column("importance", sa.SmallInteger(), server_default="20", nullable=False))
    op.drop_index(op.f("outbox_due"), table_name="outbox", postgresql_where="(done_at IS NULL)")
    op.create_index(
        "outbox_due", "outbox", ["importance", "due_at"], unique=False, postgresql_where=sa.text("done_at is null")
    )
    op.add_column("staff", sa.Column("totp_sealed", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column("staff", sa.Column("totp_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("staff", sa.Column("totp_last_step", sa.BigInteger(), nullable=True))
    op.add_column("staff", sa.Column("left_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("staff_session", sa.Column("second_step_at", sa.DateTime(timezone=True), nullable=True))
    _make_levels_data()
    op.create_check_constraint("depth_in_range", "alarm", "depth between 1 and 9")
    op.create_check_constraint("tone_known", "alarm", "tone in ('notice', 'urgent', 'owing')")
    op.drop_constraint("unit_known", "alert_rule", type_="check")
    op.create_check_constraint("unit_known", "alert_rule", "unit in ('money', 'days', 'percent')")
    op.drop_constraint("kind_known", "announcement", type_="check")
    op.create_check_constraint("kind_known", "announcement", "kind in ('planned', 'temporary', 'unplanned', 'news')")
    op.drop_constraint("channel_known", "contact", type_="check")
    op.create_check_constraint(
        "channel_known", "contact", "channel in ('sms', 'voice', 'email', 'wechat', 'webhook', 'inbox')"
    )
    op.drop_constraint("channel_known", "message", type_="check")
    op.create_check_constraint(
        "channel_known", "message", "channel in ('sms', 'voice', 'email', 'wechat', 'webhook', 'inbox')"
    )
    op.drop_constraint("kind_known", "message", type_="check")
    op.create_check_constraint(
        "kind_known",
        "message",
        "kind in ('purchase_credited', 'purchase_token', 'alarm_a', 'alarm_b', 'login_code', 'confirm_address', 'receipt', 'top_up_due', 'top_up_failed', 'refund_done', 'alarm_owing', 'reminder', 'outage_planned', 'outage_now', 'outage_changed', 'outage_restored', 'outage_withdrawn', 'disconnected', 'device_event', 'meter_event', 'balance_answer', 'help_answer', 'still_out_answer')",
    )
    op.drop_constraint("state_known", "message", type_="check")
    op.create_check_constraint(
        "state_known",
        "message",
        "state in ('queued', 'sending', 'unknown', 'sent', 'delivered', 'failed', 'given_up', 'expired', 'dropped', 'replaced')",
    )
    op.drop_constraint("to_one", "message", type_="check")
    op.create_check_constraint("to_one", "message", "num_nonnulls(contact_id, address, account_id) = 1")
    op.create_check_constraint("alarm_depth_in_range", "meter", "alarm_depth between 0 and 9")
    op.drop_constraint("kind_known", "review", type_="check")
    op.create_check_constraint(
        "kind_known",
        "review",
        "kind in ('unknown_order', 'wrong_amount', 'wrong_currency', 'paid_twice', 'paid_after_review', 'not_on_bill', 'bill_differs', 'meter_refused', 'count_confused', 'relay_not_proved', 'work_order', 'attempts_spent', 'unknown_concentrator', 'two_concentrators', 'token_not_issued', 'kiosk_sick', 'refund_refused', 'cut_held', 'still_out', 'disconnection', 'device_unanswered', 'template_broken')",
    )
    op.execute(_ROLES)


def downgrade() -> None:
    for order in _FORGET:
        op.execute(order)
    _make_levels_columns()
    op.drop_constraint("unit_known", "alert_rule", type_="check")
    op.create_check_constraint("unit_known", "alert_rule", "unit in ('money', 'days')")
    op.drop_constraint("kind_known", "announcement", type_="check")
    op.create_check_constraint("kind_known", "announcement", "kind in ('planned', 'unplanned', 'news')")
    op.drop_constraint("channel_known", "contact", type_="check")
    op.create_check_constraint("channel_known", "contact", "channel in ('sms', 'email')")
    op.drop_constraint("channel_known", "message", type_="check")
    op.create_check_constraint("channel_known", "message", "channel in ('sms', 'email')")
    op.drop_constraint("kind_known", "message", type_="check")
    op.create_check_constraint(
        "kind_known",
        "message",
        "kind in ('purchase_credited', 'purchase_token', 'alarm_a', 'alarm_b', 'login_code', 'confirm_address', 'receipt', 'top_up_due', 'top_up_failed', 'refund_done')",
    )
    op.drop_constraint("state_known", "message", type_="check")
    op.create_check_constraint(
        "state_known",
        "message",
        "state in ('queued', 'sending', 'unknown', 'sent', 'delivered', 'failed', 'expired', 'dropped')",
    )
    op.drop_constraint("to_one", "message", type_="check")
    op.create_check_constraint("to_one", "message", "((contact_id IS NULL) <> (address IS NULL))")
    op.drop_constraint("kind_known", "review", type_="check")
    op.create_check_constraint(
        "kind_known",
        "review",
        "kind in ('unknown_order', 'wrong_amount', 'wrong_currency', 'paid_twice', 'paid_after_review', 'not_on_bill', 'bill_differs', 'meter_refused', 'count_confused', 'relay_not_proved', 'work_order', 'attempts_spent', 'unknown_concentrator', 'two_concentrators', 'token_not_issued', 'kiosk_sick', 'refund_refused')",
    )
    op.drop_column("staff_session", "second_step_at")
    op.drop_column("staff", "left_at")
    op.drop_column("staff", "totp_last_step")
    op.drop_column("staff", "totp_since")
    op.drop_column("staff", "totp_sealed")
    op.drop_index("outbox_due", table_name="outbox", postgresql_where=sa.text("done_at is null"))
    op.create_index(op.f("outbox_due"), "outbox", ["due_at"], unique=False, postgresql_where="(done_at IS NULL)")
    op.drop_column("outbox", "importance")
    op.drop_index("meters_without_money", table_name="meter", postgresql_where=sa.text("spent_since is not null"))
    op.drop_index("meters_by_balance", table_name="meter")
    op.drop_index("meter_number_begins", table_name="meter", postgresql_ops={"number": "varchar_pattern_ops"})
    op.drop_column("meter", "spent_since")
    op.drop_constraint("message_account_id_fkey", "message", type_="foreignkey")
    op.drop_constraint("message_template_id_fkey", "message", type_="foreignkey")
    op.drop_constraint("message_stands_in_for_id_fkey", "message", type_="foreignkey")
    op.drop_constraint("message_campaign_id_fkey", "message", type_="foreignkey")
    op.drop_constraint("message_replaced_by_id_fkey", "message", type_="foreignkey")
    op.drop_constraint("message_item_id_fkey", "message", type_="foreignkey")
    op.drop_constraint("message_reading_id_fkey", "message", type_="foreignkey")
    op.drop_index("messages_unsent", table_name="message", postgresql_where=sa.text("state = 'queued'"))
    op.drop_index("messages_unheard", table_name="message", postgresql_where=sa.text("state in ('sent', 'queued')"))
    op.drop_index("messages_to_address", table_name="message", postgresql_where=sa.text("address is not null"))
    op.drop_index(op.f("ix_message_stands_in_for_id"), table_name="message")
    op.drop_index(op.f("ix_message_item_id"), table_name="message")
    op.drop_index(op.f("ix_message_campaign_id"), table_name="message")
    op.drop_index(op.f("ix_message_account_id"), table_name="message")
    op.drop_index(
        "campaign_messages_unsent",
        table_name="message",
        postgresql_where=sa.text("campaign_id is not null and state in ('queued', 'sending', 'unknown')"),
    )
    op.drop_column("message", "quiet_to")
    op.drop_column("message", "quiet_from")
    op.drop_column("message", "unheard_since")
    op.drop_column("message", "wiped_at")
    op.drop_column("message", "rehearsed")
    op.drop_column("message", "read_at")
    op.drop_column("message", "delivered_at")
    op.drop_column("message", "cost_e4")
    op.drop_column("message", "segments")
    op.drop_column("message", "importance")
    op.drop_column("message", "template_id")
    op.drop_column("message", "reading_id")
    op.drop_column("message", "replaced_by_id")
    op.drop_column("message", "stands_in_for_id")
    op.drop_column("message", "item_id")
    op.drop_column("message", "campaign_id")
    op.drop_column("message", "account_id")
    op.drop_constraint("contact_stands_in_for_id_fkey", "contact", type_="foreignkey")
    op.drop_index(op.f("ix_contact_stands_in_for_id"), table_name="contact")
    op.drop_index(op.f("ix_contact_address"), table_name="contact")
    op.drop_column("contact", "wants_results")
    op.drop_column("contact", "stands_in_for_id")
    op.drop_constraint("concentrator_alarm_scheme_id_fkey", "concentrator", type_="foreignkey")
    op.drop_index(op.f("ix_concentrator_alarm_scheme_id"), table_name="concentrator")
    op.drop_column("concentrator", "alarm_scheme_id")
    op.drop_constraint("announcement_update_staff_id_fkey", "announcement_update", type_="foreignkey")
    op.drop_column("announcement_update", "staff_id")
    op.drop_constraint("announcement_staff_id_fkey", "announcement", type_="foreignkey")
    op.drop_column("announcement", "short_notice_reason")
    op.drop_column("announcement", "staff_id")
    op.drop_constraint("account_alarm_policy_id_fkey", "account", type_="foreignkey")
    op.drop_index(op.f("ix_account_alarm_policy_id"), table_name="account")
    op.drop_index("accounts_in_arrears", table_name="account", postgresql_where=sa.text("arrears_minor > 0"))
    op.drop_index("account_number_begins", table_name="account", postgresql_ops={"number": "varchar_pattern_ops"})
    op.drop_column("account", "alarm_policy_id")
    op.drop_index("one_suppression", table_name="suppression", postgresql_where=sa.text("lifted_at is null"))
    op.drop_index(op.f("ix_suppression_address"), table_name="suppression")
    op.drop_table("suppression")
    op.drop_index(op.f("ix_message_attempt_message_id"), table_name="message_attempt")
    op.drop_index(op.f("ix_message_attempt_began_at"), table_name="message_attempt")
    op.drop_table("message_attempt")
    op.drop_index(op.f("ix_inbound_message_sender"), table_name="inbound_message")
    op.drop_index(op.f("ix_inbound_message_at"), table_name="inbound_message")
    op.drop_table("inbound_message")
    op.drop_index(op.f("ix_api_message_message_id"), table_name="api_message")
    op.drop_index(op.f("ix_api_message_asked_at"), table_name="api_message")
    op.drop_table("api_message")
    op.drop_index(op.f("ix_device_alarm_scheme_id"), table_name="device_alarm")
    op.drop_index("device_alarms_open", table_name="device_alarm", postgresql_where=sa.text("acknowledged_at is null"))
    op.drop_table("device_alarm")
    op.drop_index("one_open_disconnection", table_name="disconnection", postgresql_where=sa.text("ended_at is null"))
    op.drop_index(op.f("ix_disconnection_meter_id"), table_name="disconnection")
    op.drop_index(op.f("ix_disconnection_began_at"), table_name="disconnection")
    op.drop_table("disconnection")
    op.drop_index(op.f("ix_device_event_meter_id"), table_name="device_event")
    op.drop_index(op.f("ix_device_event_concentrator_id"), table_name="device_event")
    op.drop_index(op.f("ix_device_event_at"), table_name="device_event")
    op.drop_index("device_events_open", table_name="device_event", postgresql_where=sa.text("ended_at is null"))
    op.drop_table("device_event")
    op.drop_index(op.f("ix_cut_inquiry_meter_id"), table_name="cut_inquiry")
    op.drop_index(op.f("ix_cut_inquiry_at"), table_name="cut_inquiry")
    op.drop_table("cut_inquiry")
    op.drop_index(op.f("ix_campaign_item_meter_id"), table_name="campaign_item")
    op.drop_index("campaign_meter_once", table_name="campaign_item", postgresql_where=sa.text("address is null"))
    op.drop_index("campaign_items_waiting", table_name="campaign_item", postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index("campaign_address_once", table_name="campaign_item", postgresql_where=sa.text("address <> ''"))
    op.drop_table("campaign_item")
    op.drop_table("campaign_fault")
    op.drop_index("level_change_in_order", table_name="level_change_item")
    op.drop_index(op.f("ix_level_change_item_change_id"), table_name="level_change_item")
    op.drop_table("level_change_item")
    op.drop_index("one_send_a_step", table_name="campaign", postgresql_where=sa.text("announcement_id is not null"))
    op.drop_index(op.f("ix_campaign_made_at"), table_name="campaign")
    op.drop_index(op.f("ix_campaign_announcement_id"), table_name="campaign")
    op.drop_table("campaign")
    op.drop_index(op.f("ix_account_level_account_id"), table_name="account_level")
    op.drop_table("account_level")
    op.drop_index("one_template_in_use", table_name="template_version", postgresql_where=sa.text("state = 'in_use'"))
    op.drop_table("template_version")
    op.drop_table("staff_role")
    op.drop_index(op.f("ix_scheme_person_scheme_id"), table_name="scheme_person")
    op.drop_index(op.f("ix_scheme_person_person_id"), table_name="scheme_person")
    op.drop_table("scheme_person")
    op.drop_index(op.f("ix_scheme_event_scheme_id"), table_name="scheme_event")
    op.drop_table("scheme_event")
    op.drop_table("rule_set")
    op.drop_index(op.f("ix_recovery_code_staff_id"), table_name="recovery_code")
    op.drop_table("recovery_code")
    op.drop_index(op.f("ix_level_change_made_at"), table_name="level_change")
    op.drop_table("level_change")
    op.drop_index(op.f("ix_carrier_move_name"), table_name="carrier_move")
    op.drop_index(op.f("ix_carrier_move_at"), table_name="carrier_move")
    op.drop_table("carrier_move")
    op.drop_table("api_key")
    op.drop_index(
        "one_amnesty_by_itself",
        table_name="amnesty",
        postgresql_where=sa.text("made_by is null and ended_at is null"),
        postgresql_nulls_not_distinct=True,
    )
    op.drop_index(op.f("ix_amnesty_until_at"), table_name="amnesty")
    op.drop_index(op.f("ix_amnesty_node_id"), table_name="amnesty")
    op.drop_table("amnesty")
    op.drop_index(op.f("ix_alarm_policy_level_policy_id"), table_name="alarm_policy_level")
    op.drop_table("alarm_policy_level")
    op.drop_table("responsible_person")
    op.drop_table("carrier")
    op.drop_table("alarm_scheme")
    op.drop_index("one_usual_policy", table_name="alarm_policy", postgresql_where=sa.text("usual"))
    op.drop_table("alarm_policy")
