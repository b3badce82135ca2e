"""Energy registers (DI3 = 00) and the wallet that stands among them."""

from meters_io.dlt645.items.shape import DataItem
from meters_io.layout import Many, Number

ENERGY = Number(4, 2)
SIGNED_ENERGY = Number(4, 2, signed=True)
MONEY = Number(4, 2)

_REGISTERS = (
    ("00", "combined active energy", SIGNED_ENERGY, "kWh"),
    ("01", "forward active energy", ENERGY, "kWh"),
    ("02", "reverse active energy", ENERGY, "kWh"),
    ("03", "combined reactive energy 1", SIGNED_ENERGY, "kvarh"),
    ("04", "combined reactive energy 2", SIGNED_ENERGY, "kvarh"),
    ("05", "reactive energy, quadrant 1", ENERGY, "kvarh"),
    ("06", "reactive energy, quadrant 2", ENERGY, "kvarh"),
    ("07", "reactive energy, quadrant 3", ENERGY, "kvarh"),
    ("08", "reactive energy, quadrant 4", ENERGY, "kvarh"),
    ("09", "forward apparent energy", ENERGY, "kVAh"),
    ("0A", "reverse apparent energy", ENERGY, "kVAh"),
)

ITEMS = (
    *(DataItem(f"00{di2}ttss", title, form, unit) for di2, title, form, unit in _REGISTERS),
    DataItem("00900100", "remaining energy", ENERGY, "kWh"),
    DataItem("00900101", "overdrawn energy", ENERGY, "kWh"),
    DataItem("009001FF", "remaining, then overdrawn energy", Many(ENERGY), "kWh"),
    DataItem("00900200", "remaining money", MONEY, "yuan"),
    DataItem("00900201", "overdrawn money", MONEY, "yuan"),
    DataItem("009002FF", "remaining, then overdrawn money", Many(MONEY), "yuan"),
    DataItem("000B0000", "energy of this settlement period", ENERGY, "kWh"),
    DataItem("000B0001", "energy of the last settlement period", ENERGY, "kWh"),
    DataItem("000B00FF", "energy of this settlement period, then of the last", Many(ENERGY), "kWh"),
    DataItem("000C0000", "energy of this month", ENERGY, "kWh"),
)
