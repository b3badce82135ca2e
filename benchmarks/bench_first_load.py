"""First loads on a phone in a 3G network: what is transferred, and when something can be read.

`python -m benchmarks.bench_first_load` takes about half a minute. A real Chromium with an empty cache, throttled by its
own network and processor emulation; every figure is Chromium's (Network and Performance timeline). The limits are those
of SPEC: 60 kB for a first page; the paints and shifts are the "good" ends of web.dev/articles/vitals.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, CDPSession, sync_playwright

from benchmarks.bench_pages import meter_path, open_web
from benchmarks.table import Line, show

CHROMIUM = Path("/usr/bin/chromium")
TIMES = 3
_KBIT = 1000 / 8
_3G = {"offline": False, "downloadThroughput": 1600 * _KBIT, "uploadThroughput": 750 * _KBIT, "latency": 150}
_SLOWER = 4
_LIMIT_KB, _LIMIT_FCP_MS, _LIMIT_LCP_MS, _LIMIT_SHIFT = 60, 1800, 2500, 0.1
_QUIET_MS = 1500
_OBSERVE = """
window.seen = {lcp: 0, shift: 0, tasks: 0};
const look = (type, take) =>
  new PerformanceObserver(list => list.getEntries().forEach(take)).observe({type, buffered: true});
look('largest-contentful-paint', e => { seen.lcp = e.startTime; });
look('layout-shift', e => { if (!e.hadRecentInput) seen.shift += e.value; });
look('longtask', e => { seen.tasks += 1; });
"""
_SEEN = "() => ({...seen, fcp: performance.getEntriesByName('first-contentful-paint')[0].startTime})"


@dataclass(frozen=True, slots=True)
class Load:
    """One first load. `kb`: everything on the wire, heads included, 1000 bytes each; paints in ms."""

    kb: float
    requests: int
    fcp_ms: float
    lcp_ms: float
    shift: float
    long_tasks: int


def measure() -> list[Line]:
    """Measure on engines of its own; nothing where there is no Chromium."""
    if not CHROMIUM.exists():
        print(f"no {CHROMIUM}: first loads are left out", flush=True)
        return []
    with open_web() as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        pages = {"front page": "/", "balance page": meter_path(site), "pay page": meter_path(site, "/pay")}
        address = f"http://127.0.0.1:{site.settings.port}"
        _load(browser, address + "/")  # templates are compiled at their first use
        found = [line for name, path in pages.items() for line in _page_lines(browser, name, address + path)]
        browser.close()
    return found


def _page_lines(browser: Browser, name: str, url: str) -> Iterator[Line]:
    loads = [_load(browser, url) for _ in range(TIMES)]
    yield Line(f"{name}, first load on 3G, transferred", median(load.kb for load in loads), "kB", target=_LIMIT_KB)
    yield Line("  requests", median(load.requests for load in loads), "")
    yield Line("  first contentful paint", median(load.fcp_ms for load in loads), "ms", target=_LIMIT_FCP_MS)
    yield Line("  largest contentful paint", median(load.lcp_ms for load in loads), "ms", target=_LIMIT_LCP_MS)
    yield Line("  layout shift", max(load.shift for load in loads), "", target=_LIMIT_SHIFT)
    yield Line("  long tasks (over 50 ms)", median(load.long_tasks for load in loads), "")


def _load(browser: Browser, url: str) -> Load:
    """Open the page with a phone that has never been here."""
    phone = browser.new_context(
        viewport={"width": 390, "height": 844}, device_scale_factor=3, is_mobile=True, has_touch=True, locale="zh-CN"
    )
    page = phone.new_page()
    page.add_init_script(_OBSERVE)
    wire = phone.new_cdp_session(page)
    sizes = _listen(wire)
    page.goto(url, wait_until="load")
    page.wait_for_timeout(_QUIET_MS)
    seen = page.evaluate(_SEEN)
    phone.close()
    kb = sum(sizes) / 1000
    return Load(kb, len(sizes), seen["fcp"], seen["lcp"], seen["shift"], seen["tasks"])


def _listen(wire: CDPSession) -> list[float]:
    """Throttle the page; the list fills with the bytes of each answer."""
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    wire.send("Network.enable")
    wire.send("Network.setCacheDisabled", {"cacheDisabled": False})
    wire.send("Network.emulateNetworkConditions", dict(_3G))
    wire.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})
    return sizes


if __name__ == "__main__":
    show(measure())
