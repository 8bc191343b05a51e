"""The bridge's side of the conversation, played by hand: signed, held open, never refused for being inconvenient."""

from __future__ import annotations

import base64
import datetime as dt
import json
import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from bopis import app, clock, sealing, wiring
from bopis.bell import BankListener
from bopis.bridges import actions as bridges
from bopis.bridges.models import Bridge, DeviceEvent, DoorCommand
from bopis.config import Settings
from bopis.drain import drain
from bopis.lockers.actions import next_sync_version
from bopis.lockers.models import Bank, Compartment
from bopis.pickups import loading
from firmware_bridge.protocol import signatures
from tests.world import SECRET_KEY, World, build

URL = "http://bridges.test"


class Line:
    """One bridge's line to the cloud."""

    def __init__(self, client: FlaskClient, world: World) -> None:
        self.client = client
        self.world = world
        self.cursor: str | None = None
        self.layout: str | None = None

    def body(self, **changes: Any) -> dict[str, Any]:
        return {
            "protocol": 1,
            "cursor": self.cursor,
            "boot_id": "boot",
            "time": clock.now().isoformat(),
            "clock": "synced",
            "wait": 0,
            "layout": self.layout,
            "doors": {},
            "events": [],
            "results": [],
            **changes,
        }

    def post(
        self,
        body: Any,
        *,
        now: dt.datetime | None = None,
        nonce: str | None = None,
        alter: Callable[[signatures.Request], None] = lambda message: None,
    ) -> TestResponse:
        message = signatures.Request("POST", f"{URL}/bridge/v1/sync", {}, json.dumps(body).encode())
        self.nonce = nonce or secrets.token_hex(16)
        signatures.sign_request(
            message, key_id=self.world.bridge_id, key=self.world.bridge_key, now=now or clock.now(), nonce=self.nonce
        )
        alter(message)
        return self.client.post("/bridge/v1/sync", data=message.body, headers=message.headers)

    def sync(self, **changes: Any) -> dict[str, Any]:
        answer = self.post(self.body(**changes))
        assert answer.status_code == 200, answer.text
        signatures.verify_response(
            signatures.Response(200, dict(answer.headers), answer.data),
            cloud_key=sealing.cloud_key().public_key(),
            now=clock.now(),
            nonce=self.nonce,
        )
        told: dict[str, Any] = answer.get_json()
        self.cursor = told["cursor"]
        if told["layout"]:
            self.layout = told["layout"]["hash"]
        return told


@pytest.fixture
def service(database_url: str, redis_url: str) -> wiring.Service:
    return wiring.build(Settings(database_url, redis_url, (SECRET_KEY,), "http://web.test", URL))


@pytest.fixture
def world(service: wiring.Service, database_url: str) -> Iterator[World]:
    built = build(database_url)
    built.database.close()
    built.database = service.database
    yield built
    service.database.close()


@pytest.fixture
def line(service: wiring.Service, world: World, redis_url: str) -> Line:
    return Line(app.create_bridges_app(service, BankListener(redis_url)).test_client(), world)


def event(seq: int, kind: str = "bridge_started", **data: Any) -> dict[str, Any]:
    return {"seq": seq, "kind": kind, "at": clock.now().isoformat(), "boot_id": "boot", "clock": "synced", "data": data}


def test_a_machine_with_the_one_time_code_becomes_the_banks_bridge_and_the_old_one_is_shut_out(
    line: Line, world: World
) -> None:
    assert line.post(line.body()).status_code == 200
    with world.database.transaction() as session:
        bridges.offer_enrolment(session, session.get_one(Bank, world.bank_id), "FRESH", clock.now())
    new = World(world.database)
    public = base64.b64encode(new.bridge_key.public_key().public_bytes_raw()).decode()
    sent = {
        "code": "FRESH",
        "public_key": public,
        "protocol": 1,
        "software": "1.0.0",
        "proof": base64.b64encode(new.bridge_key.sign(b"FRESH")).decode(),
    }
    told = line.client.post("/bridge/v1/enrol", json=sent).get_json()
    assert len(base64.b64decode(told["bank_key"])) == 32
    assert line.post(line.body()).status_code == 401
    world.bridge_id, world.bridge_key = told["bridge_id"], new.bridge_key
    assert line.sync()["reset"] is True


def test_a_machine_whose_answer_was_lost_asks_again_and_nobody_else_can(line: Line, world: World) -> None:
    with world.database.transaction() as session:
        bridges.offer_enrolment(session, session.get_one(Bank, world.bank_id), "FRESH", clock.now())

    def ask(key: Ed25519PrivateKey) -> dict[str, Any]:
        body = {
            "code": "FRESH",
            "public_key": base64.b64encode(key.public_key().public_bytes_raw()).decode(),
            "protocol": 1,
            "software": "1.0.0",
            "proof": base64.b64encode(key.sign(b"FRESH")).decode(),
        }
        answer: dict[str, Any] = line.client.post("/bridge/v1/enrol", json=body).get_json()
        return answer

    key = Ed25519PrivateKey.generate()
    told = ask(key)
    assert {**ask(key), "time": told["time"]} == told
    assert ask(Ed25519PrivateKey.generate())["code"] == "enrolment_refused"
    with world.database.transaction() as session:
        bridges.revoke(session, session.get_one(Bridge, told["bridge_id"]), clock.now())
    assert ask(key)["code"] == "enrolment_refused"


def test_a_first_sync_brings_layout_and_every_live_grant_and_a_second_brings_nothing(
    line: Line, world: World, service: wiring.Service
) -> None:
    world.ready("1")
    drain(service)
    told = line.sync()
    assert [door["number"] for door in told["layout"]["doors"]] == [1, 2, 3, 4, 5, 6]
    assert told["layout"]["board_options"] == {}
    assert [(grant["active"], grant["placements"][0]["door"]) for grant in told["grants"]] == [(True, 1)]
    again = line.sync()
    assert (again["reset"], again["grants"], again["layout"]) == (False, [], None)


def test_a_grant_that_ends_is_told_as_a_tombstone(line: Line, world: World, service: wiring.Service) -> None:
    world.ready("1")
    drain(service)
    line.sync()
    world.news(world.snapshot("1", cancelled_at=clock.now()))
    assert [grant["revoked"] for grant in line.sync()["grants"]] == [True]


def test_a_cursor_the_cloud_does_not_know_gets_everything_anew(line: Line) -> None:
    line.cursor = "someone-else:7"
    assert line.sync()["reset"] is True


@pytest.mark.parametrize(
    ("alter", "code"),
    [
        (lambda message: setattr(message, "body", message.body.replace(b"boot", b"root")), "bad_signature"),
        (lambda message: message.headers.pop("Signature"), "bad_signature"),
        (lambda message: message.headers.update({"Signature-Input": "rubbish"}), "bad_signature"),
    ],
    ids=["another body", "no signature", "rubbish"],
)
def test_a_request_that_is_not_signed_as_sent_is_refused(
    line: Line, alter: Callable[[signatures.Request], None], code: str
) -> None:
    answer = line.post(line.body(), alter=alter)
    assert (answer.status_code, answer.get_json()["code"]) == (401, code)


def test_a_bridge_whose_clock_is_off_is_told_the_time(line: Line) -> None:
    answer = line.post(line.body(), now=clock.now() - dt.timedelta(minutes=20))
    assert (answer.status_code, answer.get_json()["code"]) == (401, "clock_skew")
    said = dt.datetime.fromisoformat(answer.get_json()["time"])
    assert abs(said - clock.now()) < dt.timedelta(seconds=5)


def test_a_request_played_back_is_refused(line: Line) -> None:
    nonce = secrets.token_hex(16)
    assert line.post(line.body(), nonce=nonce).status_code == 200
    answer = line.post(line.body(), nonce=nonce)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "replayed")


@pytest.mark.parametrize(
    "wrong", [{"protocol": 2}, {"events": "many"}, {"doors": {"1": {"door": "ajar"}}}, {"wait": 900}]
)
def test_a_field_that_cannot_be_right_is_named_and_nothing_is_stored(
    line: Line, world: World, wrong: dict[str, Any]
) -> None:
    answer = line.post(line.body(**wrong))
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_field")
    assert next(iter(wrong)) in answer.get_json()["message"]


def test_events_are_stored_once_in_order_and_acknowledged_up_to_the_first_gap(line: Line, world: World) -> None:
    assert line.sync(events=[event(1), event(2)])["acked"] == 2
    assert line.sync(events=[event(1), event(2), event(3)])["acked"] == 3
    assert line.sync(events=[event(5)])["acked"] == 3
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(DeviceEvent)) == 3


def test_how_the_doors_stand_is_taken_over(line: Line, world: World) -> None:
    line.sync(doors={"2": {"door": "open", "item": "present", "in_service": True}})
    with world.database.reading() as session:
        box = session.scalars(
            select(Compartment).where(Compartment.bank_id == world.bank_id, Compartment.number == 2)
        ).one()
        assert (box.door, box.item) == ("open", "present")


def test_a_held_sync_is_answered_when_a_door_is_to_be_opened_and_the_command_is_told_once(
    line: Line, world: World
) -> None:
    pickup = world.order("1")
    line.sync()
    line.sync()
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(line.sync, wait=20)
        command = world.staff(pickup, loading.open_to_load)
        began = time.monotonic()
        told = held.result(10)
    assert command is not None
    assert [(said["id"], said["door"], said["cause"]) for said in told["commands"]] == [(command.id, 1, "load")]
    assert time.monotonic() - began < 5
    assert line.sync()["commands"] == []
    line.sync(results=[{"command": command.id, "status": "done", "code": None, "data": {}}])
    with world.database.reading() as session:
        assert session.get_one(DoorCommand, command.id).status == "done"


def test_what_an_associate_typed_from_the_screen_is_forgotten_once_answered(line: Line, world: World) -> None:
    with world.database.transaction() as session:
        command_id = bridges.command_take_presence(session, world.bank_id, "482913", world.ada_id, clock.now()).id
    assert line.sync()["commands"][0]["code"] == "482913"
    line.sync(results=[{"command": command_id, "status": "refused", "code": "wrong_presence_code", "data": {}}])
    with world.database.reading() as session:
        command = session.get_one(DoorCommand, command_id)
        assert (command.status, command.code, "code" in command.details) == ("refused", "wrong_presence_code", False)


def test_another_banks_bridge_cannot_settle_our_commands(line: Line, world: World) -> None:
    pickup = world.order("1")
    command = world.staff(pickup, loading.open_to_load)
    assert command is not None and world.outsider is not None
    ours, line.world = line.world, world.outsider
    line.sync(results=[{"command": command.id, "status": "done", "code": None, "data": {}}])
    line.world = ours
    with world.database.reading() as session:
        assert session.get_one(DoorCommand, command.id).status == "waiting"


def test_a_database_restored_to_an_earlier_time_makes_bridges_start_over(line: Line, world: World) -> None:
    with world.database.transaction() as session:
        next_sync_version(session, world.bank_id)
    line.sync()
    with world.database.transaction() as session:
        session.get_one(Bank, world.bank_id).sync_version = 0
    assert line.sync()["reset"] is True
