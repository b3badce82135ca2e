"""Addresses: meter exchange, commissioning, reversals."""

from starlette.routing import BaseRoute

from app.domain.roles import Permission
from app.web.console.paths import get, post
from app.web.console.swaps import commission, exchange, reversing

P = Permission
_SWAP = "/swaps/{swap_id:uuid}"
_RUN = "/commissioning/{run_id:uuid}"
_REVERSAL = "/purchases/{ref}/reversal"
ROUTES: list[BaseRoute] = [
    get("/swaps", exchange.show_swaps, P.READ_DEVICES),
    get("/swaps.csv", exchange.swaps_csv, P.READ_DEVICES),
    get("/swaps/new", exchange.show_new, P.CHANGE_ARCHIVE),
    post("/swaps", exchange.begin, P.CHANGE_ARCHIVE),
    get(_SWAP, exchange.show_swap, P.READ_DEVICES),
    post(_SWAP, exchange.act, P.CHANGE_ARCHIVE),
    get("/commissioning", commission.show_runs, P.READ_DEVICES),
    post("/commissioning", commission.begin, P.CHANGE_ARCHIVE),
    get(_RUN, commission.show_run, P.READ_DEVICES),
    get(f"{_RUN}.csv", commission.run_csv, P.READ_DEVICES),
    post(f"{_RUN}/stop", commission.stop, P.CHANGE_ARCHIVE),
    get("/reversals", reversing.show_reversals, P.SEE_WORK),
    get("/reversals.csv", reversing.reversals_csv, P.SEE_WORK),
    post("/reversals/{reversal_id:uuid}", reversing.decide, P.APPROVE_REVERSALS),
    get(_REVERSAL, reversing.show_ask, P.ASK_REVERSALS),
    post(_REVERSAL, reversing.ask, P.ASK_REVERSALS),
]
