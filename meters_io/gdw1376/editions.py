"""In what the editions of the protocol differ: the one table of it.

A frame names no edition, only its protocol id (1: 2005, 2: all later ones). So what the 2009 and the 2013 edition write
differently is told by its length: the forms of one are tried, and then those of the other.
"""

from dataclasses import dataclass

from meters_io.gdw1376.formats import FORMAT_1, FORMAT_8, FORMAT_10, FORMAT_15, NOTHING, WORD
from meters_io.layout import Binary, Form, record


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition.

    `password_bytes`: how wide PW is. `heartbeat`: what AFN 02 F3 carries. `moment`: how the meter's own events are
    dated (AFN 0C F161, F165, F166 and their frozen copies), `count`: how they are counted. `last_event`: the highest
    code (ERC) of an event; what is above, or does not fit its form, is a province's or a maker's own. `passed_length`:
    the length of a meter's frame in AFN 10 F1, in front of which `passed_port` says whether the answer names the port.
    `item`: the data identifier of a meter that AFN 10 F9 reads.
    """

    name: str
    protocol: int
    password_bytes: int
    heartbeat: Form
    moment: Form
    count: Form
    last_event: int
    passed_length: Binary
    passed_port: bool
    item: Binary


GDW130_2005 = Edition("Q/GDW 130-2005", 1, 2, NOTHING, FORMAT_15, FORMAT_8, 30, Binary(1), False, WORD)
GDW376_2009 = Edition("Q/GDW 376.1-2009", 2, 16, NOTHING, FORMAT_15, FORMAT_8, 35, WORD, True, Binary(4))
GDW1376_2013 = Edition(
    "Q/GDW 1376.1-2013", 2, 16, record(clock=FORMAT_1), FORMAT_1, FORMAT_10, 45, WORD, True, Binary(4)
)
EDITIONS = (GDW130_2005, GDW376_2009, GDW1376_2013)


def password_bytes(protocol: int) -> int:
    """Return the width of PW in frames of this protocol id."""
    return next((edition.password_bytes for edition in EDITIONS if edition.protocol == protocol), 16)
