"""Writes the simulated world that belongs to the seeded utility."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from app.context import utc_now
from app.demo.devices import GROUP, GROUP_ROUNDS, MASTER_ADDRESS, MASTER_PORT
from app.demo.held import FIRST_WH, register_wh, uses
from app.demo.history import history
from app.demo.keys import HEAD_END_KEY, KRN, SGC, TI, DemoSecrets
from app.demo.seed import REGION
from app.demo.town import NEW_METER, PRICE_E4, Part, Story, Town, account_number, area_load_w, load_w, meter_number
from app.domain.clock import local_day
from app.domain.dialling import Way
from headend_client.simulator.world import (
    Behaviour,
    ConcentratorSpec,
    FirstState,
    FrontEndAddress,
    GroupSpec,
    HeadEndSpec,
    MasterSpec,
    MeterSpec,
    Profile,
    VendingKeySpec,
    World,
    esam_keys,
    sts_keys,
)

_CARRIER_PORT = 31
_OUTSIDE = "9001"  # nobody dials in under it: the simulator's own name for gateways and the like
_REDIAL_S = 1.0  # a front-end that was killed is back sooner than a concentrator's usual patience


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a simulated town stands in: the front-end it dials, a control port per concentrator, local time.

    `lines`: a port for each where a terminal reaches the meters' own line, or we a gateway; none where it is empty.
    """

    front_end: FrontEndAddress
    controls: list[int]
    timezone: str
    lines: Sequence[int] = ()


def write_world(path: Path, town: Town, secrets: DemoSecrets, around: Surroundings) -> World:
    """Write the world file. Meters that have lived already keep what they lived through in their own files."""
    meters = _meters(town, secrets, around.timezone)
    concentrators = [
        ConcentratorSpec(
            region=region,
            terminal=terminal,
            delay_ms=town.delay_ms,
            heartbeat_s=30,
            retry_max_s=_REDIAL_S,
            control_port=around.controls[post],
            line_port=around.lines[post] if around.lines and way is not Way.AMI else None,
            meters=(
                *(meter for place, meter in enumerate(meters) if town.post_of(place) == post),
                *_spare(town, secrets, post),
            ),
            ports=(_CARRIER_PORT, MASTER_PORT),
            is_gateway=bool(around.lines) and way is Way.DLT645_TCP,
            groups=_groups(town, post),
            masters=_masters(town) if post == 0 else (),
            head_end=_head_end(around.lines[post], secrets) if around.lines and way is Way.AMI else None,
        )
        for post, (region, terminal, way) in enumerate(_posts(town))
    ]
    world = World(front_ends=(around.front_end,), concentrators=tuple(concentrators), zone=around.timezone)
    path.parent.mkdir(parents=True, exist_ok=True)
    world.save(path)
    return world


def post_names(town: Town) -> list[str]:
    """What the simulator calls the ways into a town, concentrators first: 3201-1."""
    return [f"{region}-{terminal}" for region, terminal, _ in _posts(town)]


def _posts(town: Town) -> list[tuple[str, int, Way]]:
    ours = [(REGION, place + 1, Way.GDW1376) for place in range(town.concentrators)]
    return [*ours, *((_OUTSIDE, place, each.way) for place, each in enumerate(town.outposts, 1))]


def _with(town: Town, part: Part, post: int) -> list[tuple[int, Story]]:
    """The places behind a post whose meters have a part."""
    return [(place, town.everybody[place]) for place in town.with_part(part) if town.post_of(place) == post]


def _groups(town: Town, post: int) -> tuple[GroupSpec, ...]:
    """Nothing is left in a group when it is seen first: its rounds are open."""
    bits = sum(1 << each - 1 for each in GROUP_ROUNDS)
    kept = _with(town, Part.TERMINAL, post)
    return tuple(GroupSpec(number=GROUP, rounds=bits, load_w=load_w(story), controlled=True) for _, story in kept)


def _masters(town: Town) -> tuple[MasterSpec, ...]:
    return (MasterSpec(address=MASTER_ADDRESS, port=MASTER_PORT, load_w=area_load_w(town)),)


def _spare(town: Town, secrets: DemoSecrets, post: int) -> list[MeterSpec]:
    """The meter that hangs beside the one whose place it is to take, and belongs to the same account."""
    old = _with(town, Part.EXCHANGED, post)
    return [replace(_meter(secrets, NEW_METER, story, FirstState()), customer=_customer(place)) for place, story in old]


def _customer(place: int) -> str:
    return account_number(place).zfill(12)


def _head_end(port: int, secrets: DemoSecrets) -> HeadEndSpec:
    return HeadEndSpec(port=port, key_id=HEAD_END_KEY, secret=secrets.head_end, name="Beiyuan AMI")


def _meters(town: Town, secrets: DemoSecrets, timezone: str) -> tuple[MeterSpec, ...]:
    today = local_day(utc_now(), ZoneInfo(timezone))
    return tuple(
        _meter(secrets, place, story, _first(story, today, Random(place), town.past_of(place)))  # noqa: S311  (a story)
        for place, story in enumerate(town.everybody)
    )


def _meter(secrets: DemoSecrets, place: int, story: Story, first: FirstState) -> MeterSpec:
    number = meter_number(place, story.profile)
    address = number.zfill(12)
    vending = VendingKeySpec(secret=bytes.fromhex(secrets.vending_key), sgc=SGC, krn=KRN)
    sts = story.profile == Profile.STS
    return MeterSpec(
        address=address,
        number=number,
        profile=Profile.REMOTE if story.part is Part.TERMINAL else Profile(story.profile),
        customer=_customer(place),
        behaviour=Behaviour(story.script),
        first=first,
        price_e4=PRICE_E4,
        load_w=load_w(story),
        esam=None if sts else esam_keys(bytes.fromhex(secrets.esam_master), address),
        sts=sts_keys(vending, number, TI) if sts else None,
        relay_password_hex=secrets.relay_password,
    )


def _first(story: Story, today: date, dice: Random, length: int) -> FirstState:
    if story.part is Part.LEDGER:
        return FirstState(energy_wh=register_wh(uses(story.daily_use_minor, PRICE_E4, dice)))
    if story.part is Part.TERMINAL:
        return FirstState(energy_wh=FIRST_WH)
    days = history(today, story.balance_minor, story.daily_use_minor, dice, length)
    return FirstState(
        balance_cents=max(story.balance_minor, 0),
        overdraft_cents=max(-story.balance_minor, 0),
        purchase_count=sum(1 for d in days if d.purchase_minor) if story.profile == "esam" else 0,
        energy_wh=dice.randrange(900_000, 6_000_000),
        relay_open=story.relay_open,
        keep_power=story.keep_power,
    )
