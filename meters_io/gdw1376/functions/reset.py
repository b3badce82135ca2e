"""AFN 01: reset."""

from meters_io.gdw1376.functions.catalogue import Catalogue

CATALOGUE = Catalogue("reset")
