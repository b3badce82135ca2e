"""The world file: which concentrators and meters there are, and how they are when they are seen first.

JSON with a version, checked whole when it is read. It holds the meters' keys, so it is written for its owner's eyes
only. Money in cents, loads in W, prices in yuan/10000 per kWh. What a meter has lived through since is not here but
in its own file under `state_dir` (`memory`).
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from headend_client.simulator.errors import WorldError
from headend_client.simulator.faults import Behaviour, Script
from headend_client.simulator.group_spec import GroupSpec, MasterSpec
from headend_client.simulator.head_end.spec import HeadEndSpec
from headend_client.simulator.keys import (
    EsamKeys,
    StsKeys,
    VendingKeySpec,
    check_hex,
    esam_keys,
    sts_keys,
)
from headend_client.simulator.lab.spec import CALM, LabSpec
from headend_client.simulator.plain import from_plain, to_plain
from headend_client.simulator.town import Town
from meters_io.gdw1376.frame import MAX_INNER

__all__ = [
    "VERSION", "Behaviour", "ConcentratorSpec", "EsamKeys", "FirstState", "FrontEndAddress", "GroupSpec", "HeadEndSpec",
    "Limits", "MasterSpec", "MeterSpec", "Profile", "Reclose", "Script", "StsKeys", "VendingKeySpec", "World",
    "esam_keys", "sts_keys",
]  # fmt: skip

VERSION = 1
SHORTEST_FRAME = 128  # the longest single unit of what is told in parts fits
MAX_CENTS = 99_999_999  # registers of money have eight digits


class Profile(StrEnum):
    """How a meter takes credit: recharges checked by its security chip, STS tokens, or none: then it has no wallet."""

    ESAM = "esam"
    STS = "sts"
    REMOTE = "remote"


class Reclose(StrEnum):
    """What a meter does by itself when credit lifts it out of a trip for debt: wait for an order, allow its key, close.

    Both real firmware trees allow (word 3: bit 4 set, bit 6 clear).
    """

    WAIT = "wait"
    ALLOW = "allow"
    CLOSE = "close"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Items 04001001 to 04001005, cents. `hoard_cents` 0: none."""

    alarm_1_cents: int = 2_000
    alarm_2_cents: int = 500
    overdraft_cents: int = 0
    hoard_cents: int = 0
    reclose_cents: int = 0

    def __post_init__(self) -> None:
        names = ("alarm_1_cents", "alarm_2_cents", "overdraft_cents", "hoard_cents", "reclose_cents")
        _check_all(self, names)
        for name in names:
            if getattr(self, name) > MAX_CENTS:
                raise WorldError(name, "no register holds this")


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstState:
    """How a meter is when it is seen first. One of balance and overdraft is zero.

    `clock_ahead_s`: how wrong its clock is; below zero it is behind. `days_before`: how many midnights it has frozen
    by then; they are made up from its load.
    """

    balance_cents: int = 0
    overdraft_cents: int = 0
    purchase_count: int = 0
    energy_wh: int = 0
    account_open: bool = True
    relay_open: bool = False
    keep_power: bool = False
    clock_ahead_s: int = 0
    days_before: int = 0

    def __post_init__(self) -> None:
        _check_all(self, ("balance_cents", "overdraft_cents", "purchase_count", "energy_wh", "days_before"))
        if max(self.balance_cents, self.overdraft_cents) > MAX_CENTS:
            raise WorldError("balance_cents", "no register holds this")
        if self.balance_cents and self.overdraft_cents:
            raise WorldError("overdraft_cents", "a meter has a balance or an overdraft, never both")


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterSpec:
    """One meter. `address`: 12 digits (DL/T 645). `number`: as printed on it, 11 or 12 digits.

    `port`: the concentrator port it hangs on. `customer`: 12 digits, ESAM meters compare it.
    `relay_password_hex`: PA P0 P1 P2 of plain relay orders. `closes_on_allow`: 1B closes at once, no key to press.
    `warning_trips`: opens once on entering alarm 2 and again on entering overdraft; the key closes it again.
    `lacks`: items (eight hex digits) that this model has not, though others have.
    """

    address: str
    number: str
    profile: Profile
    port: int = 31
    customer: str = "000000000000"
    behaviour: Behaviour = field(default_factory=Behaviour)
    first: FirstState = field(default_factory=FirstState)
    limits: Limits = field(default_factory=Limits)
    price_e4: int = 5_000
    load_w: int = 0
    reclose: Reclose = Reclose.ALLOW
    closes_on_allow: bool = False
    warning_trips: bool = False
    esam: EsamKeys | None = None
    sts: StsKeys | None = None
    relay_password_hex: str | None = field(default=None, repr=False)
    lacks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_digits(self.address, (12,), "address")
        _check_digits(self.number, (11, 12), "number")
        _check_digits(self.customer, (12,), "customer")
        _check_all(self, ("price_e4", "load_w"))
        if (self.sts if self.profile is Profile.STS else self.esam) is None:
            raise WorldError(self.profile.value, "this meter needs these keys")
        if self.relay_password_hex is not None:
            check_hex(self.relay_password_hex, 4, "relay_password_hex")

    @property
    def has_wallet(self) -> bool:
        """Does it hold money? Under remote fee control the master station does (DL/T 645-2007)."""
        return self.profile is not Profile.REMOTE


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcentratorSpec:
    """One concentrator. `region`: four digits, `terminal`: 1..65535 (Q/GDW 1376.1).

    `delay_ms`: what one exchange with a meter costs. `silence_ms`: how long it waits for a silent meter before it
    answers k = 0, never longer than the forward allows. `port_wait_ms`: how long a forward waits for a busy port
    before it is refused. `clock_ahead_s`: how wrong its clock is. `frame_bytes`: how long its answers are at most (from
    C to the byte before CS); longer ones come in several frames. `knows_meters`: its archive holds its meters, in their
    order; else it is empty. `groups`: total groups that keep what was bought. `control_port`: where it takes orders of
    tests and the demo, `line_port`: where a terminal reaches the meters' own line (both loopback); None nowhere, 0 any
    free one. `is_gateway`: it dials nobody; the head end dials its `line_port` and speaks to the meters themselves.
    `head_end`: it stands for somebody else's system, which takes tasks about these meters and dials nobody either.
    """

    region: str
    terminal: int
    meters: tuple[MeterSpec, ...] = ()
    ports: tuple[int, ...] = (31,)
    heartbeat_s: float = 60.0
    confirm_s: float = 10.0
    retry_s: float = 0.5
    retry_max_s: float = 10.0
    delay_ms: int = 0
    silence_ms: int = 5_000
    port_wait_ms: int = 5_000
    clock_ahead_s: int = 0
    frame_bytes: int = MAX_INNER
    knows_meters: bool = True
    groups: tuple[GroupSpec, ...] = ()
    masters: tuple[MasterSpec, ...] = ()
    control_port: int | None = None
    line_port: int | None = None
    is_gateway: bool = False
    head_end: HeadEndSpec | None = None

    def __post_init__(self) -> None:
        _check_digits(self.region, (4,), "region")
        if not 1 <= self.terminal <= 0xFFFF:
            raise WorldError("terminal", "1 to 65535")
        _check_all(self, ("delay_ms", "silence_ms", "port_wait_ms"))
        for name in ("heartbeat_s", "confirm_s", "retry_s", "retry_max_s"):
            if getattr(self, name) <= 0:
                raise WorldError(name, "more than zero")
        if not SHORTEST_FRAME <= self.frame_bytes <= MAX_INNER:
            raise WorldError("frame_bytes", f"{SHORTEST_FRAME} to {MAX_INNER}")
        _check_once((str(group.number) for group in self.groups), "groups")
        if self.is_gateway and self.line_port is None:
            raise WorldError("line_port", "a gateway is dialled there")
        for at, meter in enumerate(self.meters):
            if meter.port not in self.ports:
                raise WorldError(f"meters[{at}].port", "the concentrator has no such port")

    @property
    def name(self) -> str:
        """Region and terminal as the command line writes them: 3201-7."""
        return f"{self.region}-{self.terminal}"


@dataclass(frozen=True, slots=True)
class FrontEndAddress:
    """Where concentrators dial; the next of the list is tried when one does not answer."""

    host: str
    port: int

    def __post_init__(self) -> None:
        if not 1 <= self.port <= 0xFFFF:
            raise WorldError("port", "1 to 65535")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything. `speed`: how many seconds of use pass in one second; clocks are not touched by it.

    `state_dir`: the folder of the meters' memories, beside the world file unless absolute. `zone`: local time of all
    clocks. `lab`: what goes wrong; nothing does where it is left out. `town`: further concentrators, by a rule. An
    empty `state_dir` keeps no files: meters remember for as long as the process lives.
    """

    front_ends: tuple[FrontEndAddress, ...]
    concentrators: tuple[ConcentratorSpec, ...]
    version: int = VERSION
    speed: float = 1.0
    zone: str = "Asia/Shanghai"
    state_dir: str = "meters"
    lab: LabSpec = CALM
    town: Town | None = None

    def __post_init__(self) -> None:
        if self.version != VERSION:
            raise WorldError("version", f"this program reads version {VERSION}")
        if not self.front_ends:
            raise WorldError("front_ends", "one front-end at least")
        if self.speed < 0:
            raise WorldError("speed", "time does not run backwards")
        _check_zone(self.zone)
        _check_once((one.name for one in self.concentrators), "concentrators")
        if self.town is not None and any(_is_in(self.town, one) for one in self.concentrators):
            raise WorldError("town", "the address of one of its concentrators is another's")
        _check_once((meter.address for one in self.concentrators for meter in one.meters), "meters")

    def to_json(self) -> str:
        """Return the text of a world file."""
        return json.dumps(to_plain(self), ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "World":
        """Read the text of a world file; WorldError names the place of what is wrong."""
        try:
            plain = json.loads(text)
        except ValueError as wrong:
            raise WorldError("", f"this is no JSON: {wrong}") from None
        return from_plain(cls, plain)

    def save(self, path: Path) -> None:
        """Write the world file, readable by its owner only: it holds keys."""
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_text(self.to_json(), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "World":
        """Read a world file; WorldError or OSError."""
        try:
            return cls.from_json(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            raise WorldError("", "this is no UTF-8") from None


def _is_in(town: Town, spec: ConcentratorSpec) -> bool:
    return spec.region == town.region and 0 <= spec.terminal - town.first_terminal < town.concentrators


def _check_digits(text: str, widths: tuple[int, ...], name: str) -> None:
    if len(text) not in widths or not (text.isascii() and text.isdecimal()):
        raise WorldError(name, " or ".join(map(str, widths)) + " digits")


def _check_all(owner: object, names: tuple[str, ...]) -> None:
    for name in names:
        if getattr(owner, name) < 0:
            raise WorldError(name, "this cannot be negative")


def _check_once(names: Iterable[str], where: str) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise WorldError(where, f"{name} is there twice")


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise WorldError("zone", "no such time zone") from None
