"""The automatic download scan: what is paid and in no meter yet is tried as often as a scheme says (SPEC H-5, H-7)."""

from datetime import datetime

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.purchase import PurchaseState
from app.outbox import Job

_TERMS = """
    from concentrator c left join collection_scheme s
        on s.id = coalesce(c.collection_scheme_id, (select id from collection_scheme where usual))
    where c.front_end is not null and s.scan_every_min > 0
"""
_HURRY = text(
    f"""
    with scanned as (select c.id, s.scan_every_min * interval '1 minute' as every {_TERMS})
    update outbox o set due_at = cast(:now as timestamptz) + scanned.every, lease_until = null
    from scanned
    where o.concentrator_id = scanned.id and o.job = :job and o.done_at is null
      and o.due_at > cast(:now as timestamptz) + scanned.every
      and (o.taken_until is null or o.taken_until <= :now)
    returning o.id
    """  # noqa: S608  (text of ours)
)
_PROMISE = text(
    f"""
    insert into outbox (job, subject_id, concentrator_id, due_at, created_at, attempts, importance)
    select :job, p.id, m.concentrator_id, :now, :now, 0, 20
    from purchase p join meter m on m.id = p.meter_id
    where p.state in (:paid, :sending) and p.credit_minor > 0 and m.concentrator_id in (select c.id {_TERMS})
      and not exists (select 1 from outbox o where o.subject_id = p.id and o.done_at is null
                      and o.job in (:job, :token))
      and (m.sgc is null or exists (select 1 from token t where t.purchase_id = p.id))
    on conflict do nothing
    returning id
    """  # noqa: S608
)


async def hurry_downloads(db: AsyncSession, now: datetime) -> int:
    """Let no download of a scanned concentrator on line wait longer than its scheme says, and promise those that
    nobody has promised; return how many there were. Making the round twice changes nothing.
    """
    job = {"job": Job.DOWNLOAD_PURCHASE.value, "now": now}
    states = {"paid": PurchaseState.PAID.value, "sending": PurchaseState.SENDING.value}
    hurried = (await db.execute(_HURRY, job)).all()
    promised = (await db.execute(_PROMISE, job | states | {"token": Job.ISSUE_TOKEN.value})).all()
    return len(hurried) + len(promised)
