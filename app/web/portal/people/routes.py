"""Addresses. Signing in, my meters, and how I want to be warned."""

from starlette.routing import BaseRoute, Route

from app.web.portal.people import alerts, inbox, mail_proof, mine, sign_in, stopping, told, ways

ROUTES: list[BaseRoute] = [
    Route("/sign-in", sign_in.show_sign_in, methods=["GET"]),
    Route("/sign-in", sign_in.ask, methods=["POST"]),
    Route("/sign-in/code", sign_in.show_code, methods=["GET"]),
    Route("/sign-in/code", sign_in.check, methods=["POST"]),
    Route("/sign-out", sign_in.sign_out, methods=["POST"]),
    Route("/sign-out/everywhere", sign_in.sign_out_everywhere, methods=["POST"]),
    Route("/my", mine.show_mine, methods=["GET"]),
    Route("/my", mine.keep, methods=["POST"]),
    Route("/my/{number}", mine.show_one, methods=["GET"]),
    Route("/my/{number}/nickname", mine.rename, methods=["POST"]),
    Route("/my/{number}/remove", mine.forget, methods=["POST"]),
    Route("/my/{number}/invitations", mine.invite, methods=["POST"]),
    Route("/my/{number}/invitations/{id:uuid}/revoke", mine.revoke, methods=["POST"]),
    Route("/my/{number}/family/{id:uuid}/remove", mine.show_out, methods=["POST"]),
    Route("/my/{number}/alerts", alerts.show_alerts, methods=["GET"]),
    Route("/my/{number}/alerts", alerts.save_rule, methods=["POST"]),
    Route("/my/wechat-consent", ways.consent, methods=["POST"]),
    Route("/my/{number}/inbox", inbox.show_inbox, methods=["GET"]),
    Route("/my/{number}/ways", ways.show_ways, methods=["GET"]),
    Route("/my/{number}/ways/{id:uuid}", ways.change_way, methods=["POST"]),
    Route("/my/{number}/ways/mail", ways.add_mail, methods=["POST"]),
    Route("/my/{number}/ways/call", ways.add_call, methods=["POST"]),
    Route("/my/{number}/ways/wechat", ways.add_wechat, methods=["POST"]),
    Route("/my/{number}/ways/hook", ways.add_hook, methods=["POST"]),
    Route("/my/{number}/told/{id:uuid}", told.show_told, methods=["GET"]),
    Route("/join/{secret}", mine.show_invitation, methods=["GET"]),
    Route("/join/{secret}", mine.join, methods=["POST"]),
    Route("/mail/{id:uuid}/{word}", mail_proof.show_confirmation, methods=["GET"]),
    Route("/mail/{id:uuid}/{word}", mail_proof.confirm_mail, methods=["POST"]),
    Route("/u/{message:uuid}/{word}", stopping.show, methods=["GET"]),
    Route("/u/{message:uuid}/{word}", stopping.stop, methods=["POST"]),
    Route("/u/{message:uuid}/{word}/again", stopping.start_again, methods=["POST"]),
]
