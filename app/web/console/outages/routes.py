"""Addresses: outage notices, and what keeps supply on: no-cut calendar, amnesty."""

from starlette.routing import BaseRoute

from app.domain.roles import Permission
from app.web.console.outages import amnesty, calendar, cuts, notice, notices
from app.web.console.paths import get, post

_TELL, _CUTS = Permission.TELL_OUTAGES, Permission.CHANGE_CUT_RULES

ROUTES: list[BaseRoute] = [
    get("/outages", notices.show_notices, _TELL),
    get("/outages/new", notices.choose_area, _TELL),
    get("/outages/write", notices.show_form, _TELL),
    post("/outages/write", notices.write_notice, _TELL),
    get("/outages/{notice_id:uuid}", notice.show_notice, _TELL),
    post("/outages/{notice_id:uuid}/revise", notice.revise_notice, _TELL),
    post("/outages/{notice_id:uuid}/{act}", notice.end_notice, _TELL),
    post("/outages/{notice_id:uuid}/sends/{campaign_id:uuid}/{act}", notice.steer_send, _TELL),
    get("/cuts", cuts.show_held, _CUTS),
    get("/cuts/held.csv", cuts.export_held, _CUTS),
    get("/cuts/inquiries", cuts.show_inquiries, _CUTS),
    get("/cuts/calendar", calendar.show_calendar, _CUTS),
    post("/cuts/calendar", calendar.save_calendar, _CUTS),
    get("/cuts/amnesties", amnesty.show_amnesties, _CUTS),
    post("/cuts/amnesties", amnesty.begin_amnesty, _CUTS),
    post("/cuts/amnesties/{amnesty_id:uuid}/end", amnesty.end_amnesty, _CUTS),
]
