"""AFN 0F: a file, segment by segment; the terminal answers with the number of the one it has got."""

from meters_io.gdw1376.formats import BYTE, WORD
from meters_io.gdw1376.functions.catalogue import Catalogue, Function
from meters_io.layout import Binary, Block, Hex, record

# `last` 1: this segment is the end. `command` 0: a transfer; others cancel or query. `segment`: its number, or offset.
_SEGMENT = record(file=BYTE, last=BYTE, command=BYTE, segments=WORD, segment=Binary(4), data=Block(WORD))
_GOT, _GOT_SHORT = record(segment=Binary(4)), record(segment=WORD)
_OTHER = Function("file transfer", record(data=Hex()))

CATALOGUE = Catalogue(
    "file transfer",
    {1: Function("segment of a file", _SEGMENT)},
    {1: Function("segment received", _GOT, (_GOT_SHORT,))},
    _OTHER,
    _OTHER,
)
