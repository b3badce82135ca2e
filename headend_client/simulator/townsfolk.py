"""The concentrators and meters of a town: a meter is made when it is asked for the first time."""

from collections.abc import Iterable, Iterator

from headend_client.simulator.answers import Answerer
from headend_client.simulator.lab.weather import cast
from headend_client.simulator.town import Town
from headend_client.simulator.world import (
    ConcentratorSpec,
    FirstState,
    MeterSpec,
    Profile,
    World,
    esam_keys,
)
from headend_client.simulator.yard import Yard
from meters_io.gdw1376.archive import ArchiveEntry
from meters_io.gdw1376.passage import CARRIER_PORT


def concentrators_of(town: Town) -> Iterator[ConcentratorSpec]:
    """Yield a town's concentrators; their meters are not in there."""
    for place in range(town.concentrators):
        yield ConcentratorSpec(
            region=town.region,
            terminal=town.first_terminal + place,
            heartbeat_s=town.heartbeat_s,
            confirm_s=town.confirm_s,
            retry_s=town.retry_s,
            retry_max_s=town.retry_max_s,
            frame_bytes=town.frame_bytes,
            control_port=None if place else town.control_port,
        )


def archive_in(town: Town, place: int) -> Iterator[ArchiveEntry]:
    """Yield the archive of a town's concentrator: place and measuring point count from 1."""
    for number in range(town.meters_each):
        yield ArchiveEntry(number + 1, number + 1, town.address(place, number))


def meter_in(town: Town, address: str) -> MeterSpec:
    """Return one of a town's meters."""
    return MeterSpec(
        address=address,
        number=address,
        profile=Profile.ESAM,
        port=CARRIER_PORT,
        customer=address,
        first=FirstState(balance_cents=town.balance_cents),
        load_w=town.load_w,
        esam=esam_keys(bytes.fromhex(town.master_key_hex), address),
    )


class TownLine:
    """The meters of a town's concentrator. A call to everybody reaches those that have been asked for before."""

    def __init__(self, world: World, town: Town, place: int, yard: Yard) -> None:
        self._world, self._town, self._place, self._yard = world, town, place, yard
        self._met: dict[str, Answerer] = {}

    def meant(self, address: str) -> Iterable[Answerer]:
        """Return the meter with this address; for one that is nobody's, all that were ever asked."""
        own = self.meter(address)
        return (own,) if own else tuple(self._met.values())

    def meter(self, address: str) -> Answerer | None:
        """Return the meter with exactly this address; it is made where it is asked for the first time."""
        known = self._met.get(address)
        if known is None and self._town.is_behind(self._place, address):
            spec = cast(self._world.lab, meter_in(self._town, address))
            known = self._met[address] = self._yard.settle_in([spec])[0]
        return known
