from __future__ import annotations

import time
from typing import Any

import pytest

from bopis import clock
from bopis.errors import Conflict, Invalid
from bopis.hooks import actions
from bopis.hooks.catalogue import EVENTS
from bopis.hooks.models import HookEndpoint
from bopis.hooks.queries import its
from bopis.outbox import OutboxEntry
from sandbox.standard.signing import refusal
from tests.bopis.hooks.conftest import Listener
from tests.world import PHONE


def believed(listener: Listener, secret: str, now: float | None = None) -> bool:
    headers = listener.headers()[-1]
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    message_id, sent, signatures = (headers[name] for name in names)
    return not refusal(secret, message_id, sent, signatures, listener.last.body, now or time.time())


def test_an_endpoint_hears_of_a_pickups_life_in_signed_messages(listener: Listener) -> None:
    listener.listen()
    pickup_id = listener.world.ready()
    listener.drain()
    assert sorted(listener.types()) == ["door.opened", "pickup.ready", "pickup.reserved", "pickup.waiting"]
    assert {each["data"]["pickup_id"] for each in listener.got()} == {pickup_id}
    assert believed(listener, listener.secret)
    assert not believed(listener, "whsec_" + "A" * 44)


def test_a_message_holds_ids_and_nothing_of_the_shopper(listener: Listener) -> None:
    listener.listen("pickup.ready")
    pickup_id = listener.world.ready(first_name="Robin", emails=("robin@example.com",))
    listener.drain()
    (message,) = listener.got()
    assert message["data"]["pickup_id"] == pickup_id
    assert message["data"]["platform_order_id"] == "1"
    assert not [word for word in (PHONE, "Robin", "robin@", "mug") if word.lower() in str(message).lower()]


def test_only_what_was_chosen_is_told(listener: Listener) -> None:
    listener.listen("pickup.ready")
    listener.world.ready()
    listener.drain()
    assert listener.types() == ["pickup.ready"]


def test_who_does_not_listen_costs_no_message(listener: Listener) -> None:
    listener.world.ready()
    listener.drain()
    assert listener.states() == []


def test_another_merchants_endpoint_hears_nothing(listener: Listener) -> None:
    listener.listen()
    assert listener.world.outsider is not None
    listener.world.outsider.database = listener.world.database
    listener.world.outsider.order()
    listener.drain()
    assert listener.got() == []


def test_what_is_not_taken_is_sent_again_under_the_same_id(listener: Listener, later: Any) -> None:
    listener.server.answers = [500, 302, 429]
    listener.listen("pickup.ready")
    listener.world.ready()
    for _ in range(4):
        listener.drain()
        later(minutes=40)
    assert listener.states() == ["done"]
    assert len({each["webhook-id"] for each in listener.headers()}) == 1
    assert len(listener.got()) == 4


def test_once_it_answers_again_it_gets_all_that_waited(listener: Listener, later: Any) -> None:
    listener.server.answers = [503] * 100
    listener.listen("pickup.ready")
    for number in "123":
        listener.world.ready(number)
    listener.drain()
    assert (listener.states(), listener.endpoint().failure) == (["waiting"] * 3, "it answered 503")
    listener.server.answers = []
    later(hours=1)
    listener.drain()
    assert (listener.states(), listener.endpoint().failing_since) == (["done"] * 3, None)


def test_what_is_given_up_can_be_sent_again(listener: Listener, later: Any) -> None:
    listener.server.answers = [500] * 12
    listener.listen("pickup.ready")
    listener.world.ready()
    for _ in range(12):
        listener.drain()
        later(hours=29)
    # Fifteen days without one message taken: it is off by then, and a person is asked.
    assert listener.states() == ["dead"]
    assert (listener.endpoint().off_because, listener.is_asked()) == ("failing", True)
    listener.server.answers = []
    assert listener.do(actions.turn_on, actor="staff:mo") == 1
    listener.drain()
    assert (listener.states(), listener.is_asked(), listener.endpoint().off_at) == (["done"], False, None)


def test_an_endpoint_that_is_gone_is_turned_off_at_once(listener: Listener) -> None:
    listener.server.answers = [410]
    listener.listen("pickup.ready")
    listener.world.ready()
    listener.drain()
    assert (listener.states(), listener.endpoint().off_because, listener.is_asked()) == (["dead"], "gone", True)
    listener.world.ready("2")
    listener.drain()
    assert len(listener.got()) == 1


def test_a_test_reaches_an_endpoint_that_is_off(listener: Listener) -> None:
    listener.listen()
    listener.do(actions.turn_off, "person")
    assert not listener.is_asked()
    listener.do(actions.send_test)
    listener.drain()
    assert listener.types() == ["endpoint.test"]


def test_both_secrets_sign_while_one_is_being_replaced(listener: Listener, later: Any) -> None:
    listener.listen()
    with listener.service.database.transaction() as session:
        fresh = session.get_one(HookEndpoint, listener.endpoint_id).new_secret(clock.now())
    listener.do(actions.send_test)
    listener.drain()
    assert believed(listener, listener.secret)
    assert believed(listener, fresh)
    later(hours=25)
    listener.do(actions.send_test)
    listener.drain()
    now = clock.now().timestamp()
    assert not believed(listener, listener.secret, now)
    assert believed(listener, fresh, now)


def test_what_waits_for_an_endpoint_that_was_removed_is_not_sent(listener: Listener) -> None:
    listener.listen()
    listener.world.ready()
    listener.do(actions.remove, actor="staff:mo")
    listener.drain()
    assert (listener.got(), set(listener.states())) == ([], {"done"})


def test_no_secret_is_readable_in_the_database(listener: Listener) -> None:
    listener.listen()
    assert listener.secret.encode() not in listener.endpoint().secrets_sealed


def test_an_address_is_kept_once_and_events_are_of_the_catalogue(listener: Listener) -> None:
    listener.listen(*EVENTS)
    with pytest.raises(Conflict, match="known_endpoint"):
        listener.listen()
    with pytest.raises(Invalid, match="unknown_event"):
        listener.do(lambda session, endpoint, now: actions.listen_to(endpoint, ["pickup.eaten"]))


def test_its_messages_are_found_by_its_id(listener: Listener) -> None:
    listener.listen("pickup.ready")
    listener.world.ready()
    with listener.service.database.reading() as session:
        assert session.query(OutboxEntry).where(*its(listener.endpoint())).count() == 1
