"""The console's addresses."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.web.console import bills, cash, giving_back, kiosks, purchases, reviews, sign_in
from app.web.console.door import Page, for_staff
from app.web.console.pages import HOME
from app.web.pages import see_other


async def _home(request: Request) -> Response:
    return see_other(HOME)


def _get(path: str, page: Page) -> Route:
    return Route(f"/console{path}", page, methods=["GET"])


def _post(path: str, page: Page) -> Route:
    return Route(f"/console{path}", page, methods=["POST"])


def console_routes() -> list[BaseRoute]:
    """What staff open. Everything but the sign-in is behind the door."""
    return [
        _get("", _home),
        _get("/sign-in", sign_in.show_sign_in),
        _post("/sign-in", sign_in.sign_in),
        _post("/sign-out", sign_in.sign_out),
        _get("/reviews", for_staff(reviews.show_reviews)),
        _get("/reviews/{review_id:uuid}", for_staff(reviews.show_review)),
        _post("/reviews/{review_id:uuid}", for_staff(reviews.settle_review)),
        _get("/purchases", for_staff(purchases.show_purchases)),
        _get("/purchases/{ref}", for_staff(purchases.show_purchase)),
        _post("/purchases/{ref}/token", for_staff(purchases.show_token)),
        _get("/payments/{ref}", for_staff(purchases.show_payment)),
        _get("/cash", for_staff(cash.show_desk)),
        _get("/cash/taken/{ref}", for_staff(cash.show_taken)),
        _get("/cash/{number}", for_staff(cash.show_sale)),
        _post("/cash/{number}", for_staff(cash.take)),
        _get("/refunds", for_staff(giving_back.show_refunds)),
        _post("/refunds/{refund_id:uuid}/handed-out", for_staff(giving_back.cash_handed_out)),
        _get("/bills", for_staff(bills.show_bills)),
        _get("/kiosks", for_staff(kiosks.show_kiosks)),
        _post("/kiosks", for_staff(kiosks.add_kiosk)),
        _get("/kiosks/{kiosk_id:uuid}", for_staff(kiosks.show_kiosk)),
        _post("/kiosks/{kiosk_id:uuid}", for_staff(kiosks.move_kiosk)),
    ]
