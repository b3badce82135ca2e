"""AFN 02: the terminal says that it is there. The master answers with AFN 00."""

from meters_io.gdw1376.editions import GDW376_2009, GDW1376_2013
from meters_io.gdw1376.formats import NOTHING
from meters_io.gdw1376.functions.catalogue import Catalogue, Function

CATALOGUE = Catalogue(
    "link",
    up={
        1: Function("login", NOTHING),
        2: Function("logout", NOTHING),
        3: Function("heartbeat", GDW376_2009.heartbeat, (GDW1376_2013.heartbeat,)),
    },
)
