"""Tell who watches: a fact's commit says whose story has moved on."""

from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: None = None
depends_on: None = None

_TELL = """
create function tell_who_watches() returns trigger language plpgsql as $$
begin
    perform pg_notify('story', coalesce(to_jsonb(new) ->> tg_argv[0], to_jsonb(new) ->> tg_argv[1]));
    return null;
end $$
"""

_A_TRY_ENDED = (
    "new.job in ('download_purchase', 'check_relay') and new.last_error is not null "
    "and (new.attempts, new.due_at, new.last_error) is distinct from (old.attempts, old.due_at, old.last_error)"
)

# Table, what happens to it, when it counts, and the column that names the story; a second one where that is empty.
# The outbox is the busiest table: of it only tries that ended badly are told.
_TOLD = (
    ("payment", "update", "new.state is distinct from old.state", "id"),
    ("purchase", "insert", "true", "payment_id', 'id"),
    ("purchase", "update", "new is distinct from old", "id"),
    ("token", "insert", "true", "purchase_id"),
    ("relay_state", "insert", "new.purchase_id is not null", "purchase_id"),
    ("receipt", "insert", "true", "purchase_id"),
    ("review", "insert", "new.purchase_id is not null", "purchase_id"),
    ("message", "insert", "new.kind = 'purchase_credited'", "cause_id"),
    ("message", "update", "new.kind = 'purchase_credited' and new.state is distinct from old.state", "cause_id"),
    ("outbox", "update", _A_TRY_ENDED, "subject_id"),
)


def upgrade() -> None:
    op.execute(_TELL)
    for table, event, when, subject in _TOLD:
        op.execute(
            f"create trigger tell_{table}_{event} after {event} on {table} "
            f"for each row when ({when}) execute function tell_who_watches('{subject}')"
        )


def downgrade() -> None:
    for table, event, _, _ in _TOLD:
        op.execute(f"drop trigger tell_{table}_{event} on {table}")
    op.execute("drop function tell_who_watches()")
