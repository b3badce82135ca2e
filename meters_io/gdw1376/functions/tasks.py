"""AFN 0B: data of a report task; the point is the number of the task.

The terminal answers with the frames that the task would have sent, under AFN 0C or 0D.
"""

from meters_io.gdw1376.formats import FORMAT_15, NOTHING
from meters_io.gdw1376.functions.catalogue import ASK, Catalogue, Function
from meters_io.layout import record

_FROM = record(start=FORMAT_15)

CATALOGUE = Catalogue(
    "task data",
    down={
        1: Function("class 1 task data", NOTHING, (_FROM,)),
        2: Function("class 2 task data since a moment", _FROM, (NOTHING,)),
    },
    any_down=ASK,
)
