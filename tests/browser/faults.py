"""What is wrong with a page as it stands in the browser: axe's findings, cut-off texts, words not translated.

axe comes with axe-playwright-python. It goes in by the browser's own door for automation, past the page's strict
policy, which stays in force for the page itself.
"""

from pathlib import Path

import axe_playwright_python
from playwright.async_api import BrowserContext, Page

_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
_FAULTS = (Path(__file__).resolve().parent / "measure_faults.js").read_text("utf-8").partition("\n")[2]
_RUN = """
async (rules) => {
  const asked = { resultTypes: ['violations'], ...(rules.length ? { runOnly: { type: 'rule', values: rules } } : {}) };
  const told = await axe.run(document, asked);
  return told.violations.flatMap(each => each.nodes.map(node => `${each.id}: ${node.html.slice(0, 110)} | ` +
    [...node.any, ...node.all, ...node.none].map(check => check.message).join('; ').slice(0, 160)));
}
"""
CONTRAST = ("color-contrast", "link-in-text-block")
NO_RULES = ("none",)
NAMES = (
    "Relight", "WeChat", "Alipay", "Stripe", "English", "kWh", "kW", "PDF", "QR", "ID", "SMS", "STS", "ESAM",
    "JSON", "CSV",
)  # fmt: skip


async def bring_axe(context: BrowserContext) -> None:
    """Let every page that this context opens from now on have axe."""
    await context.add_init_script(_AXE)


async def faults(page: Page, *rules: str, known: tuple[str, ...] = ()) -> list[str]:
    """All that is wrong with the open page, one sentence each.

    `rules`: only these of axe's, NO_RULES for none. `known`: further names that are the same in every language.
    """
    found: list[str] = [] if rules == NO_RULES else await page.evaluate(_RUN, list(rules))
    measured: list[str] = await page.evaluate(_FAULTS, [*NAMES, *known])
    return found + measured
