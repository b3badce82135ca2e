"""Addresses: alarm levels: policies, accounts one by one and in bulk, levels from real use; homes without money."""

from starlette.routing import BaseRoute

from app.domain.roles import Permission
from app.web.console.alarms import accounts, dark, many, policies
from app.web.console.paths import get, post

_P = Permission.CHANGE_ALARMS
ROUTES: list[BaseRoute] = [
    get("/alarms", policies.show_alarms, _P),
    get("/alarms/policies/new", policies.show_policy, _P),
    post("/alarms/policies/new", policies.save_policy, _P),
    get("/alarms/policies/{policy_id:uuid}", policies.show_policy, _P),
    post("/alarms/policies/{policy_id:uuid}", policies.save_policy, _P),
    get("/alarms/accounts", accounts.find_account, _P),
    get("/alarms/accounts/{number}", accounts.show_account, _P),
    post("/alarms/accounts/{number}", accounts.save_account, _P),
    get("/alarms/many", many.show_form, _P),
    post("/alarms/many", many.draft, _P),
    get("/alarms/changes/{change_id:uuid}.csv", many.export, _P),
    get("/alarms/changes/{change_id:uuid}", many.show_change, _P),
    post("/alarms/changes/{change_id:uuid}", many.act, _P),
    get("/disconnections/{incident_id:uuid}", dark.show_incident, Permission.SEE_REPORTS),
    post("/disconnections/{incident_id:uuid}", dark.end_incident, Permission.SETTLE_REVIEWS),
]
