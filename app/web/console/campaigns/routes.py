"""Addresses: bulk sends: written, confirmed, watched, paused and stopped; who sent what."""

from starlette.routing import BaseRoute

from app.domain.roles import Permission
from app.web.console.campaigns import choosing, confirming, results, watching, writing
from app.web.console.paths import get, post

P = Permission.SEND_CAMPAIGNS
_ONE = "/campaigns/{campaign_id:uuid}"
ROUTES: list[BaseRoute] = [
    get("/campaigns", watching.show_campaigns, P),
    get("/campaigns/new", writing.show_new, P),
    post("/campaigns/new", writing.make_new, P),
    post("/campaigns/picks", choosing.pick, P),
    get(_ONE, watching.show_campaign, P),
    post(f"{_ONE}/words", writing.save_words, P),
    post(f"{_ONE}/file", choosing.take_file, P),
    post(f"{_ONE}/take-out", choosing.take_out, P),
    get(f"{_ONE}/confirm", confirming.show_confirm, P),
    post(f"{_ONE}/start", confirming.start, P),
    post(f"{_ONE}/act", watching.act, P),
    get(f"{_ONE}/recipients", results.show_recipients, P),
    get(f"{_ONE}/recipients.csv", results.recipients_csv, P),
    get(f"{_ONE}/recipients.xlsx", results.recipients_xlsx, P),
    get(f"{_ONE}/faults.csv", results.faults_csv, P),
]
