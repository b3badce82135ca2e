"""Addresses. What happened: the tracker, history, receipts, use."""

from starlette.routing import BaseRoute, Route

from app.web.portal.records import codes, credit_note, history, receipt, stream, track

ROUTES: list[BaseRoute] = [
    Route("/m/{number}/history", history.show_history, methods=["GET"]),
    Route("/payments/{ref}", track.show_payment, methods=["GET"]),
    Route("/payments/{ref}/live", stream.stream, methods=["GET"]),
    Route("/purchases/{ref}", track.show_purchase, methods=["GET"]),
    Route("/purchases/{ref}/live", stream.stream, methods=["GET"]),
    Route("/purchases/{ref}/codes/{place:int}/qr.svg", codes.draw_qr, methods=["GET"]),
    Route("/purchases/{ref}/codes/{place:int}/bars.svg", codes.draw_bars, methods=["GET"]),
    Route("/purchases/{ref}/receipt", receipt.show_receipt, methods=["GET"]),
    Route("/purchases/{ref}/receipt.pdf", receipt.document, methods=["GET"]),
    Route("/purchases/{ref}/receipt/mail", receipt.mail, methods=["POST"]),
    Route("/purchases/{ref}/credit-note", credit_note.show_credit_note, methods=["GET"]),
    Route("/purchases/{ref}/credit-note.pdf", credit_note.document, methods=["GET"]),
    Route("/purchases/{ref}/receipt/qr.svg", receipt.draw_receipt_code, methods=["GET"]),
]
