"""In what meters differ from the standard, as data: one row a model or maker."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from meters_io.dlt645.commands import COMMANDS, Command
from meters_io.dlt645.forms import Moment, Turned, Words
from meters_io.dlt645.items import DataItem, item_of
from meters_io.dlt645.items.energy import ENERGY
from meters_io.dlt645.items.shape import Index, find_item, index_items
from meters_io.dlt645.refusals import Wording
from meters_io.layout import Binary, Digits, Form, Hex, Number, Record, record

_SECOND = Moment("YYMMDDhhmmss")


@dataclass(frozen=True, slots=True, eq=False)
class Dialect:
    """How a model speaks. There is one object of each, and it equals itself only.

    `refusal_bytes`: the length of its C3 (2 may be 1 too), which `wording` tells how to read.
    `esam`: whether a security chip checks what it is told; without one nobody is authenticated.
    `items`, `commands`: what it has beside the standard's, or lays out differently.
    `expiry`: how the expiry of a relay order travels. `search_bytes`: what it adds to a search for addresses.
    `plain_98`: its relay orders say PA = 98 and are plain. `replies_as_requests`: its answers keep C = 03 and carry
    a wrong L. `edition`: 1997 has identifiers of two bytes under other control codes.
    """

    name: str
    title: str = ""
    refusal_bytes: int = 2
    wording: Wording = Wording.BITS
    esam: bool = True
    items: Index = field(default_factory=dict)
    commands: Mapping[int, Command] = field(default_factory=dict)
    expiry: Form = _SECOND
    plain_98: bool = False
    replies_as_requests: bool = False
    search_bytes: int = 0
    edition: int = 2007

    def item(self, di: int) -> DataItem | None:
        """Return what this model means by the item `di`."""
        return find_item(self.items, di) or item_of(di)

    def command(self, di: int) -> Command | None:
        """Return what this model means by the security command `di`."""
        return self.commands.get(di) or COMMANDS.get(di)


def _only(title: str, **fields: Form) -> Command:
    return Command(title, (record(**fields),))


_PAKISTAN_PURCHASE: Record = record(
    amount_cents=Binary(4),
    order=Digits(8, missing=None),
    zero_1=Hex(4),
    meter=Digits(6, missing=None),
    zero_2=Hex(4),
)
_PARAMETERS = Hex(143)

STANDARD = Dialect("standard")
KEDE = Dialect(
    "kede",
    "Kede single-phase: no security chip, strings that are not reversed",
    esam=False,
    commands={
        0x070102FF: _only(
            "recharge",
            energy=Turned(Number(4, 2), 4),
            count=Turned(Number(4), 4),
            take_back=Words({0: "no", 1: "yes"}),
            rest=Hex(13),
        ),
    },
    expiry=Turned(_SECOND, 6),
    plain_98=True,
    replies_as_requests=True,
)
PAKISTAN = Dialect(
    "pakistan",
    "prepaid meter of the Pakistan market: order numbers in a recharge, vendor blocks, one byte of reasons",
    refusal_bytes=1,
    esam=False,
    items=index_items(
        (
            DataItem("070104FF", "parameter block", _PARAMETERS),
            DataItem("028011FF", "live block: balance, energy, voltage, current, power, state", Hex(125)),
        )
    ),
    commands={
        0x070102FF: Command("recharge", (_PAKISTAN_PURCHASE,)),
        0x070108FF: Command("refund", (_PAKISTAN_PURCHASE,)),
        0x070104FF: _only("write the parameter block", block=_PARAMETERS),
    },
)
CODES = Dialect("codes", "codes instead of bits in C3", refusal_bytes=1, wording=Wording.CODES)
CARRIER_SEARCH = Dialect("carrier_search", "search for addresses over the carrier: two bytes more", search_bytes=2)


def _tariff(number: int) -> str:
    return f"tariff {number}" if number else "total"


EDITION_1997 = Dialect(
    "1997",
    "the edition of 1997: identifiers of two bytes",
    esam=False,
    items=index_items(
        (
            *(
                DataItem(f"000090{register}{tariff}", f"{title}, {_tariff(tariff)}", ENERGY, "kWh")
                for register, title in ((1, "forward active energy"), (2, "reverse active energy"))
                for tariff in range(5)
            ),
            DataItem("0000B611", "voltage, phase A", Number(2), "V"),
            DataItem("0000B612", "voltage, phase B", Number(2), "V"),
            DataItem("0000B613", "voltage, phase C", Number(2), "V"),
            DataItem("0000B621", "current, phase A", Number(2, 2), "A"),
            DataItem("0000B622", "current, phase B", Number(2, 2), "A"),
            DataItem("0000B623", "current, phase C", Number(2, 2), "A"),
            DataItem("0000B630", "active power", Number(3, 4), "kW"),
            DataItem("0000C010", "date and weekday", Moment("YYMMDDWW")),
            DataItem("0000C011", "time", Moment("hhmmss")),
            DataItem("0000C032", "meter number", Digits(6)),
            DataItem("0000C033", "customer number", Digits(6)),
        )
    ),
    edition=1997,
)
DIALECTS: Mapping[str, Dialect] = {
    dialect.name: dialect for dialect in (STANDARD, KEDE, PAKISTAN, CODES, CARRIER_SEARCH, EDITION_1997)
}
