"""A bare page, to compare with: Starlette and Jinja2 give out the bytes of a page of ours, and nothing is looked up.

`python -m benchmarks.bare_page` is its process; what it needs stands in the environment: a folder of templates, each
the text of one page.
"""

import os

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

PORT, FOLDER = "BARE_PORT", "BARE_FOLDER"


def as_template(text: str) -> str:
    """A template that renders as `text`, whatever braces are in it."""
    return "{% raw %}" + text + "{% endraw %}"


def _app(folder: str) -> Starlette:
    templates = Jinja2Templates(directory=folder)

    async def show(request: Request) -> Response:
        return templates.TemplateResponse(request, request.path_params["name"])

    return Starlette(routes=[Route("/{name}", show)])


if __name__ == "__main__":
    app = _app(os.environ[FOLDER])
    uvicorn.run(app, port=int(os.environ[PORT]), log_config=None, access_log=False, server_header=False)
