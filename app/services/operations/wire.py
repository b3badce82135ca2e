"""What happens on the wire for one item. No database here: gateway in, answer out."""

from dataclasses import dataclass, field

from app.domain.operation import TRAITS, Ending, OperationKind
from app.outbox import Taken
from app.ports import (
    FrameRecord,
    Gateway,
    MeterOrder,
    Place,
    Readings,
    Refused,
    Relay,
    Target,
    TerminalOrder,
    Unknown,
    Unreachable,
    Wallet,
)
from app.services.cutting import Clearance
from app.services.operations.looking import Look

Values = dict[str, str | int | None]


@dataclass(frozen=True, slots=True)
class ToMeter:
    """An order to a meter. `order` None: its wallet or its relay is read, or with a clearance its relay is tripped.

    `look`: what is read first where an earlier try may have done it already.
    """

    target: Target
    order: MeterOrder | None = None
    clearance: Clearance | None = None
    look: Look | None = None


@dataclass(frozen=True, slots=True)
class ToTerminal:
    """An order to a concentrator itself."""

    place: Place
    order: TerminalOrder


@dataclass(frozen=True, slots=True)
class Errand:
    """One item under way. `maybe_before`: an earlier try may have changed the device."""

    note: Taken
    kind: OperationKind
    aim: ToMeter | ToTerminal
    maybe_before: bool = False


@dataclass(slots=True)
class Answer:
    """What a try taught us, with every frame of it."""

    ending: Ending = Ending.UNREACHABLE
    code: str = ""
    said: Readings | Wallet | Relay | None = None
    frames: list[FrameRecord] = field(default_factory=list)


async def carry(gateway: Gateway, errand: Errand) -> Answer:
    """Try once: look first where it may be done already, then do it. The verb reads back what it changed."""
    answer = Answer()
    try:
        if not await _found_done(gateway, errand, answer):
            _judge(answer, await _speak(gateway, errand, answer.frames))
    except Unreachable as error:
        answer.ending, answer.code = Ending.UNREACHABLE, str(error) or "no_link"
    return answer


async def _found_done(gateway: Gateway, errand: Errand, answer: Answer) -> bool:
    """Where an earlier try may have done it: has it? A device that cannot be asked is not told again either."""
    aim = errand.aim
    if not errand.maybe_before or not isinstance(aim, ToMeter) or aim.look is None:
        return False
    said = await aim.look.ask(gateway, aim.target, answer.frames)
    match said:
        case Refused(code=code):
            raise Unreachable(f"read_refused:{code}")
        case Unknown(reason=reason):
            raise Unreachable(reason)
    if not aim.look.is_done(said):
        return False
    answer.ending, answer.code, answer.said = Ending.ANSWERED, "found_by_readback", said
    return True


async def _speak(
    gateway: Gateway, errand: Errand, frames: list[FrameRecord]
) -> Readings | Wallet | Relay | Refused | Unknown:
    match errand.aim:
        case ToTerminal(place=place, order=terminal_order):
            return await gateway.command(place, terminal_order, frames)
        case ToMeter(target=target, clearance=Clearance() as clearance):
            return await gateway.trip_relay(target, clearance, frames)
        case ToMeter(target=target, order=order) if order is not None:
            return await gateway.operate(target, order, frames)
        case ToMeter(target=target) if errand.kind is OperationKind.READ_RELAY:
            return await gateway.read_relay(target, frames)
        case ToMeter(target=target):
            return await gateway.read_wallet(target, frames)


def _judge(answer: Answer, said: Readings | Wallet | Relay | Refused | Unknown) -> None:
    match said:
        case Refused(code=code):
            answer.ending, answer.code = Ending.REFUSED, code
        case Unknown(reason=reason):
            answer.ending, answer.code = Ending.UNKNOWN, reason
        case _:
            answer.ending, answer.said = Ending.ANSWERED, said


def may_have_changed(errand: Errand, answer: Answer) -> bool:
    """May the device be different after this try, with nothing that says so?"""
    if answer.ending is Ending.UNREACHABLE:
        return errand.maybe_before
    return answer.ending is Ending.UNKNOWN and (errand.maybe_before or TRAITS[errand.kind].changes)
