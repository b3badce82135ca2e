"""Every screen of the terminal, by a ruler: axe, contrast of 7:1, targets of 60 px, nothing cut off, one language."""

from pathlib import Path
from typing import get_args

import pytest
from playwright.async_api import Page

from kiosk.ui.states import State
from tests.browser import kiosk
from tests.browser.faults import bring_axe, faults
from tests.browser.kiosk.conftest import Standing
from tests.browser.kiosk.stills import stills

_TEXTS = (Path(kiosk.__file__).parents[1] / "measure_texts.js").read_text("utf-8").partition("\n")[2]
_SMALL = """
() => [...document.querySelectorAll('button')].map(e => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])
  .filter(([, b]) => b.width < 60 || b.height < 60 || b.right > innerWidth || b.bottom > innerHeight)
  .map(([what, b]) => `${Math.round(b.width)}x${Math.round(b.height)} to ${Math.round(b.bottom)}: ${what}`)
"""
_BELOW = """
() => [...document.querySelectorAll('.body, .lines__page, .lines')].filter(e => e.scrollHeight > e.clientHeight + 1)
  .map(e => `${e.className} needs ${e.scrollHeight} px and has ${e.clientHeight}`)
"""
_LEAST_CONTRAST = 7.0


def test_no_state_is_left_out() -> None:
    assert {type(each) for each in stills()} == set(get_args(State))


@pytest.mark.parametrize("display", ["touch", "keypad"])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_nothing_is_wrong_with_any_screen(standing: Standing, display: str, language: str) -> None:
    standing.visit.language = language
    if display == "keypad":
        await standing.by_keypad()
    await bring_axe(standing.page.context)
    wrong: list[str] = []
    for place, state in enumerate(stills()):
        standing.visit.touch()
        standing.visit.language = language
        standing.visit.go(state)
        await standing.page.goto("/")
        named = f"{place} {type(state).__name__}"
        wrong += [f"{named}: {each}" for each in await _measured(standing.page)]
    assert not wrong, "\n".join(wrong)


async def _measured(page: Page) -> list[str]:
    found = await faults(page)
    found += [f"control {each}" for each in await page.evaluate(_SMALL)]
    found += await page.evaluate(_BELOW)
    pale = [each for each in await page.evaluate(_TEXTS) if each["contrast"] < _LEAST_CONTRAST]
    return found + [f"contrast {each['contrast']:.1f} {each['what']}" for each in pale]
