"""The balance page and the pay page under a hundred residents at once, against bare pages of the same bytes.

`python -m benchmarks.bench_pages` takes about 40 s. One web process over the demo's books and one bare process
(benchmarks/bare_page.py), both under the same uvicorn; this process is the load. They take turns, a round each. A
resident asks again as soon as the answer is there, so what a page takes is mostly waiting for the other ninety-nine.
"""

import asyncio
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import httpx2

from app.demo.run import seed_database
from app.demo.site import Site, free_port, open_site
from app.demo.stories import demo_town
from app.demo.town import meter_number
from benchmarks import bare_page
from benchmarks.rig import running, until_listening
from benchmarks.table import Line, percentile, show

RESIDENTS, ROUNDS, ROUND_S, WARM_S = 100, 3, 2.0, 0.5
TARGET_RATIO = 0.5
_PLACE = 21  # a household without a part to play
_PAGES = {"balance": "", "pay": "/pay"}


@dataclass(frozen=True, slots=True)
class Ask:
    """One page as a returning guest asks for it: `head` is the request's bytes."""

    port: int
    head: bytes


@dataclass(slots=True)
class Tally:
    """What one server did with one page. `took_ms`: each answer, from the request's first byte to its last."""

    span_s: float = 0.0
    took_ms: list[float] = field(default_factory=list)

    @property
    def per_s(self) -> float:
        """Pages a second."""
        return len(self.took_ms) / self.span_s


@contextmanager
def open_web() -> Iterator[Site]:
    """One web process over the demo's books, and nothing else of the installation."""
    with tempfile.TemporaryDirectory(prefix="relight-bench-") as folder:
        log = Path(folder) / "programs.log"
        with open_site(Path(folder), demo_town(), throwaway=True) as site, log.open("wb") as said:
            asyncio.run(seed_database(site.settings, site.town))
            web = next(program for program in site.programs() if program.name == "web")
            with running(("app", *web.arguments), dict(web.environment), said.fileno()):
                asyncio.run(_until_up(site.settings.port))
                yield site


def meter_path(site: Site, page: str = "") -> str:
    """The address of the measured household's page."""
    return f"/m/{meter_number(_PLACE, site.town.households[_PLACE].profile)}{page}"


def measure() -> list[Line]:
    """Measure on engines of its own."""
    with open_web() as site, tempfile.TemporaryDirectory(prefix="relight-bare-") as folder:
        port = free_port()
        pages = {name: _ours(site, meter_path(site, page), Path(folder) / name) for name, page in _PAGES.items()}
        environment = {bare_page.PORT: str(port), bare_page.FOLDER: folder}
        with running(("benchmarks.bare_page",), environment, subprocess.DEVNULL):
            asyncio.run(_until_up(port))
            return [
                line
                for name, ask in pages.items()
                for line in _lines(name, *asyncio.run(_in_turns(ask, _ask(port, f"/{name}", {}))))
            ]


def _ours(site: Site, path: str, template: Path) -> Ask:
    """Visit the page once, keep the cookies, and leave its text to the baseline."""
    with httpx2.Client(base_url=f"http://127.0.0.1:{site.settings.port}") as guest:
        guest.get(path + "?lang=en").raise_for_status()
        answer = guest.get(path)
        cookies = dict(guest.cookies)
    template.write_text(bare_page.as_template(answer.raise_for_status().text), encoding="utf-8")
    return _ask(site.settings.port, path, cookies)


def _ask(port: int, path: str, cookies: dict[str, str]) -> Ask:
    jar = "; ".join(f"{name}={value}" for name, value in cookies.items())
    lines = [f"GET {path} HTTP/1.1", f"host: 127.0.0.1:{port}", "accept: text/html", "accept-language: en"]
    return Ask(port, "\r\n".join([*lines, *([f"cookie: {jar}"] if jar else []), "", ""]).encode())


async def _in_turns(ours: Ask, bare: Ask) -> tuple[Tally, Tally]:
    mine, theirs = Tally(), Tally()
    for ask in (bare, ours):
        await _round(ask, Tally(), WARM_S)
    for _ in range(ROUNDS):
        await _round(bare, theirs, ROUND_S)
        await _round(ours, mine, ROUND_S)
    return mine, theirs


async def _round(ask: Ask, tally: Tally, span_s: float) -> None:
    begun = perf_counter()
    await asyncio.gather(*(_resident(ask, begun + span_s, tally.took_ms) for _ in range(RESIDENTS)))
    tally.span_s += perf_counter() - begun


async def _resident(ask: Ask, until: float, took_ms: list[float]) -> None:
    """Ask over one connection until the round is over. RuntimeError for anything but the page."""
    reader, writer = await asyncio.open_connection("127.0.0.1", ask.port)
    try:
        while (at := perf_counter()) < until:
            writer.write(ask.head)
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(_length(head))
            took_ms.append((perf_counter() - at) * 1000)
    finally:
        writer.close()


def _length(head: bytes) -> int:
    first, *lines = head.lower().split(b"\r\n")
    if first.split()[1] != b"200":
        raise RuntimeError(f"a page failed: {first.decode()}")
    return int(next(line for line in lines if line.startswith(b"content-length:")).partition(b":")[2])


async def _until_up(port: int) -> None:
    async with asyncio.timeout(30):
        await until_listening("127.0.0.1", port)


def _lines(name: str, ours: Tally, bare: Tally) -> list[Line]:
    rows = [
        Line(
            f"{name} page, {RESIDENTS} residents at once",
            ours.per_s,
            "/s",
            ours.per_s / bare.per_s,
            target=TARGET_RATIO,
            more_is_better=True,
            of_ratio=True,
        )
    ]
    for share in (0.5, 0.99):
        mine, theirs = percentile(ours.took_ms, share), percentile(bare.took_ms, share)
        rows.append(Line(f"  one page, p{share * 100:.0f}", mine, "ms", mine / theirs))
    return [*rows, Line("  bare page of the same bytes, the baseline", bare.per_s, "/s", 1.0)]


if __name__ == "__main__":
    show(measure())
