"""What stands in the files of a hand-held reader. Names fit dBASE III: ten characters at most."""

from dataclasses import dataclass
from enum import StrEnum

MAX_ROWS = 100_000


class Kind(StrEnum):
    """The field types of dBASE III that we use."""

    TEXT = "C"
    NUMBER = "N"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `width`: bytes, of GBK where it is text. `decimals` of a number."""

    name: str
    title: str
    width: int
    kind: Kind = Kind.TEXT
    decimals: int = 0


CMD_ID = Column("CMD_ID", "our number of the command", 20)
METER = Column("METER", "address or number of the meter, 11 to 13 digits", 13)
PLACE = Column("PLACE", "where it hangs", 60)
KIND = Column("KIND", "what to do: a code of ORDERS in `commands`", 2)
AMOUNT = Column("AMOUNT", "money of a limit or a purchase", 10, Kind.NUMBER, 2)
COUNT = Column("COUNT", "number of the purchase; in results the meter's own count", 5, Kind.NUMBER)
CUSTOMER = Column("CUSTOMER", "customer number, 12 digits", 12)
TOKENS = Column("TOKENS", "up to five tokens of 20 digits, in the order of their entry, a blank between", 104)
NOT_AFTER = Column("NOT_AFTER", "YYYYMMDDhhmmss by the meter's clock; empty: whenever", 14)
STATE = Column("STATE", "what became of it: a code of State in `results`", 1)
AT = Column("AT", "when, as NOT_AFTER", 14)
REFUSAL = Column("REFUSAL", "the meter's error word in hex", 4)
BALANCE = Column("BALANCE", "money in the meter afterwards, below zero by what is overdrawn", 10, Kind.NUMBER, 2)
RELAY = Column("RELAY", "status word 3 as it was read afterwards, in hex", 4)
NEWEST = Column(
    "NEWEST", "sum of the newest purchase in the meter's record (0333), as read afterwards", 10, Kind.NUMBER, 2
)
LIMIT = Column("LIMIT", "the overdraft limit as it was read afterwards", 10, Kind.NUMBER, 2)

COMMANDS = (CMD_ID, METER, PLACE, KIND, AMOUNT, COUNT, CUSTOMER, TOKENS, NOT_AFTER)
RESULTS = (CMD_ID, METER, STATE, AT, REFUSAL, BALANCE, COUNT, RELAY, LIMIT, NEWEST)
