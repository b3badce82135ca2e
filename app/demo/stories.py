"""The households of the demo: sixty meters, the first of them with a part to play."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from random import Random

from app.demo.history import DAYS, LONG
from app.domain.access import luhn
from app.domain.dialling import Way
from app.web.marking import N_
from headend_client.simulator.world import Behaviour, Script

METERS_PER_CONCENTRATOR = 20
CONCENTRATORS = 3
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
    address: str
    note: str
    profile: str = "esam"
    balance_minor: int = 4000
    daily_use_minor: int = 600
    arrears_minor: int = 0
    relay_open: bool = False
    keep_power: bool = False
    behaviour: Behaviour = field(default_factory=Behaviour)
    relay_policy: str = "close"
    locale: str = "zh"
    part: Part = Part.NONE
    family: bool = False  # somebody elsewhere is told as well


def _dark(name: str, door: str, note: str, script: Script, profile: str = "esam") -> Story:
    return Story(
        name=name,
        address=f"灯市街 4-{door}",
        note=note,
        profile=profile,
        balance_minor=-250,
        relay_open=True,
        behaviour=Behaviour(script),
    )


SCRIPTED: tuple[Story, ...] = (
    replace(_dark("陈秀兰", "101", N_("in the dark; pay and the light comes back"), Script.WELL_BEHAVED), family=True),
    _dark("王建国", "102", N_("slow: every answer takes seconds"), Script.SLOW),
    _dark("李淑芬", "103", N_("deaf: obeys, then its answer is lost"), Script.DEAF),
    _dark("张伟", "104", N_("dead: never answers"), Script.DEAD),
    _dark("刘洋", "105", N_("answers yes to a close order and does nothing"), Script.LAZY_RELAY),
    _dark("赵敏", "106", N_("holds another purchase count than our books"), Script.WRONG_COUNT),
    Story(
        name="周涛",
        address="灯市街 4-107",
        note=N_("keep-power is on: below zero and still lit"),
        balance_minor=-900,
        keep_power=True,
        behaviour=Behaviour(Script.KEEP_POWER),
    ),
    Story(
        name="吴静",
        address="灯市街 4-108",
        note=N_("refuses what brings it over 100.00 (hoarding limit)"),
        balance_minor=8000,
        behaviour=Behaviour(Script.HOARDER),
    ),
    _dark("郑强", "109", N_("drops the link of its concentrator in the middle of an answer"), Script.DROPS_LINK),
    _dark(
        "Sarah Miller",
        "201",
        N_("STS token meter, in the dark; the token goes over the wire"),
        Script.WELL_BEHAVED,
        "sts",
    ),
    _dark("孙丽", "202", N_("STS, deaf: the same token is sent again"), Script.DEAF, "sts"),
    _dark("马超", "203", N_("STS, dead: the token is shown to be typed"), Script.DEAD, "sts"),
    Story(
        name="林小雨",
        address="灯市街 4-204",
        note=N_("owes 12.00 from before; a payment settles that first"),
        balance_minor=300,
        arrears_minor=1200,
    ),
    Story(
        name="何大爷",
        address="灯市街 4-205",
        note=N_("his meter is armed, his own hand closes it"),
        balance_minor=-100,
        relay_open=True,
        relay_policy="arm",
    ),
    Story(
        name="沈磊",
        address="灯市街 4-206",
        note=N_("the ledger holds his money: yesterday takes it below zero; he is warned, and cut an hour later"),
        profile="remote",
        part=Part.LEDGER,
        daily_use_minor=640,
    ),
    Story(
        name="韩梅",
        address="灯市街 4-207",
        note=N_("her concentrator keeps what she buys, in kWh, and opens her two switches when it is used up"),
        part=Part.TERMINAL,
        balance_minor=0,
        relay_open=True,
    ),
    replace(
        _dark("曹阳", "208", N_("never answers: what he paid waits in a file for a hand-held reader"), Script.DEAD),
        part=Part.CARRIED,
    ),
    Story(
        name="许丽娟",
        address="灯市街 4-301",
        note=N_("her meter is being exchanged: it has been read a last time, and the new one can be hung"),
        part=Part.EXCHANGED,
        balance_minor=3650,
    ),
    Story(
        name="孔磊", address="灯市街 4-302", note=N_("new: tried before it goes live"), part=Part.TRIED, balance_minor=0
    ),
    Story(
        name="魏娜",
        address="灯市街 4-303",
        note=N_("new, and silent: its trials wait, and nothing is sold to it"),
        part=Part.TRIED,
        balance_minor=0,
        behaviour=Behaviour(Script.DEAD),
    ),
)

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_GIVEN = ("伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "艳", "勇", "杰", "娟", "涛", "明", "超", "霞")
_STREETS = ("灯市街", "河沿路", "新桥巷")


def households() -> list[Story]:
    """All sixty, the scripted ones first; the same at every start."""
    dice = Random(20)  # noqa: S311  (a story, not a secret)
    plain = [_household(dice, place) for place in range(len(SCRIPTED), CONCENTRATORS * METERS_PER_CONCENTRATOR)]
    return [*SCRIPTED, *plain]


def _household(dice: Random, place: int) -> Story:
    street = _STREETS[place // METERS_PER_CONCENTRATOR]
    return Story(
        name=dice.choice(_SURNAMES) + dice.choice(_GIVEN),
        address=f"{street} {1 + place % 9}-{100 * (1 + place % 6) + place % 4 + 1}",
        note="",
        profile="sts" if place % 4 == 0 else "esam",
        balance_minor=dice.choice((700, 1500, 2600, 4800, 7300, 11900, 16400)),
        daily_use_minor=dice.randrange(250, 950),
        locale="en" if place % 7 == 0 else "zh",
    )


_REMEMBERED = 8  # the households with a story of their own; more would only make the first start slower


@dataclass(frozen=True, slots=True)
class Outpost:
    """Some households that no concentrator of ours reaches. `way`: what leads to them."""

    name: str
    way: Way
    households: tuple[Story, ...]


GATEWAY = Outpost(
    "果园巷台区",
    Way.DLT645_TCP,
    (
        replace(
            _dark("谢芳", "1", N_("behind a gateway that we dial (DL/T 645 over TCP)"), Script.WELL_BEHAVED),
            address="果园巷 1",
        ),
        Story(name="邹杰", address="果园巷 2", note="", balance_minor=5200, daily_use_minor=480),
        Story(name="Tom Baker", address="果园巷 3", note="", profile="sts", balance_minor=2900, locale="en"),
    ),
)


HEAD_END = Outpost(
    "北苑新村台区",
    Way.AMI,
    (
        replace(
            _dark("邓洁", "1", N_("behind somebody else's head end, which gets tasks from us"), Script.WELL_BEHAVED),
            address="北苑新村 1",
        ),
        Story(name="贺勇", address="北苑新村 2", note="", balance_minor=7100, daily_use_minor=530),
    ),
)


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

    def past_of(self, place: int) -> int:
        """Days of past that the household in that place has; one whose meter is new, or begins anew, has none."""
        if self.everybody[place].part in (Part.TERMINAL, Part.TRIED):
            return 0
        return LONG if place < self.remembered else self.days


def demo_town() -> Town:
    """The town of `relight demo`."""
    return Town(tuple(households()), remembered=_REMEMBERED, told=True, outposts=(GATEWAY, HEAD_END))


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
