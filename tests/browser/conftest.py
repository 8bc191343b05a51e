"""The kiosk page in a real browser, before a bridge the test decides about."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.kiosk_stub import KioskStub

KIOSK_PORTRAIT = {"width": 1080, "height": 1920}
PRESS_ALL = """keys => keys.forEach(key =>
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true})))"""


class Kiosk:
    """Someone standing at the kiosk: `page` is what they see, `bridge` what stands behind it."""

    def __init__(self, page: Page, bridge: KioskStub) -> None:
        self.page = page
        self.bridge = bridge
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self._hear(message.type, message.text))

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and "status of" not in text and "net::" not in text:
            self.complaints.append(text)

    def visit(self) -> Kiosk:
        """Open the page and wait until the state is there."""
        self.page.goto(self.bridge.url)
        expect(self.page.get_by_text("Harbour Street")).to_be_visible()
        return self

    def reads(self, title: str) -> None:
        """The screen's title is this one."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(title)

    def says(self, text: str) -> None:
        """Somewhere on the screen stands this."""
        expect(self.page.locator("main, dialog[open]").get_by_text(text).first).to_be_visible()

    def tap(self, *names: str) -> None:
        """Touch buttons by their words."""
        for name in names:
            self.page.get_by_role("button", name=name, exact=True).tap()

    def scan(self, text: str) -> None:
        """Hold something to the scanner: keys as fast as a scanner presses them on any machine, then Enter."""
        self.page.evaluate(PRESS_ALL, [*text, "Enter"])

    def shown_digits(self) -> str:
        """What stands in the nine boxes."""
        return "".join(self.page.locator(".slot").all_text_contents())


@pytest.fixture(scope="session")
def bridge_server() -> Iterator[KioskStub]:
    stub = KioskStub()
    yield stub
    stub.stop()


@pytest.fixture
def bridge(bridge_server: KioskStub) -> KioskStub:
    """The scripted bridge, as new."""
    bridge_server.start_over()
    return bridge_server


@pytest.fixture
def kiosk(chromium: Browser, bridge: KioskStub) -> Iterator[Kiosk]:
    """A visitor at the portrait touch screen; the browser must have had nothing to complain about in the end."""
    with chromium.new_context(viewport=KIOSK_PORTRAIT, has_touch=True) as context:
        context.set_default_timeout(30_000)
        visitor = Kiosk(context.new_page(), bridge).visit()
        yield visitor
        assert visitor.complaints == []


@pytest.fixture
def kiosk_in_time(chromium: Browser, bridge: KioskStub) -> Iterator[Kiosk]:
    """The same, with a clock the test may turn: `kiosk.page.clock`."""
    with chromium.new_context(viewport=KIOSK_PORTRAIT, has_touch=True) as context:
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.clock.install()
        visitor = Kiosk(page, bridge).visit()
        yield visitor
        assert visitor.complaints == []
