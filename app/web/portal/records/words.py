"""Codes of these pages become sentences here (app.web.words)."""

from app.web.marking import N_

_DID = {
    "did_asking": N_("We ask the payment service again and again until it says."),
    "did_waiting_for_line": N_("It is sent as soon as the line to your meter is back."),
    "did_retrying": N_("Being tried again."),
    "did_code_shown": N_("Above is the code that does the same at once."),
    "did_work_order": N_("A colleague of ours has a work order for it."),
}

WORDS: dict[str, str] = {**_DID}
