"""Homes to be sold to: their rows, their simulated meters, and the keys that both sides share."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.access import luhn
from app.domain.rules import NoticeRules
from app.models import Account, Concentrator, Contact, Customer, FrontEnd, GridNode, Meter, MeterModel, Tariff
from app.services import rulebook
from benchmarks.link.air import Hung
from benchmarks.link.weather import Way, Weather
from headend_client.keyfile import Keys
from headend_client.simulator import meter as simulated
from headend_client.simulator.answers import Answerer
from headend_client.simulator.state import first_state
from headend_client.simulator.world import MeterSpec, Profile, VendingKeySpec, esam_keys, sts_keys
from headend_client.software import SoftwareSecurityModule
from headend_client.target import ConcentratorAddress, StsIdentity, Target
from meters_io.sts.keys import VendingKey

SGC, KRN, TI = "201457", 1, 1
ZONE = ZoneInfo("Asia/Shanghai")
FRONT_END = "north"
ON_ONE = 20  # meters behind a concentrator
_VENDING, _MASTER = bytes(range(20)), bytes(range(32))


@dataclass(frozen=True, slots=True)
class Home:
    """One home with one meter. Every second meter takes STS tokens, the others recharges of their security chip."""

    id: UUID
    number: str
    account: str
    by_token: bool
    paid_s: float

    @property
    def address(self) -> str:
        """The meter's address on its line."""
        return self.number.zfill(12)

    @property
    def target(self) -> Target:
        """Where a master aims."""
        sts = StsIdentity(self.number, SGC, KRN, TI) if self.by_token else None
        profile = "sts" if self.by_token else "esam"
        return Target(self.address, profile, ConcentratorAddress("3201", 1), 31, self.account.zfill(12), sts)


def homes(seed: int, count: int, over_s: float) -> list[Home]:
    """So many homes, each of which pays once, at a moment of its own within `over_s` seconds."""
    dice = Random(seed)
    made = []
    for n in range(count):
        body = f"07{n:08d}" if n % 2 else f"201{n:08d}"
        ident = UUID(int=dice.getrandbits(128), version=4)
        account = f"{n:09d}"
        made.append(Home(ident, body + luhn(body), account + luhn(account), bool(n % 2), dice.random() * over_s))
    return made


def hang(known: Sequence[Home], weather: Weather, begun: datetime) -> dict[str, Hung]:
    """New simulated meters by their addresses, each at the end of its way."""
    around = simulated.Surroundings(ZONE, 0.0, secrets.token_bytes)
    found = {}
    for home in known:
        spec = spec_of(home)
        meter = simulated.Meter(spec, first_state(spec), around)
        meter.advance(begun)
        found[home.address] = Hung(Answerer(meter, _forget), Way(weather, home.number))
    return found


def spec_of(home: Home) -> MeterSpec:
    """The simulated meter of a home."""
    vending = VendingKeySpec(secret=_VENDING, sgc=SGC, krn=KRN)
    return MeterSpec(
        address=home.address,
        number=home.number,
        profile=Profile.STS if home.by_token else Profile.ESAM,
        customer=home.account.zfill(12),
        esam=None if home.by_token else esam_keys(_MASTER, home.address),
        sts=sts_keys(vending, home.number, TI) if home.by_token else None,
    )


def _forget() -> None:
    """These meters live as long as their process."""


def open_module(folder: Path) -> SoftwareSecurityModule:
    """The head end's keys; tokens are remembered in `folder`."""
    return SoftwareSecurityModule(Keys(esam_master=_MASTER, vending=(VendingKey(_VENDING, SGC, KRN),)), folder)


async def settle(db: AsyncSession, known: Sequence[Home], begun: datetime, on_one: int = ON_ONE) -> None:
    """Write the rows of all homes, so many behind a concentrator; all of these are on line at one front-end."""
    node = GridNode(id=uuid4(), kind="area", name="Lamp Street", path="")
    node.path = str(node.id)
    tariff = Tariff(id=uuid4(), name="flat", price_e4=5000)
    models = {
        True: MeterModel(id=uuid4(), name="Token", profile="sts"),
        False: MeterModel(id=uuid4(), name="Local fee control", profile="esam"),
    }
    db.add_all([FrontEnd(name=FRONT_END, started_at=begun, beat_at=begun), node, tariff, *models.values()])
    await rulebook.save(db, NoticeRules(quiet_from=None, quiet_to=None, cap_a_day=100), None, begun)
    await db.flush()
    links = [_concentrator(node, n) for n in range(-(-len(known) // on_one))]
    payers = [Customer(id=uuid4(), name=f"c{home.account}", address="") for home in known]
    db.add_all([*links, *payers])
    await db.flush()
    accounts = [
        Account(id=uuid4(), number=home.account, customer_id=payer.id, tariff_id=tariff.id)
        for home, payer in zip(known, payers, strict=True)
    ]
    db.add_all(accounts)
    await db.flush()
    for n, (home, account) in enumerate(zip(known, accounts, strict=True)):
        db.add(_meter(home, models[home.by_token].id, account.id, links[n // on_one].id))
        db.add(Contact(account_id=account.id, channel="sms", address=f"+8613{n:09d}", locale="en"))


def _concentrator(node: GridNode, n: int) -> Concentrator:
    made = Concentrator(id=uuid4(), node_id=node.id, name=f"Lamp Street {n}", region="3201", terminal=n + 1)
    made.front_end = FRONT_END
    return made


def _meter(home: Home, model_id: UUID, account_id: UUID, concentrator_id: UUID) -> Meter:
    return Meter(
        id=home.id,
        number=home.number,
        address=home.address,
        model_id=model_id,
        account_id=account_id,
        concentrator_id=concentrator_id,
        sgc=SGC if home.by_token else None,
        krn=KRN if home.by_token else None,
        ti=TI if home.by_token else None,
    )
