"""AFN 0E: class 3, events."""

from meters_io.gdw1376.functions.catalogue import Catalogue

CATALOGUE = Catalogue("events")
