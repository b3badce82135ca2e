"""The door of an existing head end: HTTP on loopback, for whoever proves that they know its secret."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from headend_client.simulator.head_end.desk import Desk, Reply
from headend_client.simulator.head_end.proof import Question, proof_of, refusal_of
from headend_client.simulator.head_end.spec import HeadEndSpec
from headend_client.simulator.serving import listening_socket, served_on
from headend_client.simulator.timing import Timing

_VERSION = "4.2"


class Door:
    """Answers questions about tasks of a desk."""

    def __init__(self, spec: HeadEndSpec, desk: Desk, timing: Timing) -> None:
        self._spec, self._desk, self._timing = spec, desk, timing

    async def answer(self, request: Request) -> Response:
        """Let in what is signed; every answer but to strangers is signed too."""
        line = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        question = Question(f"{request.method} {line}", request.headers, await request.body())
        why = refusal_of(question, self._spec, self._timing.now())
        if why:
            return Response(json.dumps({"code": why}), 401, media_type="application/json")
        status, said = await self._reply(request, question.body)
        body = json.dumps(said).encode()
        proof = proof_of(question, self._spec, (status, body), self._timing.now())
        return Response(body, status, proof, "application/json")

    async def _reply(self, request: Request, body: bytes) -> Reply:
        task_id = request.path_params.get("task")
        if task_id is None:
            return 200, {"name": self._spec.name, "version": _VERSION, **self._desk.standing}
        match request.method:
            case "PUT":
                return self._desk.put(task_id, body)
            case "DELETE":
                return self._desk.cancel(task_id)
        return await self._desk.look(task_id, _seconds(request.query_params.get("wait_s", "")))

    @asynccontextmanager
    async def open(self) -> AsyncIterator[int]:
        """Be there for the length of the block; the port. Raises OSError."""
        listening = listening_socket(self._spec.port)
        task = Route("/v1/tasks/{task}", self.answer, methods=["PUT", "GET", "DELETE"])
        app = Starlette(routes=[task, Route("/v1/status", self.answer, methods=["GET"])])
        async with served_on(listening, app):
            yield listening.getsockname()[1]


def _seconds(text: str) -> float:
    return float(text) if text.isascii() and text.isdecimal() else 0.0
