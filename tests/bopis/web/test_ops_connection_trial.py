"""A test of a connection's address, sent from its page: what comes of it, and what its page then says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import Flask, Response
from sqlalchemy import select

from bopis import app, clock, wiring
from bopis.bell import BankListener
from bopis.changes import SettingChange
from bopis.config import Settings
from bopis.drain import drain
from bopis.inbox import InboxEntry
from bopis.merchants import testing
from bopis.merchants.models import Connection, DeliveryTest
from bopis.outbox import OutboxEntry
from bopis.staff.models import StaffMember
from bopis.web.ops import connection_trial
from tests.bopis.web.operator import Operator
from tests.integrations.lines import closed_port
from tests.sandbox.running import served
from tests.world import SECRET_KEY, World


@dataclass
class Desk:
    """An admin at a connection's page, the worker, and the clock."""

    world: World
    service: wiring.Service
    admin: Operator
    path: str
    move: Callable[[float], None]

    def tries(self) -> str:
        """A test sent and worked off; its page."""
        self.move(20)
        self.admin.does(f"{self.path}/test")
        drain(self.service)
        return self.admin.reads(self.path)


@pytest.fixture
def move(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves our clock by so many seconds."""
    real, ahead = clock.now, [dt.timedelta()]
    monkeypatch.setattr(clock, "now", lambda: real() + ahead[0])

    def by(seconds: float) -> None:
        ahead[0] += dt.timedelta(seconds=seconds)

    return by


@pytest.fixture
def desk_at(world: World, redis_url: str, move: Callable[[float], None]) -> Callable[[str], Desk]:
    """The desk of a service whose public address is this one."""

    def at(public_url: str) -> Desk:
        settings = Settings(str(world.database.engine.url), redis_url, (SECRET_KEY,), public_url, "http://localhost")
        built = wiring.build(settings)
        built.database.close()
        service = replace(built, database=world.database)
        with world.database.transaction() as session:
            session.get_one(StaffMember, world.mo_id).role = "admin"
        admin = Operator(app.create_app(service, BankListener(redis_url)))
        return Desk(world, service, admin, f"/connections/{world.shop.connection_id}", move)

    return at


@contextmanager
def street(front: Callable[[Any], Any]) -> Iterator[tuple[str, list[Any]]]:
    """What stands at the public address, and behind it whatever is put into the list: `front` is a WSGI application
    made of what stands behind."""
    behind: list[Any] = []
    with served(lambda environ, start: front(behind[0] if behind else None)(environ, start)) as url:  # noqa: PLW0108
        yield url, behind


def test_a_test_comes_in_through_the_public_address_and_the_page_says_when(
    world: World, desk_at: Callable[[str], Desk]
) -> None:
    with street(lambda behind: behind) as (url, behind):
        desk = desk_at(url)
        behind.append(desk.admin.client.application)
        assert "A test goes out to it" in desk.admin.reads(desk.path)
        before = desk.admin.state(desk.path)

        desk.admin.does(f"{desk.path}/test")
        page = desk.admin.reads(desk.path)
        assert "not yet arrived" in page and 'data-every="1000"' in page
        assert desk.admin.state(desk.path)["test"]["waits"] is True

        drain(desk.service)
        page = desk.admin.reads(desk.path)
        assert "A test came in at" in page and "and was believed." in page
        assert desk.admin.state(desk.path)["version"] != before["version"]
    with world.database.reading() as session:
        assert session.scalars(select(InboxEntry)).all() == []
        assert session.get_one(Connection, world.shop.connection_id).last_delivery is None
        (change,) = session.scalars(select(SettingChange).where(SettingChange.what == "test"))
        assert (change.actor, change.after) == (f"staff:{world.mo_id}", {"value": "sent"})


@pytest.mark.parametrize("outcome", testing.OUTCOMES)
def test_whatever_comes_of_it_is_said_in_words(outcome: str) -> None:
    at = dt.datetime(2026, 11, 23, 10, 42, tzinfo=dt.UTC)
    test = DeliveryTest(id="t", connection_id="c", asked_at=at, ended_at=at, outcome=outcome, detail="404")
    seen = connection_trial.view_of(test, "Example", "https://web.example.com/webhooks", at, lambda at: f"{at:%H:%M}")
    assert seen is not None
    assert "10:42" in seen.words and "{" not in seen.words
    assert bool(seen.way_out) == (outcome not in ("believed", "not_asked"))


def answering(status: int, **headers: str) -> Flask:
    """A stranger that answers everything so."""
    stranger = Flask("stranger")
    stranger.add_url_rule("/<path:any>", "all", lambda any: Response("hello", status, headers), methods=["GET", "POST"])
    return stranger


def test_whatever_else_answers_there_is_told_with_a_way_out(desk_at: Callable[[str], Desk]) -> None:
    strangers = [
        (answering(301, Location="https://www.example.com/"), "sends its callers on to https://www.example.com/"),
        (answering(401), "lets nobody in without a sign-in (401)"),
        (answering(403), "lets nobody in without a sign-in (403)"),
        (answering(404), "(404): the test did not reach us"),
        (answering(200), "(200): the test did not reach us"),
        (answering(502), "answers 502"),
    ]
    now: list[Flask] = []
    with street(lambda behind: now[0]) as (url, _):
        desk = desk_at(url)
        for stranger, words in strangers:
            now[:] = [stranger]
            page = desk.tries()
            assert words in page
            assert "For whoever runs this service:" in page
            assert "was believed" not in page


def test_an_address_where_nothing_answers_is_named(desk_at: Callable[[str], Desk]) -> None:
    url = closed_port()
    desk = desk_at(url)
    assert f"Nothing answers at {url.removeprefix('http://')}" in desk.tries()


def test_a_proxy_that_takes_the_signature_away_shows(desk_at: Callable[[str], Desk]) -> None:
    def bare(behind: Any) -> Any:
        def passes_on(environ: dict[str, Any], start: Any) -> Any:
            environ.pop("HTTP_X_SHOPIFY_HMAC_SHA256", None)
            return behind(environ, start)

        return passes_on

    with street(bare) as (url, behind):
        desk = desk_at(url)
        behind.append(desk.admin.client.application)
        assert "its signature was not believed" in desk.tries()


def test_an_answer_lost_on_its_way_back_is_told_beside_what_came_in(desk_at: Callable[[str], Desk]) -> None:
    def loses(behind: Any) -> Any:
        def passes_on(environ: dict[str, Any], start: Any) -> Any:
            list(behind(environ, lambda *_: None))
            start("504 Gateway Timeout", [])
            return [b""]

        return passes_on

    with street(loses) as (url, behind):
        desk = desk_at(url)
        behind.append(desk.admin.client.application)
        page = desk.tries()
    assert "was believed." in page
    assert "our answer did not come back" in page


def test_a_test_is_asked_for_once_at_a_time_and_again_when_its_worker_is_gone(
    world: World, desk_at: Callable[[str], Desk]
) -> None:
    desk = desk_at(closed_port())
    desk.admin.does(f"{desk.path}/test")
    assert desk.admin.refused(f"{desk.path}/test") == (409, "test_on_its_way")
    assert "A test is on its way" in desk.admin.post(f"{desk.path}/test", page=True).text
    with world.database.reading() as session:
        assert len(session.scalars(select(OutboxEntry).where(OutboxEntry.kind == "SendTestDelivery")).all()) == 1

    desk.move(61)
    assert "The worker that sends it may be down" in desk.admin.reads(desk.path)
    desk.admin.does(f"{desk.path}/test")
    drain(desk.service)
    assert desk.admin.refused(f"{desk.path}/test") == (409, "just_tested")


def test_a_test_that_another_has_taken_the_place_of_comes_in_and_changes_nothing(
    world: World, desk_at: Callable[[str], Desk]
) -> None:
    desk = desk_at(closed_port())
    account = connection(world).account()
    desk.tries()
    with world.database.reading() as session:
        first = testing.latest(session, account.connection_id)
    desk.tries()
    assert first is not None
    body = testing.body_of(first.id)
    trial = desk.service.gateways.platforms["shopify"].test_delivery(account, "", body)
    address = f"/webhooks/shopify/{account.connection_id}"
    assert desk.admin.client.post(address, data=body, headers=dict(trial.headers or {})).status_code == 200
    assert "was believed" not in desk.admin.reads(desk.path)


def connection(world: World) -> Connection:
    with world.database.reading() as session:
        return session.get_one(Connection, world.shop.connection_id)


def test_without_a_secret_to_sign_with_it_says_which_way_out_there_is(
    world: World, desk_at: Callable[[str], Desk]
) -> None:
    desk = desk_at(closed_port())
    with world.database.transaction() as session:
        session.get_one(Connection, world.shop.connection_id).keep_secrets({"access_token": "t"})
    assert "there is no secret here that its news could be signed with: type it in" in desk.tries()
    with world.database.transaction() as session:
        session.get_one(Connection, world.shop.connection_id).secrets_sealed = b"sealed with another key"
    assert "Its secrets cannot be opened: type them in anew" in desk.tries()


def test_a_paused_connection_and_one_that_sends_no_orders_are_not_tested(
    world: World, desk_at: Callable[[str], Desk]
) -> None:
    desk = desk_at(closed_port())
    with world.database.transaction() as session:
        mine = session.get_one(Connection, world.shop.connection_id)
        mine.paused_at, mine.paused_because = clock.now(), "refused"
    assert desk.admin.refused(f"{desk.path}/test") == (409, "paused")
    assert "Send a test" not in desk.admin.reads(desk.path)
    assert desk.admin.refused(f"/connections/{world.phone.connection_id}/test") == (404, "no_platform")


def test_only_whoever_may_connect_sends_one(desk_at: Callable[[str], Desk], world: World) -> None:
    desk = desk_at(closed_port())
    with world.database.transaction() as session:
        session.get_one(StaffMember, world.mo_id).role = "manager"
    assert desk.admin.refused(f"{desk.path}/test")[0] == 403
    page = desk.admin.reads(desk.path)
    assert "An admin can send one." in page and "Send a test" not in page
