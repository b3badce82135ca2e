"""AFN 0F: file transfer."""

from meters_io.gdw1376.functions.catalogue import Catalogue

CATALOGUE = Catalogue("file transfer")
