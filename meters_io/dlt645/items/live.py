"""What the meter measures at this moment (DI3 = 02)."""

from decimal import Decimal

from meters_io.dlt645.items.shape import DataItem
from meters_io.layout import Number

PRICE = Number(4, 4)
POWER = Number(3, 4, signed=True)
_CURRENT = Number(3, 3, signed=True)
_PER_THOUSAND = (Decimal(-1), Decimal(1))

ITEMS = (
    DataItem("0201pp00", "voltage", Number(2, 1), "V"),
    DataItem("0202pp00", "current", _CURRENT, "A"),
    DataItem("0203qq00", "active power", POWER, "kW"),
    DataItem("0204qq00", "reactive power", POWER, "kvar"),
    DataItem("0205qq00", "apparent power", POWER, "kVA"),
    DataItem("0206qq00", "power factor", Number(2, 3, signed=True), limits=_PER_THOUSAND),
    DataItem("0207pp00", "phase angle", Number(2, 1), "°", limits=(Decimal(0), Decimal(360))),
    DataItem("02800001", "neutral current", _CURRENT, "A"),
    DataItem("02800002", "frequency", Number(2, 2), "Hz", limits=(Decimal(40), Decimal(70))),
    DataItem("02800003", "active power, mean of a minute", POWER, "kW"),
    DataItem("02800004", "active demand", POWER, "kW"),
    DataItem("02800005", "reactive demand", POWER, "kvar"),
    DataItem("02800006", "apparent demand", POWER, "kVA"),
    DataItem("02800007", "temperature", Number(2, 1, signed=True), "°C", limits=(Decimal(-60), Decimal(120))),
    DataItem("02800008", "voltage of the clock's battery", Number(2, 2), "V"),
    DataItem("02800009", "voltage of the reading battery", Number(2, 2), "V"),
    DataItem("0280000A", "time the battery was in use", Number(4), "min"),
    DataItem("0280000B", "price of the present step", PRICE, "yuan/kWh"),
    DataItem("02800020", "price in force", PRICE, "yuan/kWh"),
    DataItem("02800021", "price of the present tariff without steps", PRICE, "yuan/kWh"),
    DataItem("02800022", "identity authentication left", Number(2), "min"),
)
