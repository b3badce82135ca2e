"""Top-up rules as their owner makes, sees and stops them, and the agreements that let them pay (SPEC R-8)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.topup import Terms, TopUpError, TopUpKind, check_terms
from app.models import Agreement, TopUpRule

_MOST_RULES = 4


@dataclass(frozen=True, slots=True)
class RuleWish:
    """A rule that somebody wants. `provider`: who is to pay by agreement; empty: remind me with a link."""

    resident_id: UUID
    meter_id: UUID
    terms: Terms
    amount_minor: int
    provider: str = ""


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule that is in force. `agreement_id` None: it reminds. `signed`: the agreement lets it pay."""

    id: UUID
    terms: Terms
    amount_minor: int
    agreement_id: UUID | None
    provider: str
    signed: bool
    most_minor: int


async def make_rule(db: AsyncSession, wish: RuleWish, now: datetime) -> RuleView:
    """Add a rule, with an agreement that is still to be signed where it is to pay. Raises TopUpError."""
    terms = check_terms(wish.terms)
    if len(await rules_of(db, wish.resident_id, wish.meter_id)) >= _MOST_RULES:
        raise TopUpError("topup_many")
    agreement = None
    if wish.provider:
        agreement = Agreement(
            id=uuid4(),
            resident_id=wish.resident_id,
            provider=wish.provider,
            provider_ref="",
            most_minor=wish.amount_minor,
            made_at=now,
        )
        db.add(agreement)
        await db.flush()
    rule = TopUpRule(
        id=uuid4(),
        resident_id=wish.resident_id,
        meter_id=wish.meter_id,
        kind=terms.kind,
        amount_minor=wish.amount_minor,
        below_minor=terms.below_minor,
        day_of_month=terms.day_of_month,
        most_a_month=terms.most_a_month,
        agreement_id=agreement.id if agreement else None,
        made_at=now,
    )
    db.add(rule)
    await db.flush()
    return _view(rule, agreement)


async def rules_of(db: AsyncSession, resident_id: UUID, meter_id: UUID) -> list[RuleView]:
    """The rules of somebody for a meter, oldest first."""
    rows = select(TopUpRule, Agreement).join(Agreement, col(Agreement.id) == col(TopUpRule.agreement_id), isouter=True)
    mine = rows.where(TopUpRule.resident_id == resident_id, TopUpRule.meter_id == meter_id)
    open_ = mine.where(col(TopUpRule.stopped_at).is_(None)).order_by(col(TopUpRule.made_at), col(TopUpRule.id))
    return [_view(rule, agreement) for rule, agreement in await db.exec(open_)]


async def stop_rule(db: AsyncSession, resident_id: UUID, rule_id: UUID, now: datetime) -> RuleView | None:
    """Stop a rule of one's own, and end its agreement: from now on we charge nothing. None: no such rule."""
    rule = await db.get(TopUpRule, rule_id, with_for_update=True)
    if rule is None or rule.resident_id != resident_id or rule.stopped_at is not None:
        return None
    rule.stopped_at = now
    agreement = await db.get(Agreement, rule.agreement_id) if rule.agreement_id else None
    if agreement is not None:
        agreement.ended_at = agreement.ended_at or now
    return _view(rule, agreement)


async def stop_rules(db: AsyncSession, resident_id: UUID, meter_id: UUID, now: datetime) -> list[RuleView]:
    """Stop all of somebody's rules for a meter; return what was stopped."""
    mine = await rules_of(db, resident_id, meter_id)
    stopped = [await stop_rule(db, resident_id, rule.id, now) for rule in mine]
    return [rule for rule in stopped if rule is not None]


async def sign(db: AsyncSession, agreement_id: UUID, provider_ref: str) -> None:
    """The provider says that the payer has signed; one that was ended meanwhile stays ended."""
    unsigned = update(Agreement).where(col(Agreement.id) == agreement_id, col(Agreement.provider_ref) == "")
    await db.execute(unsigned.where(col(Agreement.ended_at).is_(None)).values(provider_ref=provider_ref))


def _view(rule: TopUpRule, agreement: Agreement | None) -> RuleView:
    kind = TopUpKind(rule.kind)
    return RuleView(
        id=rule.id,
        terms=Terms(kind, rule.below_minor, rule.day_of_month, rule.most_a_month, rule.acted_on),
        amount_minor=rule.amount_minor,
        agreement_id=agreement.id if agreement else None,
        provider=agreement.provider if agreement else "",
        signed=bool(agreement and agreement.provider_ref and agreement.ended_at is None),
        most_minor=agreement.most_minor if agreement else 0,
    )
