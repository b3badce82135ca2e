"""AFN 10: forward to a meter."""

from meters_io.gdw1376.functions.catalogue import Catalogue

CATALOGUE = Catalogue("forward")
