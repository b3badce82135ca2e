"""AFN 0D: class 2, history."""

from meters_io.gdw1376.functions.catalogue import Catalogue

CATALOGUE = Catalogue("history")
