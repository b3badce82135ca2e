"""Addresses. The meter itself: balance, why it is dark, notices, emergency credit."""

from starlette.routing import BaseRoute, Route

from app.web.portal.supply import advance, dark, install, notices, scan

ROUTES: list[BaseRoute] = [
    Route("/scan", scan.show_scan, methods=["GET"]),
    Route("/scan", scan.read_scan, methods=["POST"]),
    Route("/manifest.webmanifest", install.give_manifest, methods=["GET"]),
    Route("/sw.js", install.give_worker, methods=["GET"]),
    Route("/offline", install.show_offline, methods=["GET"]),
    Route("/notices", notices.show_notices, methods=["GET"]),
    Route("/m/{number}/notices", notices.show_meter_notices, methods=["GET"]),
    Route("/m/{number}/notices/{notice:uuid}/still-out", notices.still_out, methods=["POST"]),
    Route("/m/{number}/dark", dark.show_dark, methods=["GET"]),
    Route("/m/{number}/advance", advance.show_advance, methods=["GET"]),
    Route("/m/{number}/advance", advance.take_advance, methods=["POST"]),
]
