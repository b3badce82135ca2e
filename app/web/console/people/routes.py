"""Addresses: staff: who may do what, their second step, the audit log, and the utility's rules."""

from starlette.routing import BaseRoute, Route

from app.domain.roles import Permission
from app.web.console.paths import get, post
from app.web.console.people import audit, colleagues, me, rules, second_step

P = Permission
ROUTES: list[BaseRoute] = [
    Route("/console/second-step", second_step.show_second_step, methods=["GET"]),
    Route("/console/second-step", second_step.take_second_step, methods=["POST"]),
    Route("/console/join/{word}", colleagues.show_join, methods=["GET"]),
    Route("/console/join/{word}", colleagues.join, methods=["POST"]),
    get("/again", second_step.show_again, P.SEE_WORK),
    post("/again", second_step.prove_again, P.SEE_WORK),
    get("/me", me.show_me, P.SEE_WORK),
    post("/me", me.rename_me, P.SEE_WORK),
    post("/me/password", me.change_password, P.SEE_WORK),
    post("/me/sessions", me.end_sessions, P.SEE_WORK),
    get("/me/second-step", me.show_device, P.SEE_WORK, fresh=True),
    post("/me/second-step", me.set_device, P.SEE_WORK, fresh=True),
    get("/staff", colleagues.show_staff, P.CHANGE_STAFF),
    post("/staff", colleagues.add_colleague, P.CHANGE_STAFF, fresh=True),
    get("/staff/{staff_id:uuid}", colleagues.show_colleague, P.CHANGE_STAFF),
    post("/staff/{staff_id:uuid}", colleagues.change_colleague, P.CHANGE_STAFF, fresh=True),
    get("/audit", audit.show_audit, P.SEE_AUDIT),
    get("/audit.csv", audit.export_audit, P.SEE_AUDIT),
    get("/rules", rules.show_rules, P.CHANGE_RULES),
    post("/rules", rules.save_rules, P.CHANGE_RULES),
]
