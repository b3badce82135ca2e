"""The households of the demo: sixty behind concentrators, the first of them with a part to play, and five elsewhere."""

from dataclasses import replace
from random import Random

from app.demo.town import METERS_PER_CONCENTRATOR, Outpost, Part, Story, Town
from app.domain.dialling import Way
from app.web.marking import N_
from headend_client.simulator.world import Script

CONCENTRATORS = 3

_DARK = Story(name="", balance_minor=-250, relay_open=True)
_DOORS: dict[str, Story] = {
    "101": replace(_DARK, name="陈秀兰", note=N_("in the dark; pay and the light comes back"), family=True),
    "102": replace(_DARK, name="王建国", note=N_("slow: every answer takes seconds"), script=Script.SLOW),
    "103": replace(_DARK, name="李淑芬", note=N_("deaf: obeys, then its answer is lost"), script=Script.DEAF),
    "104": replace(_DARK, name="张伟", note=N_("dead: never answers"), script=Script.DEAD),
    "105": replace(
        _DARK, name="刘洋", note=N_("answers yes to a close order and does nothing"), script=Script.LAZY_RELAY
    ),
    "106": replace(
        _DARK, name="赵敏", note=N_("holds another purchase count than our books"), script=Script.WRONG_COUNT
    ),
    "107": Story(
        name="周涛",
        note=N_("keep-power is on: below zero and still lit"),
        balance_minor=-900,
        keep_power=True,
        script=Script.KEEP_POWER,
    ),
    "108": Story(
        name="吴静",
        note=N_("refuses what brings it over 100.00 (hoarding limit)"),
        balance_minor=8000,
        script=Script.HOARDER,
    ),
    "109": replace(
        _DARK,
        name="郑强",
        note=N_("drops the link of its concentrator in the middle of an answer"),
        script=Script.DROPS_LINK,
    ),
    "201": replace(
        _DARK, name="Sarah Miller", note=N_("STS token meter, in the dark; the token goes over the wire"), profile="sts"
    ),
    "202": replace(
        _DARK, name="孙丽", note=N_("STS, deaf: the same token is sent again"), profile="sts", script=Script.DEAF
    ),
    "203": replace(
        _DARK, name="马超", note=N_("STS, dead: the token is shown to be typed"), profile="sts", script=Script.DEAD
    ),
    "204": Story(
        name="林小雨",
        note=N_("owes 12.00 from before; a payment settles that first"),
        balance_minor=300,
        arrears_minor=1200,
    ),
    "205": Story(
        name="何大爷",
        note=N_("his meter is armed, his own hand closes it"),
        balance_minor=-100,
        relay_open=True,
        relay_policy="arm",
    ),
    "206": Story(
        name="沈磊",
        note=N_("the ledger holds his money: yesterday takes it below zero; he is warned, and cut an hour later"),
        profile="remote",
        part=Part.LEDGER,
        daily_use_minor=640,
    ),
    "207": Story(
        name="韩梅",
        note=N_("her concentrator keeps what she buys, in kWh, and opens her two switches when it is used up"),
        part=Part.TERMINAL,
        balance_minor=0,
        relay_open=True,
    ),
    "208": replace(
        _DARK,
        name="曹阳",
        note=N_("never answers: what he paid waits in a file for a hand-held reader"),
        part=Part.CARRIED,
        script=Script.DEAD,
    ),
    "301": Story(
        name="许丽娟",
        note=N_("her meter is being exchanged: it has been read a last time, and the new one can be hung"),
        part=Part.EXCHANGED,
        balance_minor=3650,
    ),
    "302": Story(name="孔磊", note=N_("new: tried before it goes live"), part=Part.TRIED, balance_minor=0),
    "303": Story(
        name="魏娜",
        note=N_("new, and silent: its trials wait, and nothing is sold to it"),
        part=Part.TRIED,
        balance_minor=0,
        script=Script.DEAD,
    ),
}
SCRIPTED = tuple(replace(story, address=f"灯市街 4-{door}") for door, story in _DOORS.items())

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
        profile="sts" if place % 4 == 0 else "esam",
        balance_minor=dice.choice((700, 1500, 2600, 4800, 7300, 11900, 16400)),
        daily_use_minor=dice.randrange(250, 950),
        locale="en" if place % 7 == 0 else "zh",
    )


_REMEMBERED = 8  # the households with a story of their own; more would only make the first start slower


GATEWAY = Outpost(
    "果园巷台区",
    Way.DLT645_TCP,
    (
        replace(
            _DARK,
            name="谢芳",
            address="果园巷 1",
            note=N_("behind a gateway that we dial (DL/T 645 over TCP)"),
        ),
        Story(name="邹杰", address="果园巷 2", balance_minor=5200, daily_use_minor=480),
        Story(name="Tom Baker", address="果园巷 3", profile="sts", balance_minor=2900, locale="en"),
    ),
)
HEAD_END = Outpost(
    "北苑新村台区",
    Way.AMI,
    (
        replace(
            _DARK,
            name="邓洁",
            address="北苑新村 1",
            note=N_("behind somebody else's head end, which gets tasks from us"),
        ),
        Story(name="贺勇", address="北苑新村 2", balance_minor=7100, daily_use_minor=530),
    ),
)


def demo_town() -> Town:
    """The town of `relight demo`."""
    return Town(tuple(households()), remembered=_REMEMBERED, told=True, outposts=(GATEWAY, HEAD_END))
