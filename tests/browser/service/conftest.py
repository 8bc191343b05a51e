"""The service's own pages in a real browser, served by the real application, with the lockers' part played by hand."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import update
from werkzeug.serving import WSGIRequestHandler, make_server

from bopis import wiring
from bopis.app import create_app
from bopis.bell import BankListener
from bopis.config import Settings
from bopis.staff.models import StaffMember
from tests.bopis.web.lockers import Lockers
from tests.world import PIN, SECRET_KEY, World, build

PHONE = {"width": 390, "height": 844}


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@pytest.fixture
def world(sqlite_url: str, redis_url: str) -> Iterator[World]:
    """Fernhill, rung by a real bell."""
    built = build(sqlite_url)
    yield built
    built.database.close()


@pytest.fixture
def lockers(world: World) -> Lockers:
    return Lockers(world)


@pytest.fixture
def address(world: World, redis_url: str) -> Iterator[str]:
    """Where the service answers."""
    service = wiring.build(
        Settings("sqlite:////nowhere", redis_url, (SECRET_KEY,), "http://localhost", "http://localhost")
    )
    world.database.bell = service.database.bell
    app = create_app(replace(service, database=world.database), BankListener(redis_url))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    """Both colour schemes, for whatever is about looks."""
    scheme: str = request.param
    return scheme


@pytest.fixture
def handheld(chromium: Browser, address: str) -> Iterator[Page]:
    """A phone's browser; it must have had nothing to complain about in the end."""
    with chromium.new_context(viewport=PHONE, has_touch=True, base_url=address) as context:
        context.set_default_timeout(30_000)
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: _hear(complaints, message.type, message.text))
        yield page
        assert complaints == []


@pytest.fixture
def admin(handheld: Page, world: World, scheme: str) -> Page:
    """Mo, an admin, signed in."""
    with world.database.transaction() as session:
        session.execute(update(StaffMember).where(StaffMember.id == world.mo_id).values(role="admin"))
    handheld.emulate_media(color_scheme=scheme)
    handheld.goto("/ops/")
    handheld.get_by_label("Badge").fill("A1M")
    handheld.get_by_label("PIN").fill(PIN)
    handheld.get_by_role("button", name="Sign in").click()
    handheld.wait_for_url("**/ops/")
    return handheld


def _hear(complaints: list[str], kind: str, text: str) -> None:
    if kind in ("error", "warning") and "status of" not in text and "net::" not in text:
        complaints.append(text)
