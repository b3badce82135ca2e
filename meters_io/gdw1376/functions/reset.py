"""AFN 01: reset. The terminal answers with AFN 00."""

from meters_io.gdw1376.formats import NOTHING
from meters_io.gdw1376.functions.catalogue import Catalogue, Function

CATALOGUE = Catalogue(
    "reset",
    {
        1: Function("hardware", NOTHING),
        2: Function("data", NOTHING),
        3: Function("parameters and data, as from the factory", NOTHING),
        4: Function("parameters and data, but for the way to the master", NOTHING),
    },
)
