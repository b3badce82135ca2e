"""Addresses: templates: versions, preview, segments and cost, approval."""

from starlette.routing import BaseRoute

from app.domain.roles import Permission
from app.web.console.paths import get, post
from app.web.console.wording import editor, listing

_ONE = "/templates/{kind}/{locale}/{channel}"
ROUTES: list[BaseRoute] = [
    get("/templates", listing.show_templates, Permission.WRITE_TEMPLATES),
    post("/templates/versions/{version_id:uuid}/ask", editor.ask_for_approval, Permission.WRITE_TEMPLATES),
    post("/templates/versions/{version_id:uuid}/decide", editor.decide, Permission.APPROVE_TEMPLATES),
    get(_ONE, editor.show_template, Permission.WRITE_TEMPLATES),
    post(_ONE, editor.write_template, Permission.WRITE_TEMPLATES),
    post(_ONE + "/restore", editor.restore, Permission.APPROVE_TEMPLATES),
]
