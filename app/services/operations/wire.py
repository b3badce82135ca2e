"""What happens on the wire for one item. No database here: gateway in, answer out."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from app.domain.operation import TRAITS, Ending, OperationKind
from app.outbox import Taken
from app.ports import (
    EnterTokens,
    FrameRecord,
    Gateway,
    IssuedToken,
    KeyChangeRequest,
    ManagementRequest,
    MeterOrder,
    Place,
    Read,
    ReadFrozen,
    Readings,
    Refused,
    Relay,
    SecurityCode,
    SecurityError,
    SecurityModule,
    Target,
    TerminalOrder,
    Unknown,
    Unreachable,
    Wallet,
)
from app.services import meter_records
from app.services.cutting import Clearance
from app.services.operations import archive
from app.services.operations.looking import Look
from app.terminal_words import ChangeArchive, ReadArchive

TokenRequest = ManagementRequest | KeyChangeRequest
_OTHER_KEY = "crc_error"
_HAS_NONE = Refused("denied")
_NO_WALLET = Refused("no_wallet")
_OWN_LIMITS = ("alarm_1_minor", "alarm_2_minor", "overdraft_limit_minor")


@dataclass(frozen=True, slots=True)
class ToMeter:
    """An order to a meter. `order` None: its wallet or its relay is read, or with a clearance its relay is tripped.

    `look`: what is read first where an earlier try may have done it already. `wanted`: the tokens that are issued and
    entered in place of an order. `down_to`: of which count is the oldest purchase record that is read. `days_ago`: a
    frozen day that is read with what the meter holds now; 0: none.
    """

    target: Target
    order: MeterOrder | None = None
    clearance: Clearance | None = None
    look: Look | None = None
    wanted: TokenRequest | None = None
    down_to: int = 0
    days_ago: int = 0


@dataclass(frozen=True, slots=True)
class ToTerminal:
    """An order to a concentrator itself. `only_missing`: of an archive, what the concentrator does not have yet."""

    place: Place
    order: TerminalOrder
    only_missing: bool = False


@dataclass(frozen=True, slots=True)
class Errand:
    """One item under way since `begun_at`. `maybe_before`: an earlier try may have changed the device."""

    note: Taken
    kind: OperationKind
    aim: ToMeter | ToTerminal
    begun_at: datetime
    maybe_before: bool = False


@dataclass(slots=True)
class Answer:
    """What a try taught us, with every frame of it."""

    ending: Ending = Ending.UNREACHABLE
    code: str = ""
    said: Readings | Wallet | Relay | None = None
    frames: list[FrameRecord] = field(default_factory=list)
    issued: tuple[IssuedToken, ...] = ()


async def carry(gateway: Gateway, errand: Errand, security: SecurityModule | None = None) -> Answer:
    """Try once: look first where it may be done already, then do it. The verb reads back what it changed."""
    answer = Answer()
    try:
        errand = await _with_tokens(errand, security, answer)
        if not await _found_done(gateway, errand, answer):
            _judge(answer, await _speak(gateway, errand, answer.frames))
            _doubt(errand, answer)
    except SecurityError as error:
        busy = error.code is SecurityCode.BUSY
        answer.ending = Ending.UNREACHABLE if busy else Ending.REFUSED
        answer.code = "security_busy" if busy else error.code
    except Unreachable as error:
        answer.ending, answer.code = Ending.UNREACHABLE, error.reason
    return answer


async def _with_tokens(errand: Errand, security: SecurityModule | None, answer: Answer) -> Errand:
    """Have the tokens made that are to be entered: the same for every try. Raises SecurityError, Unreachable."""
    aim = errand.aim
    if not isinstance(aim, ToMeter) or aim.wanted is None:
        return errand
    if security is None:
        raise Unreachable("no_security_module")
    if isinstance(aim.wanted, ManagementRequest):
        answer.issued = await security.issue_management(aim.wanted)
    else:
        answer.issued = await security.issue_key_change(aim.wanted)
    return replace(errand, aim=replace(aim, order=EnterTokens(tuple(token.digits for token in answer.issued))))


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
        case ToTerminal(place=place, order=ChangeArchive() as change, only_missing=True):
            return await _add_missing(gateway, place, change, frames)
        case ToTerminal(place=place, order=terminal_order):
            return await gateway.command(place, terminal_order, frames)
        case ToMeter(target=target, clearance=Clearance() as clearance):
            return await gateway.trip_relay(target, clearance, frames)
        case ToMeter(target=target, order=order) if order is not None:
            return await gateway.operate(target, order, frames)
        case ToMeter(target=target, days_ago=days_ago) if errand.kind is OperationKind.SWITCH_FEE_CONTROL:
            return await _all_that_it_holds(gateway, target, days_ago, frames)
        case ToMeter(target=target, down_to=down_to) if errand.kind is OperationKind.READ_RECORDS:
            return await _wallet_and_records(gateway, target, down_to, frames)
        case ToMeter(target=target) if errand.kind is OperationKind.READ_RELAY:
            return await gateway.read_relay(target, frames)
        case ToMeter(target=target):
            return await gateway.read_wallet(target, frames)


async def _all_that_it_holds(
    gateway: Gateway, target: Target, days_ago: int, frames: list[FrameRecord]
) -> Readings | Refused | Unknown:
    """Registers, as they were and as they are, money and own limits, one after the other."""
    frozen = await _frozen_energy(gateway, target, days_ago, frames)
    if isinstance(frozen, Unknown):
        return frozen
    energies = await gateway.operate(target, Read(("energies_wh", "energy_wh")), frames)
    if not isinstance(energies, Readings):
        return energies
    money = await _money_and_limits(gateway, target, frames)
    return Readings(frozen.values | energies.values | money.values) if isinstance(money, Readings) else money


async def _frozen_energy(
    gateway: Gateway, target: Target, days_ago: int, frames: list[FrameRecord]
) -> Readings | Unknown:
    """What it had counted at the end of a day, Wh; nothing where it does not freeze, or not then."""
    if not days_ago:
        return Readings({})
    said = await gateway.operate(target, ReadFrozen(days_ago), frames)
    if isinstance(said, Unknown):
        return said
    values = said.values if isinstance(said, Readings) else {}
    at, energy = values.get("frozen_at"), values.get("energy_wh")
    return Readings({"frozen_at": at, "frozen_energy_wh": energy} if at and energy is not None else {})


async def _money_and_limits(
    gateway: Gateway, target: Target, frames: list[FrameRecord]
) -> Readings | Refused | Unknown:
    """A meter without a wallet has neither money nor limits."""
    wallet = await gateway.read_wallet(target, frames)
    if wallet == _NO_WALLET:
        return Readings({})
    if not isinstance(wallet, Wallet):
        return wallet
    limits = await gateway.operate(target, Read(_OWN_LIMITS), frames)
    if not isinstance(limits, Readings):
        return limits
    return Readings(limits.values | {"balance_minor": wallet.balance_minor, "purchase_count": wallet.count})


async def _wallet_and_records(
    gateway: Gateway, target: Target, down_to: int, frames: list[FrameRecord]
) -> Readings | Refused | Unknown:
    """The wallet, and the purchases that the meter wrote down itself, the newest first; many a meter keeps none.

    A recharge overtakes such a talk. So the wallet is read once more behind it: by the same count, it is of one piece.
    """
    first = await gateway.read_wallet(target, frames)
    if not isinstance(first, Wallet) or first.count is None:
        return _as_readings(first)
    records = await meter_records.newest_down_to(gateway, target, down_to, first.count, frames)
    last = await gateway.read_wallet(target, frames)
    if isinstance(last, Wallet) and last.count != first.count:
        return Unknown("count_moved")
    said = _as_readings(last)
    return Readings(said.values | meter_records.as_values(records)) if isinstance(said, Readings) else said


def _as_readings(wallet: Wallet | Refused | Unknown) -> Readings | Refused | Unknown:
    if not isinstance(wallet, Wallet):
        return wallet
    values: dict[str, int | str | None] = {
        "balance_minor": wallet.balance_minor,
        "overdraft_minor": wallet.overdraft_minor,
    }
    return Readings(values if wallet.count is None else values | {"purchase_count": wallet.count})


async def _add_missing(
    gateway: Gateway, place: Place, change: ChangeArchive, frames: list[FrameRecord]
) -> Readings | Refused | Unknown:
    """Read what the concentrator has, and add what it lacks. Whoever denies that it has any has none."""
    there = await gateway.command(place, ReadArchive(), frames)
    if isinstance(there, Unknown):
        raise Unreachable(there.reason)
    if isinstance(there, Refused) and there != _HAS_NONE:
        return there
    held = there.archive if isinstance(there, Readings) else ()
    lacking = archive.missing(change, held)
    if not lacking.entries:
        return Readings({"added": 0}, archive=tuple(held))
    said = await gateway.command(place, lacking, frames)
    if not isinstance(said, Readings):
        return said
    return replace(said, values={"added": len(lacking.entries)}, archive=archive.together(held, said.archive))


def _judge(answer: Answer, said: Readings | Wallet | Relay | Refused | Unknown) -> None:
    match said:
        case Refused(code=code):
            answer.ending, answer.code = Ending.REFUSED, code
        case Unknown(reason=reason):
            answer.ending, answer.code = Ending.UNKNOWN, reason
        case _:
            answer.ending, answer.said = Ending.ANSWERED, said


def _doubt(errand: Errand, answer: Answer) -> None:
    """A meter that reads nothing of a key change which it may have taken has, perhaps, the new key."""
    if errand.kind is OperationKind.CHANGE_KEY and errand.maybe_before and answer.code == _OTHER_KEY:
        answer.ending = Ending.UNKNOWN


def may_have_changed(errand: Errand, answer: Answer) -> bool:
    """May the device be different after this try, with nothing that says so?"""
    if answer.ending is Ending.UNREACHABLE:
        return errand.maybe_before
    return answer.ending is Ending.UNKNOWN and (errand.maybe_before or TRAITS[errand.kind].changes)
