"""Addresses: collection schemes, archive rules, how meters hang, master meters, archives, what was told."""

from starlette.routing import BaseRoute

from app.domain.roles import Permission
from app.web.console.archive import lines, master_files, masters, meters, rules, schemes, told, waiting
from app.web.console.archive.lines import LINES
from app.web.console.archive.master_files import FILES
from app.web.console.paths import get, post

P = Permission
_FILE = "/lines/{file_id:uuid}"
_MASTER_FILE = "/masters/files/{file_id:uuid}"
_MASTERS = "/concentrators/{concentrator_id:uuid}/masters"
ROUTES: list[BaseRoute] = [
    get("/collection", schemes.show_schemes, P.READ_DEVICES),
    get("/collection/new", schemes.show_scheme, P.CHANGE_ARCHIVE),
    post("/collection/new", schemes.save_scheme, P.CHANGE_ARCHIVE),
    get("/collection/{scheme_id:uuid}", schemes.show_scheme, P.CHANGE_ARCHIVE),
    post("/collection/{scheme_id:uuid}", schemes.save_scheme, P.CHANGE_ARCHIVE),
    get("/archive-rules", rules.show_all, P.READ_DEVICES),
    get("/archive-rules/new", rules.show_one, P.CHANGE_ARCHIVE),
    post("/archive-rules/new", rules.save, P.CHANGE_ARCHIVE),
    get("/archive-rules/{rules_id:uuid}", rules.show_one, P.CHANGE_ARCHIVE),
    post("/archive-rules/{rules_id:uuid}", rules.save, P.CHANGE_ARCHIVE),
    get("/meters/{number}/line", meters.show_line, P.CHANGE_ARCHIVE),
    post("/meters/{number}/line", meters.save_line, P.CHANGE_ARCHIVE),
    get(_MASTERS, masters.show_masters, P.READ_DEVICES),
    post(_MASTERS, masters.save_master, P.CHANGE_ARCHIVE),
    get("/masters/{master_id:uuid}", masters.show_curves, P.READ_DEVICES),
    get("/masters/{master_id:uuid}.csv", masters.curves_csv, P.READ_DEVICES),
    get("/masters", FILES.show_files, P.READ_DEVICES),
    post("/masters", FILES.take_in, P.CHANGE_ARCHIVE),
    get("/masters.csv", master_files.masters_csv, P.READ_DEVICES),
    get("/masters/template.csv", master_files.template_csv, P.READ_DEVICES),
    get(_MASTER_FILE, FILES.show_file, P.READ_DEVICES),
    post(_MASTER_FILE, FILES.apply, P.CHANGE_ARCHIVE),
    get(f"{_MASTER_FILE}/rows.csv", FILES.rows_csv, P.READ_DEVICES),
    get("/lines", LINES.show_files, P.READ_DEVICES),
    post("/lines", LINES.take_in, P.CHANGE_ARCHIVE),
    get("/lines.csv", lines.lines_csv, P.READ_DEVICES),
    get(_FILE, LINES.show_file, P.READ_DEVICES),
    post(_FILE, LINES.apply, P.CHANGE_ARCHIVE),
    get(f"{_FILE}/rows.csv", LINES.rows_csv, P.READ_DEVICES),
    get("/archive", waiting.show_waiting, P.READ_DEVICES),
    get("/archive.csv", waiting.waiting_csv, P.READ_DEVICES),
    get("/terminal-events", told.show_told, P.READ_DEVICES),
    get("/terminal-events.csv", told.told_csv, P.READ_DEVICES),
]
