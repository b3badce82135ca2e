"""Control codes and data identifiers by name (DL/T 645-2007 section 5.2.4 and annex A)."""

from enum import IntEnum

REPLY = 0x80
REFUSED = 0x40
MORE = 0x20
FUNCTION = 0x1F


class Control(IntEnum):
    """Function codes of requests; a good reply adds `REPLY`, a refusal `REPLY | REFUSED`."""

    SECURITY = 0x03
    BROADCAST_TIME = 0x08
    READ = 0x11
    READ_MORE = 0x12
    READ_ADDRESS = 0x13
    WRITE = 0x14
    WRITE_ADDRESS = 0x15
    FREEZE = 0x16
    BAUD = 0x17
    PASSWORD = 0x18
    CLEAR_DEMAND = 0x19
    CLEAR_METER = 0x1A
    CLEAR_EVENTS = 0x1B
    RELAY = 0x1C
    OUTPUT = 0x1D


class Item(IntEnum):
    """Data identifiers, DI3 first as the standard writes them."""

    ENERGY = 0x00010000
    BALANCE = 0x00900200
    OVERDRAFT = 0x00900201
    PRICE_NOW = 0x02800020
    AUTHENTICATION_LEFT = 0x02800022
    PURCHASE_MOMENT = 0x03330101  # newest record; the n-th one before adds n to the lowest byte
    PURCHASE_COUNT = 0x03330201
    PURCHASE_AMOUNT = 0x03330301
    BALANCE_BEFORE = 0x03330401
    BALANCE_AFTER = 0x03330501
    PURCHASED_IN_ALL = 0x03330601
    DATE = 0x04000101
    TIME = 0x04000102
    CLOCK = 0x0400010C
    ADDRESS = 0x04000401
    METER_NUMBER = 0x04000402
    CUSTOMER = 0x0400040E
    STATUS_3 = 0x04000503
    ALARM_1 = 0x04001001
    ALARM_2 = 0x04001002
    OVERDRAFT_LIMIT = 0x04001003
    HOARD_LIMIT = 0x04001004
    RECLOSE_BALANCE = 0x04001005
    DAILY_FREEZE_MOMENT = 0x05060001
    DAILY_FREEZE_ENERGY = 0x05060101


class Security(IntEnum):
    """Identifiers of the prepay commands that travel under C = 03."""

    AUTHENTICATE = 0x070000FF
    OPEN_ACCOUNT = 0x070101FF
    RECHARGE = 0x070102FF
    STATE = 0x078102FF
    TOKEN = 0x070190FF  # ours: see dlt645.token
