"""The table of data identifiers (DL/T 645-2007 annex A): what each item is called, and what its bytes mean.

item_of(0x02010100)                 voltage, phase A: two bytes of BCD, one decimal, V
item_of(0x0201FF00)                 the same of every phase: a list
read_all(item_of(di).form, data)    the value; `write_all` is the way back
"""

from functools import lru_cache

from meters_io.dlt645.items import energy, freezes, live, parameters, prices, records, status
from meters_io.dlt645.items.shape import DataItem, find_item, index_items

__all__ = ["ITEMS", "DataItem", "item_of"]

ITEMS: tuple[DataItem, ...] = (
    *energy.ITEMS,
    *live.ITEMS,
    *parameters.ITEMS,
    *status.ITEMS,
    *prices.ITEMS,
    *freezes.ITEMS,
    *records.ITEMS,
)
_INDEX = index_items(ITEMS)


@lru_cache(4096)
def item_of(di: int) -> DataItem | None:
    """Return what is known about the item `di`, or None. FFH in a counting byte asks for the whole block."""
    return find_item(_INDEX, di)
