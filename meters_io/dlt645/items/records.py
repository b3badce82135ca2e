"""What a meter remembers: purchases, trips and closes, openings of its cover, and who programmed it.

The newest record is number 1, the oldest kept one number 0AH.
"""

from meters_io.dlt645.forms import FirstThatFits, Identifier, Moment, highest_first
from meters_io.dlt645.items.energy import ENERGY, MONEY
from meters_io.dlt645.items.parameters import MOMENT
from meters_io.dlt645.items.shape import DataItem
from meters_io.layout import Form, Hex, Many, Number, Record, record

SECOND = Moment("YYMMDDhhmmss")
_COUNT = Number(3)
_OPERATOR = highest_first(4)


def _purchases(di2: str, noun: str, form: Form, unit: str) -> tuple[DataItem, ...]:
    """Return the six fields of a purchase, and the record that they make together (FFH in DI1, 23 bytes)."""
    whole = record(at=MOMENT, count=Number(2), amount=form, before=form, after=form, in_all=form)
    return (
        DataItem(f"03{di2}01rr", f"purchase of {noun}: moment", MOMENT),
        DataItem(f"03{di2}02rr", f"purchase of {noun}: count after it", Number(2)),
        DataItem(f"03{di2}03rr", f"purchase of {noun}: amount", form, unit),
        DataItem(f"03{di2}04rr", f"purchase of {noun}: held before", form, unit),
        DataItem(f"03{di2}05rr", f"purchase of {noun}: held after", form, unit),
        DataItem(f"03{di2}06rr", f"purchase of {noun}: bought in all", form, unit),
        DataItem(f"03{di2}FFrr", f"purchase of {noun}: whole record", whole, unit),
    )


_REFUND = record(at=MOMENT, count=Number(2), amount=MONEY, before=MONEY, after=MONEY)
_REFUNDS = (  # one vendor
    DataItem("033400rr", "refund: whole record", _REFUND, "yuan"),
    DataItem("033401rr", "refund: moment, or the whole record", FirstThatFits((MOMENT, _REFUND)), "yuan"),
    DataItem("033402rr", "refund: count after it", Number(2)),
    DataItem("033403rr", "refund: amount", MONEY, "yuan"),
    DataItem("033404rr", "refund: balance before", MONEY, "yuan"),
    DataItem("033405rr", "refund: balance after", MONEY, "yuan"),
    DataItem("0334FFrr", "refund: whole record", _REFUND, "yuan"),
)
_SWITCHING = record(at=SECOND, operator=_OPERATOR, registers=Many(ENERGY))


def _switchings(di3: str, noun: str) -> tuple[DataItem, ...]:
    registers = ("forward active", "reverse active", *(f"reactive, quadrant {n}" for n in range(1, 5)))
    return (
        DataItem(f"{di3}000001", f"number of {noun}", _COUNT),
        DataItem(f"{di3}0001rr", f"{noun}: moment, or the whole record", FirstThatFits((SECOND, _SWITCHING))),
        DataItem(f"{di3}0002rr", f"{noun}: operator", _OPERATOR),
        *(
            DataItem(f"{di3}00{di1:02X}rr", f"{noun}: energy then, {register}", ENERGY)
            for di1, register in enumerate(registers, 3)
        ),
        DataItem(f"{di3}00FFrr", f"{noun}: whole record", _SWITCHING),
    )


_OPENING = FirstThatFits(
    (
        record(began=SECOND, ended=SECOND, before=Many(ENERGY, 6), after=Many(ENERGY, 6)),
        record(began=SECOND, ended=SECOND, registers=Many(ENERGY)),
    )
)
_PROGRAMMING = FirstThatFits(
    (
        record(at=SECOND, operator=_OPERATOR, items=Many(Identifier(), 10)),
        record(at=SECOND, operator=_OPERATOR, rest=Hex()),
    )
)
_CHANGE = record(at=SECOND, operator=_OPERATOR, rest=Hex())
_CLOCK_CHANGE = record(operator=_OPERATOR, before=SECOND, after=SECOND)
_POWER_CUT = record(began=SECOND, ended=SECOND)
_LOSS = Record(tuple((f"{phase}_{what}", _COUNT) for phase in "abc" for what in ("times", "minutes")))
_LOSSES = {"01": "voltage loss", "02": "under-voltage", "03": "over-voltage", "04": "phase break"}
_EVENTS: dict[str, tuple[str, Form]] = {
    "033000": ("programming", _PROGRAMMING),
    "033004": ("clock setting", _CLOCK_CHANGE),
    "03300D": ("opening of the cover", _OPENING),
    "03300E": ("opening of the terminal cover", _OPENING),
    "03300F": ("programming of tariff prices", _CHANGE),
    "033010": ("programming of step prices", _CHANGE),
    "033012": ("key change", _CHANGE),
    "031100": ("power cut", _POWER_CUT),
}

ITEMS = (
    *_purchases("32", "energy", ENERGY, "kWh"),
    *_purchases("33", "money", MONEY, "yuan"),
    *_REFUNDS,
    *_switchings("1D", "trips"),
    *_switchings("1E", "closes"),
    *(DataItem(f"03{di2}0000", f"{what}: times and minutes of each phase", _LOSS) for di2, what in _LOSSES.items()),
    *(DataItem(f"{high}00", f"{what}: how often", _COUNT) for high, (what, _) in _EVENTS.items()),
    *(DataItem(f"{high}rr", f"{what}: record", form) for high, (what, form) in _EVENTS.items()),
)
