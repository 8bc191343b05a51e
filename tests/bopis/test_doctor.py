"""The doctor finds what is not in its place, and says what to do."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
import responses
from click.testing import CliRunner
from sqlalchemy import text, update

from bopis import clock, sealing
from bopis.bell import SilentBell
from bopis.bridges.models import Bridge
from bopis.cli import cli
from bopis.config import Mail, Settings
from bopis.doctor import FAIL, OK, WARN, Finding, examine
from bopis.merchants.models import Connection
from bopis.outbox import OutboxEntry
from bopis.wiring import Service, build
from sandbox.mail.letterbox import Letterbox
from sandbox.mail.server import MailServer
from tests.world import SECRET_KEY, World

KEY = "dGVzdCBrZXkgdGVzdCBrZXkgdGVzdCBrZXkgdGVzdCE="


@pytest.fixture
def service(world: World, redis_url: str) -> Iterator[Service]:
    """All of it, in good health."""
    url = world.database.engine.url.render_as_string(hide_password=False)
    built = build(Settings(url, redis_url, (SECRET_KEY,), "http://localhost", "http://localhost"), SilentBell())
    with world.database.transaction() as session:
        session.execute(update(Bridge).values(seen_at=clock.now()))
    yield built
    built.database.close()
    sealing.use_keys((SECRET_KEY,))


def found(service: Service, about: str, *, offline: bool = True) -> Finding:
    """The worst that is said about something."""
    ranks = (OK, WARN, FAIL)
    said = [finding for finding in examine(service, offline=offline) if finding.about.startswith(about)]
    return max(said, key=lambda finding: ranks.index(finding.level))


def test_in_good_health_all_is_ok(world: World, service: Service) -> None:
    world.ready()
    findings = list(examine(service, offline=True))
    assert {finding.level for finding in findings} == {OK}
    assert {"redis", "database", "tables", "secrets", "inbox", "outbox"} <= {finding.about for finding in findings}


def test_a_database_that_is_away_fails_and_nothing_else_is_asked(service: Service) -> None:
    settings = Settings(
        "sqlite:////nowhere/at/all.db", service.settings.redis_url, (SECRET_KEY,), "http://x", "http://x"
    )
    findings = list(examine(build(settings, SilentBell()), offline=True))
    assert [(finding.level, finding.about) for finding in findings] == [(OK, "redis"), (FAIL, "database")]


@pytest.mark.parametrize(("version", "words"), [("0000", "cli migrate"), ("9999", "newer release")])
def test_tables_of_another_release_fail(world: World, service: Service, version: str, words: str) -> None:
    with world.database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    assert found(service, "tables").level == FAIL
    assert words in found(service, "tables").do


def test_redis_that_is_away_is_only_a_warning(service: Service) -> None:
    settings = Settings(service.settings.database_url, "redis://127.0.0.1:1", (SECRET_KEY,), "http://x", "http://x")
    elsewhere = build(settings, SilentBell())
    assert found(elsewhere, "redis").level == WARN
    elsewhere.database.close()


def test_a_lost_key_is_found(world: World, service: Service) -> None:
    world.order()
    sealing.use_keys((b"another key of thirty-two bytes!",))
    assert (found(service, "secrets").level, "SECRET_KEYS" in found(service, "secrets").do) == (FAIL, True)


def test_a_silent_bridge_and_a_bank_without_one_are_said(world: World, service: Service) -> None:
    with world.database.transaction() as session:
        session.execute(update(Bridge).values(seen_at=clock.now() - dt.timedelta(hours=2)))
    silent = found(service, "bank Fernhill")
    assert (silent.level, "not seen since" in silent.words) == (WARN, True)
    with world.database.transaction() as session:
        session.execute(update(Bridge).values(revoked_at=clock.now()))
    assert f"enrolment-code {world.bank_id}" in found(service, "bank Fernhill").do


def test_work_that_lies_is_a_failure_and_dead_letters_a_warning(world: World, service: Service) -> None:
    world.ready()
    with world.database.transaction() as session:
        session.execute(update(OutboxEntry).where(OutboxEntry.kind == "MarkReady").values(state="dead"))
    assert (found(service, "outbox").level, found(service, "outbox").words) == (WARN, "1 dead letter")
    with world.database.transaction() as session:
        session.execute(update(OutboxEntry).values(next_at=clock.now() - dt.timedelta(minutes=10)))
    assert found(service, "outbox").level == FAIL
    assert "worker and relay" in found(service, "outbox").do


def test_a_paused_connection_is_said_without_asking_it(world: World, service: Service) -> None:
    with world.database.transaction() as session:
        shop = session.get_one(Connection, world.shop.connection_id)
        shop.paused_at, shop.paused_because = clock.now(), "refused"
    assert found(service, "shopify fernhill", offline=False).level == WARN


@pytest.mark.parametrize(("status", "level"), [(401, FAIL), (503, WARN)])
def test_what_a_shop_answers_is_told(world: World, service: Service, status: int, level: str) -> None:
    with responses.RequestsMock() as outside:
        for method in (responses.GET, responses.POST):
            outside.add(method, re.compile("https://.*"), status=status)
        assert found(service, "shopify fernhill", offline=False).level == level


def test_the_command_ends_with_what_was_found(
    world: World, service: Service, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {
        "DATABASE_URL": service.settings.database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEYS": KEY,
        "PUBLIC_URL": "http://localhost",
    }
    well = CliRunner().invoke(cli, ["doctor", "--offline"], env=given)
    assert (well.exit_code, "ok    settings: complete" in well.output) == (0, True), well.output
    ill = CliRunner().invoke(cli, ["doctor", "--offline"], env={**given, "SECRET_KEYS": "short"})
    assert (ill.exit_code, ill.output.startswith("fail  settings: SECRET_KEYS must be")) == (1, True)


def test_a_mail_server_is_asked_whether_it_lets_us_in(service: Service) -> None:
    assert found(service, "mail").level == OK and "not set up" in found(service, "mail").words
    server = MailServer(Letterbox(clock.now), login=("me", "word"))
    server.start()
    port = server.server_address[1]
    for password, level in (("word", OK), ("wrong", FAIL)):
        mail = Mail("127.0.0.1", port, "none", "pickup@shop.example", "me", password)
        with_mail = build(replace(service.settings, mail=mail), SilentBell())
        assert found(with_mail, "mail", offline=False).level == level
        with_mail.database.close()
    server.stop()
    assert found(build(replace(service.settings, mail=mail), SilentBell()), "mail", offline=False).level == WARN
    assert server.letterbox.ledger() == []
