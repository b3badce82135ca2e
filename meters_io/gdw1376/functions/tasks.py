"""AFN 0B: task data."""

from meters_io.gdw1376.functions.catalogue import Catalogue

CATALOGUE = Catalogue("task data")
