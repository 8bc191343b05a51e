"""What every page must keep: accessible to axe, nothing beyond the phone's edge, targets one can hit."""

from __future__ import annotations

import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

NARROWEST = {"width": 320, "height": 640}
_SHOWN = "e.checkVisibility() && !e.closest('.visually-hidden, .skip-link')"
_TOO_WIDE = f"""() => [...document.querySelectorAll("body *")]
  .filter((e) => {_SHOWN} && e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.outerHTML.slice(0, 80))"""
_TOO_SMALL = f"""() => [...document.querySelectorAll("button, .button, .input, summary, .list__item--press")]
  .filter((e) => {_SHOWN} && e.getBoundingClientRect().height < 43.5).map((e) => e.outerHTML.slice(0, 80))"""


def looks_well(page: Page, name: str, words: str) -> None:
    """Assert it of the page once these words stand on it; with SCREENSHOTS set, keep a picture in that folder."""
    expect(page.locator("main").get_by_text(words).first).to_be_visible()
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    assert page.evaluate(_TOO_WIDE) == []
    assert page.evaluate(_TOO_SMALL) == []
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    usual = page.viewport_size
    assert usual is not None
    page.set_viewport_size(NARROWEST)
    assert page.evaluate(_TOO_WIDE) == []
    page.set_viewport_size(usual)
