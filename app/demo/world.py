"""Writes the simulated world that belongs to the seeded utility."""

from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from app.context import utc_now
from app.demo.history import history
from app.demo.keys import KRN, SGC, TI, DemoSecrets
from app.demo.seed import PRICE_E4, REGION
from app.demo.stories import METERS_PER_CONCENTRATOR, Story, account_number, households, meter_number
from app.domain.clock import local_day
from headend_client.simulator.world import (
    ConcentratorSpec,
    FirstState,
    FrontEndAddress,
    MeterSpec,
    Profile,
    VendingKeySpec,
    World,
    esam_keys,
    sts_keys,
)

_HOURS = 24


def write_world(
    path: Path, secrets: DemoSecrets, front_end: FrontEndAddress, timezone: str, controls: list[int]
) -> World:
    """Write the world file. Meters that have lived already keep what they lived through in their own files."""
    stories = households()
    size = METERS_PER_CONCENTRATOR
    concentrators = [
        ConcentratorSpec(
            region=REGION,
            terminal=place + 1,
            delay_ms=120,
            heartbeat_s=30,
            control_port=port,
            meters=tuple(_meter(secrets, timezone, i, stories[i]) for i in range(place * size, (place + 1) * size)),
        )
        for place, port in enumerate(controls)
    ]
    world = World(front_ends=(front_end,), concentrators=tuple(concentrators), zone=timezone)
    path.parent.mkdir(parents=True, exist_ok=True)
    world.save(path)
    return world


def _meter(secrets: DemoSecrets, timezone: str, place: int, story: Story) -> MeterSpec:
    number = meter_number(place, story.profile)
    address = number.zfill(12)
    vending = VendingKeySpec(secret=bytes.fromhex(secrets.vending_key), sgc=SGC, krn=KRN)
    esam = story.profile == Profile.ESAM
    return MeterSpec(
        address=address,
        number=number,
        profile=Profile(story.profile),
        customer=account_number(place).zfill(12),
        behaviour=story.behaviour,
        first=_first(story, timezone, place),
        price_e4=PRICE_E4,
        load_w=_load_w(story),
        esam=esam_keys(bytes.fromhex(secrets.esam_master), address) if esam else None,
        sts=None if esam else sts_keys(vending, number, TI),
        relay_password_hex=secrets.relay_password,
    )


def _first(story: Story, timezone: str, place: int) -> FirstState:
    today = local_day(utc_now(), ZoneInfo(timezone))
    days = history(today, story.balance_minor, story.daily_use_minor, Random(place))  # noqa: S311  (a story)
    return FirstState(
        balance_cents=max(story.balance_minor, 0),
        overdraft_cents=max(-story.balance_minor, 0),
        purchase_count=sum(1 for d in days if d.purchase_minor) if story.profile == "esam" else 0,
        relay_open=story.relay_open,
        keep_power=story.keep_power,
    )


def _load_w(story: Story) -> int:
    """The steady load that uses `daily_use_minor` a day at the demo's price."""
    wh_a_day = story.daily_use_minor * 100_000 // PRICE_E4
    return wh_a_day // _HOURS
