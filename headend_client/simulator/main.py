"""The simulator as a program: `python -m headend_client.simulator --world FILE [--lab FILE] [--concentrator NAME]`."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from headend_client.simulator.errors import SimulatorError
from headend_client.simulator.lab.file import load_lab
from headend_client.simulator.simulation import Simulation
from headend_client.simulator.world import World


async def run(world_path: Path, concentrators: list[str] | None, lab_path: Path | None = None) -> None:
    """Simulate until SIGINT or SIGTERM; then log out and leave in good order.

    `concentrators`: names such as 3201-1, None for all of the world. `lab_path`: a file with a laboratory, in place of
    the world's own. Raises SimulatorError for a file or a memory that cannot be read and for a name that is not there,
    OSError.
    """
    world = World.load(world_path)
    if lab_path is not None:
        world = replace(world, lab=load_lab(lab_path))
    home = world_path.parent / world.state_dir if world.state_dir else None
    async with Simulation(world, home, only=concentrators) as simulation:
        await _until_told_to_stop(simulation)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; return its exit code: 0 when told to stop, 2 when it could not begin."""
    arguments = _read_arguments(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stdout)
    try:
        asyncio.run(run(arguments.world, arguments.concentrator, arguments.lab))
    except (SimulatorError, OSError) as wrong:
        sys.stderr.write(f"simulate: {wrong}\n")
        return 2
    return 0


def _read_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulate", description="Concentrators and meters that are not there.")
    parser.add_argument("--world", type=Path, required=True, help="the world file")
    parser.add_argument(
        "--concentrator", action="append", metavar="REGION-TERMINAL", help="run this one only; may be repeated"
    )
    parser.add_argument("--lab", type=Path, help="a file that says what goes wrong")
    return parser.parse_args(argv)


async def _until_told_to_stop(simulation: Simulation) -> None:
    running = asyncio.ensure_future(simulation.wait())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, running.cancel)
    try:
        await asyncio.wait({running})
        if not running.cancelled():
            running.result()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
