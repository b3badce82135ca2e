"""Addresses: files for hand-held readers, and what comes back."""

from starlette.routing import BaseRoute

from app.domain.roles import Permission
from app.web.console.handhelds import back, making, one
from app.web.console.paths import get, post

P = Permission
_FILE = "/handhelds/{file_id:uuid}"
_RETURN = "/handhelds/returns/{return_id:uuid}"
ROUTES: list[BaseRoute] = [
    get("/handhelds", one.show_handhelds, P.USE_HANDHELDS),
    get("/handhelds/new", making.show_new, P.USE_HANDHELDS),
    post("/handhelds/new", making.make, P.USE_HANDHELDS),
    post("/handhelds/back", back.bring_back, P.USE_HANDHELDS),
    get(_RETURN, back.show_return, P.USE_HANDHELDS),
    get(f"{_RETURN}/rows.csv", back.rows_csv, P.USE_HANDHELDS),
    get(_FILE, one.show_file, P.USE_HANDHELDS),
    post(f"{_FILE}/file", one.hand_out, P.USE_HANDHELDS),
    post(f"{_FILE}/give-back", one.give_back, P.USE_HANDHELDS),
    get(f"{_FILE}/lines.csv", one.lines_csv, P.USE_HANDHELDS),
]
