"""Addresses. Paying: the pay page, links that open it filled in, rules that do it by themselves."""

from starlette.routing import BaseRoute, Route

from app.web.portal.buying import gifts, pay, scan, topups

ROUTES: list[BaseRoute] = [
    Route("/m/{number}/pay", pay.show_pay, methods=["GET"]),
    Route("/m/{number}/pay", pay.pay, methods=["POST"]),
    Route("/p/{secret}", pay.show_link, methods=["GET"]),
    Route("/payments/{ref}/pay", scan.show_place, methods=["GET"]),
    Route("/payments/{ref}/pay/code.svg", scan.draw_code, methods=["GET"]),
    Route("/payments/{ref}/pay/again", scan.renew, methods=["POST"]),
    Route("/my/{number}/gift", gifts.show_gifts, methods=["GET"]),
    Route("/my/{number}/gift", gifts.make, methods=["POST"]),
    Route("/my/{number}/gift/{id:uuid}.svg", gifts.draw_link, methods=["GET"]),
    Route("/my/{number}/gift/{id:uuid}/stop", gifts.stop, methods=["POST"]),
    Route("/my/{number}/topup", topups.show_rules, methods=["GET"]),
    Route("/my/{number}/topup", topups.make, methods=["POST"]),
    Route("/my/{number}/topup/{id:uuid}/stop", topups.stop, methods=["POST"]),
    Route("/my/{number}/topup/{id:uuid}/sign", topups.sign, methods=["POST"]),
]
