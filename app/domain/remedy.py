"""What the system has done about a step that is late or stuck, so that the page can say it (SPEC M-2)."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.tracker import Facts, Headline, Line, Mark, Step, shows_token


class Remedy(StrEnum):
    """`asking`: the provider is asked how the payment ended. `waiting_for_line`: sent as soon as there is a line to
    the meter. `retrying`: tried before, and tried again. `code_shown`: the resident can type it. `work_order`:
    somebody of the staff has been told."""

    ASKING = "asking"
    WAITING_FOR_LINE = "waiting_for_line"
    RETRYING = "retrying"
    CODE_SHOWN = "code_shown"
    WORK_ORDER = "work_order"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known besides the facts: whether a person is asked to look after it, and where the money stands."""

    headline: Headline
    staff_know: bool


_CARRYING = (Step.TOKEN, Step.SENT, Step.READ_BACK)


def remedies(facts: Facts, line: Line, standing: Standing) -> tuple[Remedy, ...]:
    """What was done about `line`; nothing for a step that is in time or done."""
    if line.step is Step.PAID and standing.headline is Headline.CHECKING_PAYMENT:
        return (Remedy.ASKING,)
    if line.mark not in (Mark.LATE, Mark.STUCK):
        return ()
    done = _carrying(facts) if line.step in _CARRYING and line.mark is Mark.LATE else []
    if line.step is Step.SUPPLY and line.mark is Mark.LATE:
        done.append(Remedy.RETRYING)
    if standing.staff_know and line.step in (*_CARRYING, Step.SUPPLY, Step.CONFIRMED):
        done.append(Remedy.WORK_ORDER)
    return tuple(done)


def _carrying(facts: Facts) -> list[Remedy]:
    purchase = facts.purchase
    if purchase is None:
        return []
    done = [Remedy.RETRYING] if purchase.linked else [Remedy.WAITING_FOR_LINE]
    return [*done, Remedy.CODE_SHOWN] if shows_token(purchase) else done
