"""AFN 02: login, logout and heartbeat."""

from meters_io.gdw1376.functions.catalogue import Catalogue

CATALOGUE = Catalogue("link")
