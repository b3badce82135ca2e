"""Addresses: the statements of meters whose money the ledger holds, and the prices of tariffs."""

from starlette.routing import BaseRoute

from app.domain.roles import Permission
from app.web.console.fees import statement, tariffs
from app.web.console.paths import get, post

P = Permission
_STATEMENT = "/meters/{number}/statement"
ROUTES: list[BaseRoute] = [
    get(_STATEMENT, statement.show_statement, P.READ_DEVICES),
    get(f"{_STATEMENT}.csv", statement.statement_csv, P.READ_DEVICES),
    post(_STATEMENT, statement.set_limits, P.SWITCH_FEE_CONTROL),
    get("/tariffs", tariffs.show_tariffs, P.SEE_WORK),
    post("/tariffs", tariffs.add_set, P.CHANGE_PRICES),
    post("/tariffs/{set_id:uuid}/withdraw", tariffs.withdraw_set, P.CHANGE_PRICES),
]
