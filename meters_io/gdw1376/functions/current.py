"""AFN 0C: class 1, current data."""

from meters_io.gdw1376.functions.catalogue import ASK, Catalogue

CATALOGUE = Catalogue("current data", any_down=ASK)
