"""Addresses: devices: the grid with its meters, one meter, one concentrator, frames; operations on them."""

from starlette.routing import BaseRoute

from app.domain.roles import Permission
from app.web.console.devices import one, operations, ordering, papers, status, tree, troubles
from app.web.console.fees.routes import ROUTES as FEES
from app.web.console.paths import get, post

P = Permission
_CONCENTRATOR = "/concentrators/{concentrator_id:uuid}"
_OPERATION = "/operations/{operation_id:uuid}"
ROUTES: list[BaseRoute] = [
    get("/devices", tree.show_devices, P.READ_DEVICES),
    get("/devices.csv", tree.devices_csv, P.READ_DEVICES),
    get("/meters/{number}", one.show_meter, P.READ_DEVICES),
    *FEES,
    get("/meters/{number}/papers", papers.show_papers, P.CHANGE_ARCHIVE),
    post("/meters/{number}/papers", papers.save_papers, P.CHANGE_ARCHIVE),
    get("/meters/{number}/frames", one.show_meter_frames, P.READ_DEVICES),
    get(_CONCENTRATOR, one.show_concentrator, P.READ_DEVICES),
    get(f"{_CONCENTRATOR}/frames", one.show_concentrator_frames, P.READ_DEVICES),
    post(f"{_CONCENTRATOR}/enable", status.enable, P.CHANGE_ARCHIVE),
    get("/frontends", status.show_front_ends, P.READ_DEVICES),
    get("/frontends.csv", status.terminals_csv, P.READ_DEVICES),
    get("/downloads", troubles.show_undelivered, P.READ_DEVICES),
    get("/downloads.csv", troubles.undelivered_csv, P.READ_DEVICES),
    get("/anomalies", troubles.show_unread, P.READ_DEVICES),
    get("/anomalies.csv", troubles.unread_csv, P.READ_DEVICES),
    get("/unreachable", troubles.show_unreachable, P.READ_DEVICES),
    get("/unreachable.csv", troubles.unreachable_csv, P.READ_DEVICES),
    get("/operations", operations.show_operations, P.READ_DEVICES),
    get("/operations/new", ordering.show_new, P.READ_DEVICES),
    post("/operations/new", ordering.order, P.READ_DEVICES),
    get(_OPERATION, operations.show_operation, P.READ_DEVICES),
    post(f"{_OPERATION}/act", operations.act, P.READ_DEVICES),
    get(f"{_OPERATION}/items/{{item_id:uuid}}", operations.show_item_frames, P.READ_DEVICES),
    get(f"{_OPERATION}/results.csv", operations.results_csv, P.READ_DEVICES),
    get(f"{_OPERATION}/results.xlsx", operations.results_xlsx, P.READ_DEVICES),
]
