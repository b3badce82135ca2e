"""What a program is told when something is wrong: a code that stays the same, and what to do about it."""

from starlette.responses import JSONResponse

TODO = {
    "key_unknown": (401, "Send the header Authorization: Bearer with a key that is in use."),
    "not_json": (400, "Send a JSON object as application/json."),
    "field_unknown": (400, "Leave this field out, or write it as the description does."),
    "field_wrong": (422, "Write this field as the description does."),
    "phone_empty": (422, "Give a telephone number with + and its country code."),
    "phone_bad": (422, "Give a telephone number that exists, with + and its country code."),
    "mail_empty": (422, "Give a mail address."),
    "mail_wrong": (422, "Give a mail address with one @ and a domain."),
    "text_wrong": (422, "Mend the text: see fault, name and near."),
    "reference_taken": (409, "Use a new reference: another message was asked for under this one."),
    "too_fast": (429, "Wait a minute; a repeat under the same reference is safe."),
    "not_found": (404, "Ask with the id that was answered to a request of this key."),
}


class Trouble(ValueError):
    """A request that cannot be carried out. `more`: which field, and what else helps."""

    def __init__(self, code: str, **more: str | int) -> None:
        super().__init__(code)
        self.code, self.more = code, more


def refusal(trouble: Trouble) -> JSONResponse:
    """An answer that says why not, and what to do."""
    status, todo = TODO[trouble.code]
    headers = {"cache-control": "no-store"}
    if trouble.code == "key_unknown":
        headers["www-authenticate"] = "Bearer"
    if trouble.code == "too_fast":
        headers["retry-after"] = "60"
    return JSONResponse({"code": trouble.code, "what_to_do": todo, **trouble.more}, status, headers)
