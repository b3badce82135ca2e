"""AFN 03: a relay station, which is two machines of which one is on duty."""

from meters_io.gdw1376.formats import FORMAT_15, NOTHING, WORD
from meters_io.gdw1376.functions.catalogue import Catalogue, Function
from meters_io.layout import Many, bits, record

_ORDER = bits(switch_over=2, relaying=2, rest=4)  # each 0: no, 3: yes, other values are void
_STATE = bits(a_state=2, a_on_duty=1, a_relays=1, b_state=2, b_on_duty=1, b_relays=1)  # 0 none, 1 good, 2 bad, 3 spare
_CHANGE = record(time=FORMAT_15, before=_STATE, after=_STATE)
_STATISTICS = record(changes=WORD, a_on_duty=WORD, a_good=WORD, b_on_duty=WORD, b_good=WORD)

CATALOGUE = Catalogue(
    "relay station",
    {
        1: Function("control the station", _ORDER),
        2: Function("ask for its state", NOTHING),
        3: Function("ask for its last changes", NOTHING),
        4: Function("ask for its statistics", NOTHING),
    },
    {
        1: Function("state of the station", _STATE),
        2: Function("state of the station", _STATE),
        3: Function("last ten changes", record(changes=Many(_CHANGE, 10))),
        4: Function("statistics", _STATISTICS),
    },
)
