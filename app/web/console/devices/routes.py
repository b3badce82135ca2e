"""Addresses: devices: the grid with its meters, one meter, one concentrator, frames."""

from starlette.routing import BaseRoute

from app.domain.roles import Permission
from app.web.console.devices import one, tree
from app.web.console.paths import get

P = Permission
_CONCENTRATOR = "/concentrators/{concentrator_id:uuid}"
ROUTES: list[BaseRoute] = [
    get("/devices", tree.show_devices, P.READ_DEVICES),
    get("/devices.csv", tree.devices_csv, P.READ_DEVICES),
    get("/meters/{number}", one.show_meter, P.READ_DEVICES),
    get("/meters/{number}/frames", one.show_meter_frames, P.READ_DEVICES),
    get(_CONCENTRATOR, one.show_concentrator, P.READ_DEVICES),
    get(f"{_CONCENTRATOR}/frames", one.show_concentrator_frames, P.READ_DEVICES),
]
