"""What each act would do to a review, before anybody decides: the same rules, for eyes only."""

from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.purchase import PurchaseState
from app.domain.review import ACTS, ReviewAct, ReviewKind
from app.domain.settling import Again, Bar, Standing, again, bar_to_landed, bar_to_refund, bar_to_set_back
from app.models import Review
from app.services.settle.case import Case, read_case
from app.services.settle.credit import standing_of
from app.services.settle.moving import bar_to_move, others_of
from app.services.settle.suspense import ABOUT_MONEY, kept_minor


@dataclass(frozen=True, slots=True)
class Option:
    """One act: why it is barred, if it is; the money it would move; for a confused count, how it would be tried."""

    act: ReviewAct
    bar: Bar | None = None
    amount_minor: int | None = None
    again: Again | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """The acts of a review, and what is known of the purchase in question, if there is one.

    `other_meters`: into which the purchase could go instead, by number; only where that is asked.
    """

    options: tuple[Option, ...]
    standing: Standing | None = None
    kept_minor: int | None = None
    other_meters: tuple[str, ...] = ()


async def look_ahead(db: AsyncSession, review: Review) -> Outlook:
    """Say what could be decided about an open review now; the decision asks again, under locks."""
    case = await read_case(db, review)
    acts = ACTS[ReviewKind(review.kind)]
    if review.kind in ABOUT_MONEY:
        kept = await kept_minor(db, review)
        return Outlook(tuple(_money_option(act, kept) for act in acts), kept_minor=kept)
    if case.purchase is None or case.meter is None:
        return Outlook(tuple(Option(act) for act in acts))
    known = await standing_of(db, case)
    others = await others_of(db, case.meter) if ReviewAct.MOVE in acts else []
    return Outlook(
        tuple(_option(act, case, known) for act in acts), known, other_meters=tuple(each.number for each in others)
    )


def _money_option(act: ReviewAct, kept: int) -> Option:
    if act is ReviewAct.ACCEPT:
        return Option(act, None if kept > 0 else Bar.NOTHING_KEPT, kept)
    return Option(act, amount_minor=kept if act is ReviewAct.REFUND else None)


def _option(act: ReviewAct, case: Case, known: Standing) -> Option:
    credit = case.purchase.credit_minor if case.purchase else None
    match act:
        case ReviewAct.REFUND:
            return Option(act, bar_to_refund(known), credit)
        case ReviewAct.LANDED:
            return Option(act, bar_to_landed(known), credit)
        case ReviewAct.MOVE:
            return Option(act, bar_to_move(known), credit)
        case ReviewAct.SET_BACK:
            return Option(act, bar_to_set_back(known))
        case ReviewAct.RETRY:
            return _retry_option(ReviewKind(case.review.kind), known)
        case _:
            return Option(act)


def _retry_option(kind: ReviewKind, known: Standing) -> Option:
    moving = known.state in (PurchaseState.PAID, PurchaseState.SENDING)
    match kind:
        case ReviewKind.RELAY_NOT_PROVED | ReviewKind.ATTEMPTS_SPENT:
            return Option(ReviewAct.RETRY)
        case ReviewKind.WORK_ORDER:
            return Option(ReviewAct.RETRY, None if moving else Bar.MOVED_ON)
    bar = None if known.state is PurchaseState.REVIEW else Bar.MOVED_ON
    return Option(ReviewAct.RETRY, bar, again=again(known) if kind is ReviewKind.COUNT_CONFUSED else None)
