"""The console's addresses."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.domain.roles import Permission
from app.web.console import bills, cash, giving_back, kiosks, purchases, reviews, sign_in
from app.web.console.alarms.routes import ROUTES as ALARMS
from app.web.console.archive.routes import ROUTES as ARCHIVE
from app.web.console.campaigns.routes import ROUTES as CAMPAIGNS
from app.web.console.carriers.routes import ROUTES as CARRIERS
from app.web.console.customers.routes import ROUTES as CUSTOMERS
from app.web.console.devices.routes import ROUTES as DEVICES
from app.web.console.events.routes import ROUTES as EVENTS
from app.web.console.gateways.routes import ROUTES as GATEWAYS
from app.web.console.handhelds.routes import ROUTES as HANDHELDS
from app.web.console.head_ends.routes import ROUTES as HEAD_ENDS
from app.web.console.messages.routes import ROUTES as MESSAGES
from app.web.console.outages.routes import ROUTES as OUTAGES
from app.web.console.pages import HOME
from app.web.console.paths import get, post
from app.web.console.people.routes import ROUTES as PEOPLE
from app.web.console.reports.routes import ROUTES as REPORTS
from app.web.console.swaps.routes import ROUTES as SWAPS
from app.web.console.wording.routes import ROUTES as WORDING
from app.web.pages import see_other


async def _home(request: Request) -> Response:
    return see_other(HOME)


P = Permission
OWN: list[BaseRoute] = [
    Route("/console", _home, methods=["GET"]),
    Route("/console/sign-in", sign_in.show_sign_in, methods=["GET"]),
    Route("/console/sign-in", sign_in.sign_in, methods=["POST"]),
    Route("/console/sign-out", sign_in.sign_out, methods=["POST"]),
    get("/reviews", reviews.show_reviews, P.SEE_WORK),
    get("/reviews/{review_id:uuid}", reviews.show_review, P.SEE_WORK),
    post("/reviews/{review_id:uuid}", reviews.settle_review, P.SETTLE_REVIEWS),
    get("/purchases", purchases.show_purchases, P.SEE_WORK),
    get("/purchases/{ref}", purchases.show_purchase, P.SEE_WORK),
    post("/purchases/{ref}/token", purchases.show_token, P.SEE_TOKENS),
    get("/payments/{ref}", purchases.show_payment, P.SEE_WORK),
    get("/cash", cash.show_desk, P.TAKE_CASH),
    get("/cash/taken/{ref}", cash.show_taken, P.TAKE_CASH),
    get("/cash/{number}", cash.show_sale, P.TAKE_CASH),
    post("/cash/{number}", cash.take, P.TAKE_CASH),
    get("/refunds", giving_back.show_refunds, P.HAND_OUT_REFUNDS),
    post("/refunds/{refund_id:uuid}/handed-out", giving_back.cash_handed_out, P.HAND_OUT_REFUNDS),
    get("/bills", bills.show_bills, P.SEE_BILLS),
    get("/kiosks", kiosks.show_kiosks, P.CARE_FOR_KIOSKS),
    post("/kiosks", kiosks.add_kiosk, P.CARE_FOR_KIOSKS),
    get("/kiosks/{kiosk_id:uuid}", kiosks.show_kiosk, P.CARE_FOR_KIOSKS),
    post("/kiosks/{kiosk_id:uuid}", kiosks.move_kiosk, P.CARE_FOR_KIOSKS),
    *ARCHIVE,
]


def console_routes() -> list[BaseRoute]:
    """What staff open. Everything but the sign-in is behind the door."""
    parts = (OWN, CUSTOMERS, CAMPAIGNS, OUTAGES, MESSAGES, REPORTS, DEVICES, EVENTS, ALARMS, WORDING, CARRIERS, PEOPLE)
    return [route for part in (*parts, HANDHELDS, GATEWAYS, HEAD_ENDS, SWAPS) for route in part]
