"""AFN 00: confirm and deny."""

from meters_io.gdw1376.functions.catalogue import Catalogue

CATALOGUE = Catalogue("confirm")
