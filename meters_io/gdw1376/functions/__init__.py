"""Every function of Q/GDW 1376.1 that we know: one file an AFN, data only."""

from meters_io.gdw1376.functions import (
    authentication,
    configuration,
    confirm,
    control,
    current,
    events,
    files,
    forward,
    history,
    link,
    parameters,
    relay,
    reset,
    tasks,
)
from meters_io.gdw1376.functions.catalogue import Catalogue, Function

__all__ = ["CATALOGUES", "Catalogue", "Function", "function_of"]

CATALOGUES: dict[int, Catalogue] = {
    0x00: confirm.CATALOGUE,
    0x01: reset.CATALOGUE,
    0x02: link.CATALOGUE,
    0x03: relay.CATALOGUE,
    0x04: parameters.SET,
    0x05: control.CATALOGUE,
    0x06: authentication.CATALOGUE,
    0x09: configuration.CATALOGUE,
    0x0A: parameters.QUERY,
    0x0B: tasks.CATALOGUE,
    0x0C: current.CATALOGUE,
    0x0D: history.CATALOGUE,
    0x0E: events.CATALOGUE,
    0x0F: files.CATALOGUE,
    0x10: forward.CATALOGUE,
}


def function_of(afn: int, function: int, *, up: bool) -> Function | None:
    """Return what function F1..F248 of `afn` carries, from the terminal (`up`) or to it; None where nobody knows."""
    catalogue = CATALOGUES.get(afn)
    return catalogue.of(function, up=up) if catalogue else None
