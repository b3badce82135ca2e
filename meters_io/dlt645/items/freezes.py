"""What a meter froze at a moment (DI3 = 05): DI2 says by what, DI1 which register, DI0 how many times ago."""

from meters_io.dlt645.forms import FirstThatFits
from meters_io.dlt645.items.energy import ENERGY, MONEY, SIGNED_ENERGY
from meters_io.dlt645.items.live import POWER
from meters_io.dlt645.items.parameters import MOMENT
from meters_io.dlt645.items.shape import DataItem
from meters_io.layout import Form, Hex, Many, Number, Record, record

REGISTERS = range(1, 6)  # the total, and as many tariffs as the meter has
_DEMAND = record(demand=POWER, at=MOMENT)
_CAUSES = {
    "00": ("timed freeze", "dd"),
    "01": ("instant freeze", "rr"),
    "02": ("freeze at a switch of year zones", "rr"),
    "03": ("freeze at a switch of day periods", "rr"),
    "04": ("hourly freeze", "hh"),
    "05": ("freeze at a switch of tariff prices", "rr"),
    "06": ("daily freeze", "dd"),
    "07": ("freeze at a switch of step prices", "rr"),
}
_REGISTERS: dict[str, tuple[str, Form, str]] = {
    "01": ("forward active energy, total and tariffs", ENERGY, "kWh"),
    "02": ("reverse active energy, total and tariffs", ENERGY, "kWh"),
    "03": ("combined reactive energy 1, total and tariffs", SIGNED_ENERGY, "kvarh"),
    "04": ("combined reactive energy 2, total and tariffs", SIGNED_ENERGY, "kvarh"),
    "05": ("reactive energy, quadrant 1, total and tariffs", ENERGY, "kvarh"),
    "06": ("reactive energy, quadrant 2, total and tariffs", ENERGY, "kvarh"),
    "07": ("reactive energy, quadrant 3, total and tariffs", ENERGY, "kvarh"),
    "08": ("reactive energy, quadrant 4, total and tariffs", ENERGY, "kvarh"),
    "09": ("greatest forward active demand", _DEMAND, "kW"),
    "0A": ("greatest reverse active demand", _DEMAND, "kW"),
    "10": ("active power, then reactive power", POWER, ""),
}


def active_only(registers: int) -> Record:
    """Return what a single-phase meter froze: 5 bytes, and 8 for each register."""
    return record(at=MOMENT, forward=Many(ENERGY, registers), reverse=Many(ENERGY, registers))


def everything(registers: int) -> Record:
    """Return what a meter froze that has all the standard knows: 29 bytes, and 48 for each register."""
    energies: dict[str, Form] = {name: Many(ENERGY, registers) for name in ("forward", "reverse")}
    energies |= {f"reactive_{number}": Many(SIGNED_ENERGY, registers) for number in (1, 2)}
    energies |= {f"quadrant_{number}": Many(ENERGY, registers) for number in range(1, 5)}
    demands: dict[str, Form] = {f"{name}_demand": Many(_DEMAND, registers) for name in ("forward", "reverse")}
    return record(at=MOMENT, **energies, **demands, powers=Many(POWER, 8))


# The whole freeze has no lengths in it: its own length decides. What a meter freezes in another choice cannot be told
# apart without knowing the meter, and stays bytes.
WHOLE = FirstThatFits(
    (
        *(active_only(registers) for registers in REGISTERS),
        *(everything(registers) for registers in REGISTERS),
        record(at=MOMENT, registers=Hex()),
    )
)


def _of_one_cause(di2: str, cause: str, ago: str) -> tuple[DataItem, ...]:
    return (
        DataItem(f"05{di2}00{ago}", f"{cause}: moment", MOMENT),
        *(
            DataItem(f"05{di2}{di1}{ago}", f"{cause}: {title}", Many(form), unit, block=Many(form))
            for di1, (title, form, unit) in _REGISTERS.items()
        ),
        DataItem(f"05{di2}FF{ago}", f"{cause}: all of it", WHOLE, block=Hex()),
    )


# One concentrator reads count and money in 2 + 5 bytes, one meter sends count, balance and overdraft in 2 + 4 + 4.
_BALANCE = FirstThatFits(
    (
        record(count=Number(2), balance=MONEY, overdraft=MONEY),
        record(count=Number(2), money=Number(5, 2)),
    )
)

ITEMS = (
    *(item for di2, (cause, ago) in _CAUSES.items() for item in _of_one_cause(di2, cause, ago)),
    DataItem("050802dd", "frozen balance", _BALANCE, "yuan"),
)
