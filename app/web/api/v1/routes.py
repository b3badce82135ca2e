"""The addresses of the interface for other programs of the utility, version 1."""

from starlette.routing import BaseRoute, Route

from app.web.api.v1 import messages
from app.web.api.v1.description import show_description

BASE = "/api/v1"
ROUTES: list[BaseRoute] = [
    Route(f"{BASE}/openapi.json", show_description, methods=["GET"]),
    Route(f"{BASE}/messages", messages.send_message, methods=["POST"]),
    Route(f"{BASE}/messages/{{message_id:uuid}}", messages.show_message, methods=["GET"]),
]
