"""AFN 06: authentication and key agreement between the terminal and an encryption machine, opaque to us.

The 2009 edition exchanges 16 bytes (F1, F2) and random numbers (F3, F4); that of 2013 replaced this by certificates
(F11 to F21), whose inside only the machine can read.
"""

from meters_io.gdw1376.formats import NOTHING
from meters_io.gdw1376.functions.catalogue import Catalogue, Function
from meters_io.layout import Hex, record

_SIXTEEN = record(data=Hex(16))
_RANDOM = (record(random=Hex(16)), record(random=Hex(8)), record(random=Hex(4)))
_BLOB = record(data=Hex())

_FUNCTIONS = {
    1: Function("authentication request", _SIXTEEN),
    2: Function("authentication answer", _SIXTEEN),
    3: Function("random number request", NOTHING, _RANDOM),
    4: Function("random number", _RANDOM[0], _RANDOM[1:]),
    11: Function("terminal information", _BLOB),
    12: Function("begin or resume a session", _BLOB),
    13: Function("agree on a session", _BLOB),
    14: Function("renew symmetric keys", _BLOB),
    16: Function("renew a certificate", _BLOB),
    17: Function("internal authentication", _BLOB),
    18: Function("external authentication", _BLOB),
    19: Function("change between test and operation", _BLOB),
    20: Function("set the off-line counter", _BLOB),
    21: Function("authorisation to re-encrypt", _BLOB),
}
_OTHER = Function("authentication", _BLOB)
CATALOGUE = Catalogue("authentication and key agreement", _FUNCTIONS, _FUNCTIONS, _OTHER, _OTHER)
