"""AFN 05: control."""

from meters_io.gdw1376.functions.catalogue import Catalogue

CATALOGUE = Catalogue("control")
