"""How a program runs until it is told to stop."""

import asyncio
import signal
from collections.abc import Coroutine


async def until_stopped(*parts: Coroutine[None, None, None]) -> None:
    """Run coroutines together until one ends or the process is told to stop (SIGTERM, Ctrl-C); then cancel them."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tasks = [asyncio.ensure_future(part) for part in parts]
    tasks.append(asyncio.ensure_future(_set(stop)))
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _set(stop: asyncio.Event) -> None:
    await stop.wait()
