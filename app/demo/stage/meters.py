"""The simulated meters, by the simulators' control ports."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from headend_client.simulator.control import ask
from headend_client.simulator.faults import Script
from headend_client.simulator.local_line import LineFault
from headend_client.simulator.world import Profile

LINE_FAULTS = tuple(fault.value for fault in LineFault)
SCRIPTS = tuple(script.value for script in Script)
_GONE = (OSError, TimeoutError, ValueError)


@dataclass(frozen=True, slots=True)
class Player:
    """A meter with a part to play, as its simulator knows it; `reached` False: its simulator does not answer.

    `balance_minor` None: it holds no money itself.
    """

    number: str
    note: str
    control: int
    script: str = ""
    balance_minor: int | None = 0
    relay_open: bool = False
    count: int = 0
    reached: bool = True


async def look(number: str, note: str, control: int) -> Player:
    """Ask a simulator how one of its meters is."""
    try:
        answer = await ask(control, {"order": "inspect", "meter": number})
    except _GONE:
        return Player(number, note, control, reached=False)
    meter = answer.get("meter")
    if not isinstance(meter, dict):
        return Player(number, note, control, reached=False)
    behaviour = meter.get("behaviour")
    return Player(
        number=number,
        note=note,
        control=control,
        script=str(behaviour.get("script")) if isinstance(behaviour, dict) else "",
        balance_minor=_balance(meter),
        relay_open=bool(meter["relay_open"]),
        count=int(meter["purchase_count"]),
    )


def _balance(meter: Mapping[str, object]) -> int | None:
    if meter["profile"] == Profile.REMOTE:
        return None
    return int(str(meter["balance_cents"])) - int(str(meter["overdraft_cents"]))


async def play(control: int, number: str, script: str) -> bool:
    """Give a meter a part, as often as it comes; say whether its simulator has taken it."""
    behaviour = {"script": script, "always": script != Script.WELL_BEHAVED}
    return await _order(control, {"order": "set_behaviour", "meter": number, "behaviour": behaviour})


async def darken(control: int, number: str) -> bool:
    """Take a meter's money away and open its relay."""
    poor = await _order(control, {"order": "set_money", "meter": number, "cents": -250})
    return poor and await _order(control, {"order": "set_relay", "meter": number, "open": True})


async def press(control: int, number: str) -> bool:
    """Press the key of a meter: the hand that closes an armed relay."""
    return await _order(control, {"order": "press_key", "meter": number})


async def cut_links(posts: Iterable[tuple[int, str]]) -> bool:
    """Break every link into the town, by control port and name; each is opened again by whoever opened it."""
    done = [await _order(port, {"order": "kill_link", "concentrator": name}) for port, name in posts]
    return all(done)


async def look_at_line(control: int, concentrator: str) -> str:
    """What the terminal's own line to the meters does to frames; empty while its simulator does not answer."""
    try:
        told = (await ask(control, {"order": "look_at_line", "concentrator": concentrator})).get("disturbance")
    except _GONE:
        return ""
    return str(told.get("fault", "")) if isinstance(told, dict) else ""


async def disturb_line(control: int, concentrator: str, fault: str) -> bool:
    """Let that line be bad in one way, or good again."""
    disturbance = {"fault": fault, "times": 3}
    return await _order(control, {"order": "disturb_line", "concentrator": concentrator, "disturbance": disturbance})


async def _order(control: int, order: dict[str, object]) -> bool:
    try:
        return (await ask(control, order)).get("ok") is True
    except _GONE:
        return False
