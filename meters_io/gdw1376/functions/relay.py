"""AFN 03: relay station."""

from meters_io.gdw1376.functions.catalogue import Catalogue

CATALOGUE = Catalogue("relay station")
