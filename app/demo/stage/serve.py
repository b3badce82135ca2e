"""Runs the control page beside the demo's other programs."""

import asyncio
from pathlib import Path

import uvicorn

from app.assembly import open_deps
from app.demo.stage.program import Stage, make_stage
from app.demo.stage.wire import Wire
from app.demo.stories import demo_town
from app.settings import Settings

_HOST = "127.0.0.1"


def serve_stage(settings: Settings, port: int, controls: tuple[int, ...], backhaul: int) -> None:
    """Serve until stopped; on loopback only. `backhaul`: the port that the terminal takes for the platform's."""
    asyncio.run(_serve(settings, port, controls, backhaul))


async def _serve(settings: Settings, port: int, controls: tuple[int, ...], backhaul: int) -> None:
    conduct = settings.rehearsal_file or Path(settings.state_dir) / "conduct.json"
    async with open_deps(settings, "stage") as known, Wire(settings.port).laid(backhaul) as wire:
        app = make_stage(settings, Stage(demo_town(), controls, conduct, wire), known)
        config = uvicorn.Config(app, host=_HOST, port=port, log_config=None, access_log=False, server_header=False)
        await uvicorn.Server(config).serve()
