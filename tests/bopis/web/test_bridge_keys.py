"""A bridge's key: changed with an overlap, in one machine only, and ended with all it opens once that is stolen."""

from __future__ import annotations

import base64
import datetime as dt
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from bopis import app, clock, wiring
from bopis.bell import BankListener
from bopis.bridges import actions as bridges
from bopis.bridges import keys
from bopis.bridges.models import Bridge
from bopis.config import Settings
from bopis.drain import drain
from bopis.errors import Conflict
from bopis.lockers.models import Bank
from bopis.lockers.queries import bank_key
from bopis.messages import NEW_CODE
from bopis.outbox import OutboxEntry
from bopis.pickups import grants
from bopis.pickups.models import Grant
from bopis.pickups.stolen import stolen
from bopis.staff.actions import count_attempt, is_right, set_pin
from bopis.staff.models import StaffMember
from bopis.tasks import Task
from firmware_bridge.protocol import codes, wire
from tests.bopis.web.test_bridge_api import URL, Line, event
from tests.world import PIN, SECRET_KEY, World, build


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


def offer(world: World, key: Ed25519PrivateKey, bridge: str = "") -> dict[str, str]:
    public = key.public_key().public_bytes_raw()
    proof = key.sign(wire.proof_of_key(bridge or world.bridge_id, public))
    return {"public_key": base64.b64encode(public).decode(), "proof": base64.b64encode(proof).decode()}


class Keys:
    """The keys of one bridge by name, to sign with."""

    def __init__(self, world: World, line: Line) -> None:
        self.world, self.line = world, line
        self.first = (world.bridge_id, world.bridge_key)
        self.bridge_id = world.bridge_id

    def use(self, named: tuple[str, Ed25519PrivateKey]) -> None:
        self.world.bridge_id, self.world.bridge_key = named

    def change(self) -> tuple[str, Ed25519PrivateKey]:
        """Offer a new key and take its name."""
        key = Ed25519PrivateKey.generate()
        return self.line.sync(new_key=offer(self.world, key, self.bridge_id))["key"]["id"], key

    def speaks(self, **changes: Any) -> int:
        return self.line.post(self.line.body(**changes)).status_code

    def bridge(self) -> Bridge:
        with self.world.database.reading() as session:
            return session.get_one(Bridge, self.bridge_id)


@pytest.fixture
def held(world: World, line: Line) -> Keys:
    return Keys(world, line)


def later(monkeypatch: pytest.MonkeyPatch, **span: float) -> None:
    at = clock.now() + dt.timedelta(**span)
    monkeypatch.setattr(clock, "now", lambda: at)


def open_tasks(world: World, kind: str) -> list[str]:
    with world.database.reading() as session:
        return list(session.scalars(select(Task.reason).where(Task.kind == kind, Task.settled_at.is_(None))))


def test_both_keys_are_good_until_a_day_after_the_new_one_was_used(held: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    new = held.change()
    later(monkeypatch, days=30)  # the answer was lost and the line was down: the old one is still the only one known
    assert held.speaks() == 200
    held.use(new)
    assert held.speaks() == 200
    held.use(held.first)
    assert held.speaks() == 200
    later(monkeypatch, hours=25)
    assert held.speaks() == 401
    held.use(new)
    assert held.speaks() == 200


def test_an_offer_repeated_gets_the_same_name_and_another_one_takes_its_place(held: Keys, line: Line) -> None:
    key = Ed25519PrivateKey.generate()
    first = line.sync(new_key=offer(held.world, key))["key"]
    assert line.sync(new_key=offer(held.world, key))["key"] == first
    name, newer = held.change()
    assert name != first["id"]
    held.use((first["id"], key))
    assert held.speaks() == 401
    held.use((name, newer))
    assert held.speaks() == 200


def test_a_key_that_did_not_sign_the_change_is_refused_and_changes_nothing(held: Keys) -> None:
    wrong = offer(held.world, Ed25519PrivateKey.generate())
    wrong["proof"] = offer(held.world, Ed25519PrivateKey.generate())["proof"]
    assert held.speaks(new_key=wrong) == 400
    assert held.speaks(new_key=offer(held.world, Ed25519PrivateKey.generate(), "another-bridge")) == 400
    assert held.bridge().next_public_key is None


def test_asked_to_change_its_key_it_is_told_until_it_has(held: Keys, line: Line) -> None:
    with held.world.database.transaction() as session:
        keys.ask_for_new(session, session.get_one(Bridge, held.bridge_id), clock.now())
    assert line.sync()["key"] == {"wanted": True}
    held.use(held.change())
    assert "key" not in line.sync()


def test_a_key_given_up_long_ago_freezes_the_bridge(held: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    new = held.change()
    held.use(new)
    held.speaks()
    later(monkeypatch, hours=25)
    held.use(held.first)
    assert held.speaks() == 401
    assert held.bridge().frozen_because == "retired_key"
    assert len(open_tasks(held.world, "bridge_cloned")) == 1


def test_two_machines_in_turn_freeze_the_bridge_and_a_restart_does_not(
    held: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    for boot in ("one", "two", "three"):
        held.speaks(boot_id=boot)
        later(monkeypatch, minutes=10)
    assert held.bridge().frozen_at is None
    held.speaks(boot_id="two")
    assert held.bridge().frozen_because == "two_boots"


def test_a_request_of_before_the_restart_that_comes_a_little_late_freezes_nothing(held: Keys) -> None:
    for boot in ("one", "two", "one", "two"):
        held.speaks(boot_id=boot)
    assert held.bridge().frozen_at is None
    assert held.bridge().boot_id == "two"


def test_one_number_with_two_events_freezes_the_bridge_and_the_same_event_again_does_not(
    held: Keys, line: Line
) -> None:
    line.sync(events=[event(1), event(2, "door_unknown", door=1)])
    line.sync(events=[event(2, "door_unknown", door=1)])
    assert held.bridge().frozen_at is None
    line.sync(events=[event(2, "disk_roomy", free=1), event(3)])
    assert held.bridge().frozen_because == "two_journals"
    assert held.bridge().last_seq == 3


def test_a_frozen_bridge_is_asked_for_nothing_serves_its_store_and_is_put_right_by_enrolling(
    held: Keys, line: Line, world: World, service: wiring.Service
) -> None:
    world.ready("1")
    drain(service)
    with world.database.transaction() as session:
        bridge = session.get_one(Bridge, held.bridge_id)
        bridges.command_take_presence(session, world.bank_id, "123456", world.ada_id, clock.now())
        keys.freeze(session, bridge, "two_boots", clock.now())
    told = line.sync()
    assert told["commands"] == []
    assert len(told["grants"]) == 1
    with world.database.transaction() as session, pytest.raises(Conflict) as refused:
        bridges.command_take_presence(session, world.bank_id, "123456", world.ada_id, clock.now())
    assert refused.value.code == "bridge_frozen"
    with world.database.transaction() as session:
        bank = session.get_one(Bank, world.bank_id)
        bridges.offer_enrolment(session, bank, "FRESH", clock.now())
        key = Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes_raw()
        fresh = bridges.enrol(session, "FRESH", public, key.sign(b"FRESH"), "1", clock.now())
        assert fresh.frozen_at is None
    assert open_tasks(world, "bridge_cloned") == []


def press(world: World) -> Any:
    with world.database.transaction() as session:
        return stolen(session, session.get_one(Bridge, world.bridge_id), clock.now(), actor=f"staff:{world.mo_id}")


def disk(world: World) -> tuple[bytes, dict[str, tuple[int, bytes, bytes]], dict[str, str]]:
    """What the bridge knows: the bank's key, each grant's version, salt and verifier, each PIN's hash."""
    with world.database.reading() as session:
        known = {each.id: (each.version, each.salt, each.verifier) for each in session.scalars(select(Grant))}
        pins = {each.id: each.pin_hash for each in session.scalars(select(StaffMember))}
        return bank_key(session.get_one(Bank, world.bank_id)), known, pins


def test_stolen_it_is_shut_out_and_nothing_on_its_disk_is_good_any_more(
    held: Keys, line: Line, world: World, service: wiring.Service
) -> None:
    ready, waits = world.ready("1"), world.order("2")
    drain(service)
    assert held.speaks() == 200
    before, known, _ = disk(world)
    with world.database.reading() as session:
        old = {each.pickup_id: grants.code_of(each) for each in session.scalars(select(Grant))}
    ended = press(world)
    drain(service)
    assert (ended.codes, ended.told, ended.people) == (2, 1, 2)
    assert held.speaks() == 401
    after, renewed, _ = disk(world)
    assert after != before
    with world.database.reading() as session:
        for each in session.scalars(select(Grant)):
            code = grants.code_of(each)
            assert code.secret != old[each.pickup_id].secret
            assert renewed[each.id][0] > known[each.id][0]
            again = codes.verifier(after, each.id, each.version, code.secret, each.salt)
            assert again == each.verifier
            assert codes.verifier(after, each.id, each.version, old[each.pickup_id].secret, each.salt) != each.verifier
        wanted = list(session.scalars(select(OutboxEntry).where(OutboxEntry.kind == "TellShopper")))
    told = [entry.fields["pickup_id"] for entry in wanted if entry.fields["template"] == NEW_CODE]
    assert told == [ready]
    assert waits not in told


def test_stolen_the_people_of_its_store_choose_new_pins_and_others_do_not(world: World) -> None:
    press(world)
    assert len(open_tasks(world, "set_new_pin")) == 2

    def lets_in(badge: str, pin: str) -> bool:
        with world.database.transaction() as session:
            attempt = count_attempt(session, badge, clock.now())
        return is_right(attempt, pin)

    assert not lets_in("A1", PIN)
    assert lets_in("A1S", PIN)
    with world.database.transaction() as session:
        set_pin(session, session.get_one(StaffMember, world.ada_id), "135791")
    assert lets_in("A1", "135791")


def test_pressed_twice_it_ends_nothing_twice(world: World, service: wiring.Service) -> None:
    world.ready("1")
    drain(service)
    assert press(world).codes == 1
    again = press(world)
    assert (again.codes, again.told, again.people) == (0, 0, 0)


def test_no_request_of_another_bridge_no_old_one_and_no_altered_one_is_obeyed(held: Keys, line: Line) -> None:
    nonce = secrets.token_hex(16)
    assert line.post(line.body(), nonce=nonce).status_code == 200
    assert line.post(line.body(), nonce=nonce).status_code == 403
    late = line.post(line.body(), now=clock.now() - dt.timedelta(minutes=7))
    assert (late.status_code, late.get_json()["code"]) == (401, "clock_skew")

    def alter(message: Any) -> None:
        message.body = message.body.replace(b'"boot_id": "boot"', b'"boot_id": "other"')

    assert line.post(line.body(), alter=alter).status_code == 401
    held.use((held.bridge_id, Ed25519PrivateKey.generate()))
    assert held.speaks() == 401
