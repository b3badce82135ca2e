"""The interface described for machines (OpenAPI 3.1), from the same tables that it works by."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.domain.notice import MessageState
from app.domain.sending import SendMode
from app.i18n import Locale
from app.services.api_messages import LONGEST_TEXT
from app.web.api.v1.trouble import TODO

Schema = dict[str, object]


async def show_description(request: Request) -> Response:
    """GET /api/v1/openapi.json."""
    return JSONResponse(description())


def description() -> Schema:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Relight messages", "version": "1"},
        "servers": [{"url": "/api/v1"}],
        "security": [{"key": []}],
        "paths": {
            "/messages": {"post": _send()},
            "/messages/{id}": {"get": _show()},
        },
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Asked": _asked(), "Standing": _standing(), "Trouble": _trouble()},
        },
    }


def _send() -> Schema:
    return {
        "summary": "Send one message to one address, once per reference",
        "requestBody": {"required": True, "content": _json("Asked")},
        "responses": {
            "201": {"description": "Planned", "content": _json("Standing")},
            "200": {"description": "Known: the same request came before", "content": _json("Standing")},
            **_troubles(("not_json", "key_unknown", "reference_taken", "text_wrong", "too_fast")),
        },
    }


def _show() -> Schema:
    return {
        "summary": "What became of a message",
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}},
        ],
        "responses": {
            "200": {"description": "How it stands", "content": _json("Standing")},
            **_troubles(("key_unknown", "not_found")),
        },
    }


def _troubles(codes: tuple[str, ...]) -> Schema:
    return {str(TODO[code][0]): {"description": TODO[code][1], "content": _json("Trouble")} for code in codes}


def _json(name: str) -> Schema:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _asked() -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["reference", "channel", "to", "text"],
        "properties": {
            "reference": {"type": "string", "minLength": 1, "maxLength": 64, "description": "Yours; one message each"},
            "channel": {"enum": ["sms", "email"]},
            "to": {"type": "string", "description": "A number with + and country code, or a mail address"},
            "locale": {"enum": [each.value for each in Locale], "default": "zh"},
            "title": {"type": "string", "maxLength": 200, "description": "For mail, and required there"},
            "text": {"type": "string", "maxLength": LONGEST_TEXT, "description": "May name {{ variables }}"},
            "variables": {"type": "object", "maxProperties": 20, "additionalProperties": {"type": "string"}},
        },
    }


def _standing() -> Schema:
    text, moment = {"type": "string"}, {"type": ["string", "null"], "format": "date-time"}
    return {
        "type": "object",
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "reference": text,
            "mode": {"enum": [each.value for each in SendMode]},
            "state": {"enum": ["refused", *(each.value for each in MessageState)]},
            "reason": text,
            "to": {"type": "string", "description": "Masked"},
            "segments": {"type": ["integer", "null"]},
            "cost_e4": {"type": ["integer", "null"], "description": "Ten-thousandths of the currency unit"},
            "created_at": moment,
            "sent_at": moment,
            "delivered_at": moment,
            "rehearsed": {"type": "boolean", "description": "It went to no provider"},
        },
    }


def _trouble() -> Schema:
    return {
        "type": "object",
        "required": ["code", "what_to_do"],
        "properties": {"code": {"enum": list(TODO)}, "what_to_do": {"type": "string"}, "field": {"type": "string"}},
    }
