"""What is logged: one line each that says what it is about, and nothing that opens a door or reaches a person."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from bopis import clock, inbox
from bopis.claims import ids_of
from bopis.inbox import InboxEntry
from bopis.logs import JsonLines, PlainLines, Written, about, hide, its
from bopis.outbox import OutboxEntry
from bopis.pickups import loading
from bopis.ports import Delivery
from tests.world import PHONE, World


class Lines:
    """What was logged, as objects."""

    def __init__(self, text: io.StringIO) -> None:
        self._text = text

    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._text.getvalue().splitlines()]

    def about(self, **ids: object) -> list[str]:
        """The messages of the lines about all of these."""
        return [line["message"] for line in self.all() if all(line.get(name) == value for name, value in ids.items())]


@pytest.fixture
def lines() -> Iterator[Lines]:
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("bopis")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield Lines(text)
    logger.removeHandler(handler)
    logger.setLevel(before)


@pytest.mark.parametrize(
    "secret",
    [
        "047193508",
        "047 193 508",
        "047-193-508",
        "+12015550123",
        "+1 201 555 0123",
        "+1 (201) 555-0123",
        "LKR1:q83vEjRWeJCrze8SNFZ4kA",
        "/p/AbCdEfGhIjKlMnOpQrStUv",
        "shopper@example.com",
        "first.last+tag@mail.example.co.uk",
    ],
)
@pytest.mark.parametrize("around", ["{}", "the code {} was typed", '"{}"', "number={};", "tel:{}", "({})."])
def test_what_is_secret_is_hidden_wherever_it_stands(secret: str, around: str) -> None:
    text = hide(around.format(secret))
    assert "[hidden]" in text
    assert secret.removeprefix("/p/") not in text


@pytest.mark.parametrize(
    "harmless",
    [
        "01a20364-b80b-77ec-aa02-fba039699652",
        "2026-11-22T13:14:46.123+00:00",
        "order 5123456789012",
        "door 12",
        "0.123456789",
        "#1001",
        "after 12 attempts",
        "/p/<token>",
        "me@",
        "2 @ 3",
        "01a20123-4567-7890-8123-012345678901",
    ],
)
def test_what_is_harmless_stays(harmless: str) -> None:
    assert hide(harmless) == harmless


def test_a_line_is_one_object_that_says_what_it_is_about(lines: Lines) -> None:
    log = logging.getLogger("bopis.somewhere")
    with about(delivery="d1", pickup=None), about(pickup="p1"):
        log.info("first\nstill the first", extra=its(door=3))
    log.warning("second")
    first, second = lines.all()
    assert {"level", "logger", "at"} <= set(first)
    assert (first["message"], first["delivery"], first["pickup"], first["door"]) == (
        "first\nstill the first",
        "d1",
        "p1",
        3,
    )
    assert not {"delivery", "pickup"} & set(second)


def test_a_requests_line_is_as_others_are_and_hides_what_they_hide(lines: Lines) -> None:
    told: dict[str, str | float] = {"topic": f'orders/"{PHONE}"', "status": 202, "ms": 1.5}
    for _ in range(2):
        logging.getLogger("bopis.web").handle(Written("bopis.web", logging.INFO, "POST /p/<token> 202", told))
    first, second = lines.all()
    assert first | {"at": ""} == second | {"at": ""}
    assert (first["message"], first["level"], first["logger"]) == ("POST /p/<token> 202", "info", "bopis.web")
    assert (first["topic"], first["status"], first["ms"]) == ('orders/"[hidden]"', 202, 1.5)
    record = Written("bopis.web", logging.INFO, "POST /p/<token> 202", told)
    assert PlainLines("%(levelname)s %(name)s %(lineno)d: %(message)s").format(record) == (
        'INFO bopis.web 0: POST /p/<token> 202 [topic=orders/"[hidden]" status=202 ms=1.5]'
    )


def test_an_errors_trace_is_in_its_line_and_cleaned_too(lines: Lines) -> None:
    try:
        raise ValueError(f"cannot text {PHONE}")
    except ValueError:
        logging.getLogger("bopis.somewhere").exception("failed")
    (line,) = lines.all()
    assert "ValueError: cannot text [hidden]" in line["trace"]


def test_people_read_plain_lines() -> None:
    record = logging.makeLogRecord({"name": "bopis.x", "levelname": "INFO", "msg": "code 047193508", **its(door=3)})
    assert PlainLines("%(levelname)s %(name)s: %(message)s").format(record) == "INFO bopis.x: code [hidden] [door=3]"


def test_one_pickups_id_finds_its_way_from_the_delivery_to_the_door(world: World, lines: Lines) -> None:
    with world.database.transaction() as session:
        inbox.store(session, world.shop, Delivery("d-1", "orders/paid", "1", None), b"{}", clock.now())
        delivery = session.scalars(select(InboxEntry)).one()
    with about(**ids_of(delivery)):
        pickup = world.order()
    command = world.staff(pickup, loading.open_to_load)
    assert command is not None
    world.door(command)
    with world.database.reading() as session:
        effect = session.scalars(select(OutboxEntry).where(OutboxEntry.kind == "TellShopper")).one()
    assert lines.about(delivery=delivery.id)[0] == "delivery orders/paid taken in"
    assert lines.about(delivery=delivery.id, pickup=pickup) == ["pickup waiting", "pickup reserved"]
    assert lines.about(pickup=pickup, command=command.id) == ["pickup load_asked"]
    assert lines.about(pickup=pickup, bridge=world.bridge_id)[-1] == "pickup ready"
    assert ids_of(effect) == {"effect": effect.id, "pickup": pickup, "grant": None}


def test_nothing_secret_is_logged_on_the_way(world: World, lines: Lines) -> None:
    world.ready()
    assert PHONE not in str(lines.all())
    assert "[hidden]" not in str(lines.all())
