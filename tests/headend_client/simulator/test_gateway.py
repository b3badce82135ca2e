"""Simulated gateways with the faults of a laboratory: whatever happens to bytes and links, money arrives once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from headend_client.dialer import Dialer, DialPlace
from headend_client.drivers import Dlt645TcpDriver
from headend_client.errors import Unreachable
from headend_client.outcome import Done, Refused, Unknown, Wallet
from headend_client.simulator.errors import WorldError
from headend_client.simulator.lab.faults import Fault, Rate
from headend_client.simulator.lab.paths import Path as Way
from headend_client.simulator.lab.spec import CALM, LabSpec
from headend_client.simulator.local_line import Disturbance, LineFault
from headend_client.simulator.simulation import Simulation
from headend_client.simulator.timing import REAL
from headend_client.simulator.world import ConcentratorSpec, FirstState, FrontEndAddress, World
from headend_client.software import Keys, SoftwareSecurityModule
from headend_client.target import ConcentratorAddress, Priority, Recharge, Target
from tests.headend_client.gateway import DIAL, TIMING
from tests.headend_client.lane import Nobody
from tests.headend_client.meters import SHANGHAI
from tests.headend_client.simulator.bench import CUSTOMER, ESAM_ADDRESS, MASTER, esam_spec

PLACE = ConcentratorAddress("9001", 1)
NAME = str(PLACE)
LIT = FirstState(balance_cents=5000, purchase_count=4)
TARGET = Target(ESAM_ADDRESS, "esam", PLACE, 31, CUSTOMER, priority=Priority.RESTORE, driver="dlt645_tcp")
ROUNDS = 6
HASTE = 20  # the laboratory's seconds in one of ours
LOSSY = Way(name="lossy", loss=0.3)


@asynccontextmanager
async def through(folder: Path, lab: LabSpec = CALM) -> AsyncIterator[tuple[Dlt645TcpDriver, Simulation]]:
    """A driver and one meter behind a gateway of this laboratory."""
    meter = esam_spec(first=LIT, customer=CUSTOMER, relay_password_hex="02aabbcc")
    spec = ConcentratorSpec(region="9001", terminal=1, meters=(meter,), line_port=0, is_gateway=True)
    world = World(front_ends=(FrontEndAddress("127.0.0.1", 9),), concentrators=(spec,), lab=lab, state_dir="")
    dialer = Dialer(Nobody(), TIMING, replace(DIAL, answer_s=0.1, hush_s=0.02, gap_s=0.2))
    module = SoftwareSecurityModule(Keys(MASTER, bytes.fromhex("02aabbcc")), folder / "issued")
    timing = replace(REAL, sleep=lambda seconds: asyncio.sleep(seconds / HASTE))
    async with Simulation(world, None, timing) as simulation:
        dialer.hold([DialPlace(PLACE, "127.0.0.1", simulation.line_ports[NAME])])
        try:
            yield Dlt645TcpDriver(dialer, module, SHANGHAI), simulation
        finally:
            await dialer.close()


def lab(*rates: Rate, carrier: Way | None = None) -> LabSpec:
    """A calm laboratory but for these faults."""
    own = (carrier,) if carrier else ()
    return replace(CALM, faults=rates, own_paths=own, carrier=carrier.name if carrier else CALM.carrier)


async def recharge_until_in(driver: Dlt645TcpDriver, number: int) -> None:
    """Do as the product does: read first, send, read again; nothing is believed but the count."""
    for _ in range(60):
        try:
            wallet = await driver.read_wallet(TARGET, [])
            assert isinstance(wallet, Wallet | Unknown), wallet
            if isinstance(wallet, Wallet):
                assert wallet.count in (number - 1, number)
                if wallet.count == number:
                    return
                said = await driver.send_purchase(TARGET, Recharge(1000, number), [])
                assert isinstance(said, Done | Unknown | Refused), said
        except Unreachable:
            await asyncio.sleep(0.01)
    raise AssertionError("it never got there")


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        ("loss", lab(carrier=LOSSY)),
        ("spoilt", lab(*(Rate(fault=each, share=0.1) for each in (Fault.NOISE, Fault.BAD_CHECKSUM, Fault.GLUED)))),
        ("cut", lab(Rate(fault=Fault.SPLIT, share=0.2), Rate(fault=Fault.TWICE, share=0.3))),
        ("late", lab(Rate(fault=Fault.LATE, share=0.3, seconds=2.2), Rate(fault=Fault.REPLY_LOST, share=0.2))),
        ("other", lab(Rate(fault=Fault.OTHER_METER, share=0.2), Rate(fault=Fault.NOT_BCD, share=0.1))),
        ("hung_up", lab(Rate(fault=Fault.HUNG_UP, share=1.0, within_s=2.0))),
        ("half_open", lab(Rate(fault=Fault.HALF_OPEN, share=0.7, within_s=2.0, seconds=6.0))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_every_recharge_lands_once_whatever_the_line_does(tmp_path: Path, name: str, spec: LabSpec) -> None:
    async with through(tmp_path, spec) as (driver, simulation):
        for number in range(5, 5 + ROUNDS):
            await recharge_until_in(driver, number)
        truth = simulation.yard.inspect(ESAM_ADDRESS)
        assert len(truth.credits) == ROUNDS
        assert (truth.purchase_count, truth.balance_cents) == (4 + ROUNDS, 5000 + 1000 * ROUNDS)


@pytest.mark.parametrize("fault", [LineFault.ECHO, LineFault.DUPLICATE, LineFault.NOISE, LineFault.SLOW])
async def test_a_bad_line_of_two_wires_is_read_all_the_same(tmp_path: Path, fault: LineFault) -> None:
    async with through(tmp_path) as (driver, simulation):
        simulation.disturb_line(NAME, Disturbance(fault, times=0, seconds=0.5))
        for _ in range(3):
            assert await wallet(driver) == Wallet(5000, 0, 4)


async def test_a_link_that_is_torn_down_is_dialled_again(tmp_path: Path) -> None:
    async with through(tmp_path) as (driver, simulation):
        assert await wallet(driver) == Wallet(5000, 0, 4)
        simulation.kill_link(NAME)
        assert await wallet(driver) == Wallet(5000, 0, 4)
        assert simulation.is_online(NAME)
        simulation.storm()
        assert await wallet(driver) == Wallet(5000, 0, 4)


def test_a_gateway_without_a_port_is_no_world() -> None:
    with pytest.raises(WorldError):
        ConcentratorSpec(region="9001", terminal=1, is_gateway=True)


async def wallet(driver: Dlt645TcpDriver) -> Wallet | Refused | Unknown:
    """Read it, as soon as there is a link."""
    async with asyncio.timeout(5):
        while True:
            try:
                return await driver.read_wallet(TARGET, [])
            except Unreachable:
                await asyncio.sleep(0.01)
