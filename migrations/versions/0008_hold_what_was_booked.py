"""Let the database itself keep what a fund holds: each entry moves it, and nothing else does."""

from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: None = None
depends_on: None = None

# A closed fund is still emptied in the transaction that closes it: a meter's newest fund is the one that is meant.
_NEWEST = "order by newest.closed_at is null desc, newest.opened_at desc limit 1"

_FOLLOW = f"""
create function fund_follows_entries() returns trigger language plpgsql as $$
declare
    unknown text;
begin
    select ledger_account into unknown from entered
    where ledger_account like 'fund:%' and not exists (
        select from fund where fund.meter_id = cast(substr(entered.ledger_account, 6) as uuid)
    ) limit 1;
    if found then
        raise exception 'there is no fund for %', unknown using errcode = 'foreign_key_violation';
    end if;
    update fund set held_minor = fund.held_minor - moved.minor
    from (
        select cast(substr(ledger_account, 6) as uuid) as meter_id, cast(sum(amount_minor) as bigint) as minor
        from entered where ledger_account like 'fund:%' group by 1
    ) as moved, lateral (
        select newest.id from fund as newest where newest.meter_id = moved.meter_id {_NEWEST}
    ) as meant
    where fund.id = meant.id;
    return null;
end $$
"""  # noqa: S608  (fixed words)

_REFUSE = """
create function refuse_unbooked_money() returns trigger language plpgsql as $$
begin
    raise exception 'what fund % holds is changed by bookings alone', new.id using errcode = 'restrict_violation';
end $$
"""

_EMPTIED = """
create function refuse_closed_fund_with_money() returns trigger language plpgsql as $$
begin
    if exists (select from fund where id = new.id and closed_at is not null and held_minor <> 0) then
        raise exception 'fund % is closed and not empty', new.id using errcode = 'check_violation';
    end if;
    return null;
end $$
"""

_BOOKED = f"""
update fund set held_minor = -booked.minor
from (
    select cast(substr(ledger_account, 6) as uuid) as meter_id, cast(sum(amount_minor) as bigint) as minor
    from ledger_entry where ledger_account like 'fund:%' group by 1
) as booked, lateral (
    select newest.id from fund as newest where newest.meter_id = booked.meter_id {_NEWEST}
) as meant
where fund.id = meant.id
"""  # noqa: S608


def upgrade() -> None:
    # A database that was made from a later state of 0007 has column and index already.
    op.execute("alter table fund add column if not exists held_minor bigint not null default 0")
    op.execute("create index if not exists bookings_but_charges on booking (booked_at) where kind <> 'charge'")
    op.execute(_BOOKED)
    for function in (_FOLLOW, _REFUSE, _EMPTIED):
        op.execute(function)
    op.execute(
        "create trigger entries_move_funds after insert on ledger_entry referencing new table as entered "
        "for each statement execute function fund_follows_entries()"
    )
    op.execute(
        "create trigger fund_begins_empty before insert on fund for each row when (new.held_minor <> 0) "
        "execute function refuse_unbooked_money()"
    )
    op.execute(
        "create trigger fund_moves_by_entries before update of held_minor on fund for each row "
        "when (pg_trigger_depth() = 0 and new.held_minor <> old.held_minor) execute function refuse_unbooked_money()"
    )
    op.execute(
        "create constraint trigger fund_closes_empty after update of held_minor, closed_at on fund "
        "deferrable initially deferred for each row when (new.closed_at is not null) "
        "execute function refuse_closed_fund_with_money()"
    )


def downgrade() -> None:
    op.execute("drop trigger fund_closes_empty on fund")
    op.execute("drop trigger fund_moves_by_entries on fund")
    op.execute("drop trigger fund_begins_empty on fund")
    op.execute("drop trigger entries_move_funds on ledger_entry")
    for function in ("refuse_closed_fund_with_money", "refuse_unbooked_money", "fund_follows_entries"):
        op.execute(f"drop function {function}()")
    op.execute("alter table fund drop column if exists held_minor")  # the index goes with its table: it may be of 0007
