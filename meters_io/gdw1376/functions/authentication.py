"""AFN 06: authentication and key agreement."""

from meters_io.gdw1376.functions.catalogue import Catalogue

CATALOGUE = Catalogue("authentication")
