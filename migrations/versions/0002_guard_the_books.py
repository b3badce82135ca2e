"""Let the database itself guard the books: bookings balance, entries and the audit log never change."""

from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: None = None
depends_on: None = None

_BALANCE = """
create function refuse_unbalanced_booking() returns trigger language plpgsql as $$
begin
    if (select coalesce(sum(amount_minor), 0) from ledger_entry where booking_id = new.booking_id) <> 0 then
        raise exception 'booking % does not sum to zero', new.booking_id using errcode = 'check_violation';
    end if;
    return null;
end $$
"""

_EMPTY = """
create function refuse_empty_booking() returns trigger language plpgsql as $$
begin
    if not exists (select 1 from ledger_entry where booking_id = new.id) then
        raise exception 'booking % has no entries', new.id using errcode = 'check_violation';
    end if;
    return null;
end $$
"""

_APPEND_ONLY = """
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% only ever grows', tg_table_name using errcode = 'restrict_violation';
end $$
"""

_GUARDED = ("booking", "ledger_entry", "audit")


def upgrade() -> None:
    for function in (_BALANCE, _EMPTY, _APPEND_ONLY):
        op.execute(function)
    op.execute(
        "create constraint trigger booking_balances after insert on ledger_entry "
        "deferrable initially deferred for each row execute function refuse_unbalanced_booking()"
    )
    op.execute(
        "create constraint trigger booking_has_entries after insert on booking "
        "deferrable initially deferred for each row execute function refuse_empty_booking()"
    )
    for table in _GUARDED:
        op.execute(
            f"create trigger {table}_grows before update or delete on {table} "
            "for each row execute function refuse_change()"
        )


def downgrade() -> None:
    for table in _GUARDED:
        op.execute(f"drop trigger {table}_grows on {table}")
    op.execute("drop trigger booking_has_entries on booking")
    op.execute("drop trigger booking_balances on ledger_entry")
    for function in ("refuse_change", "refuse_empty_booking", "refuse_unbalanced_booking"):
        op.execute(f"drop function {function}()")
