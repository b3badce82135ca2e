"""AFN 04 and 0A: parameters, set and asked for."""

from meters_io.gdw1376.functions.catalogue import ASK, Catalogue

SET = Catalogue("set parameters")
QUERY = Catalogue("query parameters", any_down=ASK)
