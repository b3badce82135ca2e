"""Meters in the store: for every home whose meter can be exchanged there is another, which knows its customer."""

from collections.abc import Sequence
from dataclasses import replace

from app.demo.keys import KRN, SGC, TI, load_or_make
from app.demo.town import meter_number
from headend_client.simulator.world import (
    FirstState,
    MeterSpec,
    Profile,
    VendingKeySpec,
    World,
    esam_keys,
    sts_keys,
)
from tests.journeys.living import Home, Living

_SHELF = 500  # places of no household


def spare(home: Home) -> Home:
    """The home as it will be when its new meter hangs."""
    return replace(home, number=meter_number(_SHELF + home.place, "sts" if len(home.number) == 11 else "esam"))


def with_spares(living: Living, world: World, homes: Sequence[Home]) -> World:
    """The world of these homes' concentrator; what will hang in them answers too, as if it hung already."""
    (one,) = world.concentrators
    old = {meter.number: meter for meter in one.meters}
    new = [_twin(living, old[home.number], spare(home)) for home in homes]
    return replace(world, concentrators=(replace(one, meters=(*one.meters, *new)),))


def _twin(living: Living, old: MeterSpec, new: Home) -> MeterSpec:
    secrets = load_or_make(living.site.world.with_name("secrets.json"))
    address = new.number.zfill(12)
    vending = VendingKeySpec(secret=bytes.fromhex(secrets.vending_key), sgc=SGC, krn=KRN)
    by_token = old.profile is Profile.STS
    return replace(
        old,
        number=new.number,
        address=address,
        first=FirstState(relay_open=True),
        load_w=0,
        esam=None if by_token else esam_keys(bytes.fromhex(secrets.esam_master), address),
        sts=sts_keys(vending, new.number, TI) if by_token else None,
    )
