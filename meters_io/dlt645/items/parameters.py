"""Clock, identity and settings (DI3 = 04), without the prices."""

from decimal import Decimal

from meters_io.dlt645.forms import Flags, Moment, highest_first
from meters_io.dlt645.items.energy import ENERGY, MONEY
from meters_io.dlt645.items.shape import DataItem
from meters_io.layout import Digits, Many, Number, Text, record

MOMENT = Moment("YYMMDDhhmm")
_SWITCHES = {
    "06": "year zones",
    "07": "day periods",
    "08": "tariff prices",
    "09": "step prices",
    "0A": "third table",  # reserved in the standard; some provinces use it
}
_COUNTS = {
    "01": "year zones",
    "02": "day-period tables",
    "03": "day periods",
    "04": "tariffs",
    "06": "harmonics",
    "07": "steps",
    "08": "keys",
}
_SETTINGS = {
    "01": "alarm amount 1",
    "02": "alarm amount 2",
    "03": "overdraft limit",
    "04": "hoard limit",
    "05": "balance needed before reclosing",
}
_ENERGY_SETTINGS = {"01": "alarm energy 1", "02": "alarm energy 2", "03": "hoard limit", "04": "overdraft limit"}
_RATINGS = {"04": "rated voltage", "05": "basic current", "06": "maximum current"}
_ZONE = record(begins=Moment("MMDD"), table=Number(1))
_PERIOD = record(begins=Moment("hhmm"), tariff=Number(1))

ITEMS = (
    DataItem("04000101", "date and weekday", Moment("YYMMDDWW")),
    DataItem("04000102", "time", Moment("hhmmss")),
    DataItem("0400010C", "date, weekday and time", Moment("YYMMDDWWhhmmss")),
    DataItem("04000103", "demand period", Number(1), "min"),
    DataItem("04000104", "demand sliding time", Number(1), "min"),
    *(DataItem(f"040001{di0}", f"switch time of the two sets: {what}", MOMENT) for di0, what in _SWITCHES.items()),
    *(DataItem(f"040002{di0}", f"number of {what}", Number(1)) for di0, what in _COUNTS.items()),
    DataItem("04000205", "number of holidays", Number(2)),
    DataItem("04000306", "ratio of the current transformers", Number(3)),
    DataItem("04000307", "ratio of the voltage transformers", Number(3)),
    DataItem("04000401", "communication address", Digits(6)),
    DataItem("04000402", "meter number", Digits(6)),
    *(DataItem(f"040004{di0}", what, Text(6, reversed_=True)) for di0, what in _RATINGS.items()),
    DataItem("04000407", "accuracy class, active", Text(4, reversed_=True)),
    DataItem("04000408", "accuracy class, reactive", Text(4, reversed_=True)),
    DataItem("04000409", "impulses per kWh", Number(3)),
    DataItem("0400040A", "impulses per kvarh", Number(3)),
    DataItem("0400040B", "meter model", Text(10, reversed_=True)),
    DataItem("0400040C", "date of manufacture", Text(10, reversed_=True)),
    DataItem("0400040D", "version of the protocol", Text(16, reversed_=True)),
    DataItem("0400040E", "customer number", Digits(6)),
    DataItem("04000508", "key state word", highest_first(4)),
    *(DataItem(f"04000F{di0}", what, ENERGY, "kWh") for di0, what in _ENERGY_SETTINGS.items()),
    *(DataItem(f"040010{di0}", what, MONEY, "yuan") for di0, what in _SETTINGS.items()),
    DataItem("04000FFF", "all limits of energy", Many(ENERGY), "kWh"),
    DataItem("040010FF", "all limits of money", Many(MONEY), "yuan"),
    DataItem("04001101", "run feature word 1", Flags(1, {})),
    DataItem("04001401", "trip delay", Number(2), "min", limits=(Decimal(0), Decimal(9999))),
    DataItem("04001402", "current above which the relay waits before it opens", Number(3, 3), "A"),
    DataItem("04001403", "delay of a trip by high current", Number(2), "min"),
    DataItem("04001404", "validity of an infra-red authentication", Number(1), "min"),
    DataItem("04010000", "year zones, first set", Many(_ZONE)),
    DataItem("040100nn", "day periods, first set", Many(_PERIOD)),
    DataItem("04020000", "year zones, second set", Many(_ZONE)),
    DataItem("040200nn", "day periods, second set", Many(_PERIOD)),
    DataItem("040300nn", "holiday", record(day=Moment("YYMMDD"), table=Number(1))),
    DataItem("04800001", "software version", Text(32, reversed_=True)),
    DataItem("04800002", "hardware version", Text(32, reversed_=True)),
    DataItem("04800003", "maker's number", Text(32, reversed_=True)),
)

# Written in plain text with a MAC (PA 99); whatever else a master may write is class 2 and written enciphered (PA 98).
CLASS_1 = frozenset(
    (
        0x04000108,
        0x04000109,
        0x04000306,
        0x04000307,
        0x0400040E,
        0x04001001,
        0x04001002,
        0x040502FF,
        0x040605FF,
    )
)
