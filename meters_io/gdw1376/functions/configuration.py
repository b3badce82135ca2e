"""AFN 09: configuration of the terminal."""

from meters_io.gdw1376.functions.catalogue import ASK, Catalogue

CATALOGUE = Catalogue("terminal configuration", any_down=ASK)
