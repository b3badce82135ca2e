"""What a utility of the demo is made of: households, the ways that lead to them, and the numbers on their meters."""

from dataclasses import dataclass
from enum import StrEnum

from app.demo.history import DAYS, LONG
from app.domain.access import luhn
from app.domain.dialling import Way
from headend_client.simulator.world import Script

METERS_PER_CONCENTRATOR = 20
PRICE_E4 = 5200
_HOURS = 24


class Part(StrEnum):
    """What is special about a meter on the side of the utility, whatever it does itself.

    `ledger`: the ledger holds its money. `terminal`: its terminal does, and opens its switches. `carried`: a paid
    purchase goes to it on a hand-held. `exchanged`: it is being exchanged. `tried`: it is new, and being tried.
    """

    NONE = "none"
    LEDGER = "ledger"
    TERMINAL = "terminal"
    CARRIED = "carried"
    EXCHANGED = "exchanged"
    TRIED = "tried"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One household. Money in fen; `script` is what its meter does that a good one would not."""

    name: str
    address: str = ""
    note: str = ""
    profile: str = "esam"
    balance_minor: int = 4000
    daily_use_minor: int = 600
    arrears_minor: int = 0
    relay_open: bool = False
    keep_power: bool = False
    script: Script = Script.WELL_BEHAVED
    relay_policy: str = "close"
    locale: str = "zh"
    part: Part = Part.NONE
    family: bool = False  # somebody elsewhere is told as well


@dataclass(frozen=True, slots=True)
class Outpost:
    """Some households that no concentrator of ours reaches. `way`: what leads to them."""

    name: str
    way: Way
    households: tuple[Story, ...]


@dataclass(frozen=True, slots=True)
class Town:
    """A utility to be seeded and simulated: its households in order of place, so many to a concentrator.

    `outposts` come after them: their households have the places that follow.

    `days`: how long its past is; that of the first `remembered` is fourteen months. `delay_ms`: what one
    exchange with a meter takes. `read_today`: today's round of readings is over; otherwise it begins at the
    start, and warnings go out. `told`: its areas have been told of planned work and of a cut that is over.
    """

    households: tuple[Story, ...]
    per_concentrator: int = METERS_PER_CONCENTRATOR
    days: int = DAYS
    remembered: int = 0
    delay_ms: int = 120
    read_today: bool = True
    told: bool = False
    outposts: tuple[Outpost, ...] = ()

    @property
    def concentrators(self) -> int:
        """How many it takes."""
        return -(-len(self.households) // self.per_concentrator)

    @property
    def everybody(self) -> tuple[Story, ...]:
        """All households, in order of place."""
        return (*self.households, *(story for each in self.outposts for story in each.households))

    @property
    def posts(self) -> int:
        """How many ways lead into it: its concentrators, then its outposts."""
        return self.concentrators + len(self.outposts)

    def post_of(self, place: int) -> int:
        """By which of them the household in that place is reached, from 0."""
        if place < len(self.households):
            return place // self.per_concentrator
        last = len(self.households)
        for number, each in enumerate(self.outposts):
            last += len(each.households)
            if place < last:
                return self.concentrators + number
        raise IndexError(place)

    def with_part(self, part: Part) -> list[int]:
        """The places of the households whose meters have it."""
        return [place for place, story in enumerate(self.everybody) if story.part is part]

    def first_of(self, outpost: Outpost) -> int:
        """The place of an outpost's first household."""
        return self.everybody.index(outpost.households[0])

    def number_at(self, place: int) -> str:
        """The number that is printed on the meter in that place."""
        return meter_number(place, self.everybody[place].profile)

    def past_of(self, place: int) -> int:
        """Days of past that the household in that place has; one whose meter is new, or begins anew, has none."""
        if self.everybody[place].part in (Part.TERMINAL, Part.TRIED):
            return 0
        return LONG if place < self.remembered else self.days


NEW_METER = 900
"""The place whose number is on the meter that is to take an old one's place."""


def load_w(story: Story) -> int:
    """The steady load that uses `daily_use_minor` a day at the demo's price."""
    return story.daily_use_minor * 100_000 // PRICE_E4 // _HOURS


def area_load_w(town: Town) -> int:
    """What the homes behind the first concentrator draw together."""
    return sum(map(load_w, town.households[: town.per_concentrator]))


def meter_number(place: int, profile: str) -> str:
    """The number printed on the meter: 11 digits on STS meters, 12 on others."""
    body = f"07{place + 1:08d}" if profile == "sts" else f"20100000{place + 1:03d}"
    return body + luhn(body)


def account_number(place: int) -> str:
    """Ten digits that end in a check digit."""
    body = f"3200{place + 1:05d}"
    return body + luhn(body)
