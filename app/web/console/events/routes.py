"""Addresses: events of devices, alarm schemes, and the persons who answer for devices."""

from starlette.routing import BaseRoute

from app.domain.roles import Permission
from app.web.console.events import log, persons, schemes
from app.web.console.paths import get, post

P = Permission
ROUTES: list[BaseRoute] = [
    get("/events", log.show_events, P.SEE_EVENTS),
    get("/events/{event_id:uuid}", log.show_event, P.SEE_EVENTS),
    post("/events/{event_id:uuid}", log.take_in_hand, P.CHANGE_EVENTS),
    get("/schemes", schemes.show_schemes, P.CHANGE_EVENTS),
    post("/schemes", schemes.add_scheme, P.CHANGE_EVENTS),
    get("/schemes/{scheme_id:uuid}", schemes.show_scheme, P.CHANGE_EVENTS),
    post("/schemes/{scheme_id:uuid}", schemes.change_scheme, P.CHANGE_EVENTS),
    get("/persons/new", persons.show_new, P.CHANGE_EVENTS),
    post("/persons/new", persons.add_person, P.CHANGE_EVENTS),
    get("/persons/{person_id:uuid}", persons.show_person, P.CHANGE_EVENTS),
    post("/persons/{person_id:uuid}", persons.change_person, P.CHANGE_EVENTS),
]
