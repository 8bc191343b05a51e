"""Money follows goods: the real service, a real card processor, one step after another."""

from __future__ import annotations

import random

import pytest

from bopis import tasks
from bopis.pickups import actions, loading, places
from tests.till import Till

DAY = 24 * 3600.0


def test_an_order_that_is_only_authorised_waits_no_longer_and_is_taken_when_it_is_handed_over(till: Till) -> None:
    till.order()
    pickup = till.pickup()
    assert till.world.state(pickup) == "waiting"

    till.pay()
    assert till.world.state(pickup) == "reserved"
    till.world.load(pickup)
    till.work()
    assert till.running.moves() == []
    till.collect(pickup)

    assert till.running.moves() == [("capture", 2000)]
    assert till.ledger() == [("captured", 2000, 0)]
    assert till.told(pickup) == [("money_authorised", 2000), ("money_captured", 2000)]
    assert till.tasks() == []


def test_or_as_soon_as_it_lies_in_its_place(till: Till) -> None:
    till.choose(capture_at="loaded")
    pickup = till.bought()
    till.world.load(pickup)
    till.work()

    assert till.running.moves() == [("capture", 2000)]


def test_a_payment_may_come_before_its_order(till: Till) -> None:
    till.pay(order_name="#1")
    assert till.ledger() == [("authorised", 0, 0)]
    till.order()

    assert till.world.state(till.pickup()) == "reserved"
    assert till.told(till.pickup()) == [("money_authorised", 2000)]


def test_a_payment_is_found_by_the_orders_name_alone(till: Till) -> None:
    till.order("7")
    till.pay(order_id="", order_name="7")

    assert till.told(till.pickup("7")) == [("money_authorised", 2000)]


def test_a_payment_that_names_no_order_is_none_of_ours(till: Till) -> None:
    till.pay(order_id="")

    assert till.ledger() == []


def test_another_merchants_order_of_the_same_name_is_not_meant(till: Till) -> None:
    assert till.world.outsider is not None
    till.world.outsider.order("1", paid=False)
    till.pay(order_name="#1")

    assert till.ledger() == [("authorised", 0, 0)]
    till.order()
    assert till.told(till.pickup()) == [("money_authorised", 2000)]


def test_what_is_called_off_is_let_go(till: Till) -> None:
    pickup = till.bought()
    till.call_off(pickup)

    assert till.running.moves() == [("cancel", 2000)]
    assert till.told(pickup)[1:] == [("money_released", 2000)]


def test_what_comes_back_is_given_back(till: Till) -> None:
    pickup = till.bought()
    till.world.load(pickup)
    till.collect(pickup)
    till.bring_back(pickup)

    assert till.running.moves() == [("capture", 2000), ("refund", 2000)]
    assert till.ledger() == [("captured", 2000, 2000)]
    assert till.told(pickup)[2:] == [("money_refunded", 2000)]


def test_what_nobody_collected_is_let_go_and_nobody_is_asked_about_the_money(till: Till) -> None:
    pickup = till.bought()
    till.world.staff(pickup, loading.set_aside)
    with till.database.transaction() as session:
        found = till.world.pickup(session, pickup)
        actions.move(session, found, "expired", actor="system", now=till.clock.now())
        for place in found.live_placements():
            places.release(session, place, "staff", till.clock.now())
        session.expire(found, ["placements"])
        actions.make_returned_if_empty(session, found, till.clock.now(), actor="system")
    till.work()

    assert till.running.moves() == [("cancel", 2000)]
    with till.database.reading() as session:
        assert not tasks.is_open(session, "uncollected", pickup)


def test_an_order_that_became_cheaper_is_taken_for_less(till: Till) -> None:
    till.choose(capture_at="loaded")
    till.bought(total=2000)
    till.order(total=1300)
    till.world.load(till.pickup())
    till.work()

    assert till.running.moves() == [("capture", 1300)]


def test_what_became_cheaper_after_it_was_taken_is_given_back_in_part(till: Till) -> None:
    till.choose(capture_at="loaded")
    pickup = till.bought(total=2000)
    till.world.load(pickup)
    till.work()
    till.order(total=1300)

    assert till.running.moves() == [("capture", 2000), ("refund", 700)]
    till.order(total=1300)
    assert till.ledger() == [("captured", 2000, 700)]


def test_what_became_dearer_is_a_persons_business(till: Till) -> None:
    till.choose(capture_at="loaded")
    pickup = till.bought(total=2000)
    till.order(total=2600)
    till.world.load(pickup)
    till.work()

    assert till.running.moves() == [("capture", 2000)]
    assert [kind for kind, _ in till.tasks()] == ["money_unclear"]


def test_what_the_platform_was_paid_for_is_left_to_the_platform(till: Till) -> None:
    till.order(paid=True)
    till.world.load(till.pickup())
    till.collect(till.pickup())

    assert (till.running.moves(), till.ledger(), till.tasks()) == ([], [], [])


def test_paid_there_and_authorised_here_is_asked_about_and_never_taken_twice(till: Till) -> None:
    till.bought()
    till.order(paid=True)
    till.world.load(till.pickup())
    till.collect(till.pickup())

    assert till.running.moves() == []
    assert till.tasks() == [("money_unclear", "#1, 20.00 EUR: The shop says that it is paid already.")]


def test_before_it_lapses_a_person_is_asked_in_time(till: Till) -> None:
    till.world.load(till.bought())
    till.pass_by(5.9 * DAY)
    assert till.tasks() == []
    till.pass_by(0.2 * DAY)
    assert [kind for kind, _ in till.tasks()] == ["money_lapses"]
    till.collect(till.pickup())

    assert till.running.moves() == [("capture", 2000)]
    assert till.tasks() == []


def test_or_it_is_taken_early_where_the_merchant_chose_so(till: Till) -> None:
    till.choose(capture_early="yes")
    till.bought()
    till.pass_by(5.9 * DAY)
    assert till.running.moves() == []
    till.pass_by(0.2 * DAY)

    assert till.running.moves() == [("capture", 2000)]


def test_what_lapsed_is_noticed_and_asked_about(till: Till) -> None:
    pickup = till.bought()
    till.running.post("/cards/api/behaviour", {"down": True})
    till.pass_by(6.5 * DAY)
    till.running.post("/cards/api/behaviour", {"reset": True})
    for _ in range(8):
        till.pass_by(6 * 3600)

    assert till.ledger() == [("expired", 0, 0)]
    assert till.told(pickup)[1:] == [("money_lapsed", 2000)]
    assert [kind for kind, _ in till.tasks()] == ["money_unclear"]
    assert till.world.state(pickup) == "waiting"  # nothing pays for it any more


@pytest.mark.parametrize("mishap", ["lost_before", "lost_after", "broken", "broken_after", "too_many"])
def test_a_bad_moment_at_the_provider_costs_seconds_and_nothing_twice(till: Till, mishap: str) -> None:
    pickup = till.bought()
    till.world.load(pickup)
    till.running.post("/cards/api/behaviour", {mishap: 1})
    till.collect(pickup)
    till.pass_by(30)

    assert till.running.moves() == [("capture", 2000)]
    assert till.told(pickup) == [("money_authorised", 2000), ("money_captured", 2000)]


def test_a_refusal_goes_to_a_person(till: Till) -> None:
    pickup = till.bought()
    till.world.load(pickup)
    till.collect(pickup)
    assert till.running.sandbox.cards is not None
    (payment,) = till.running.sandbox.cards.payments.values()
    till.running.sandbox.cards.dispute(payment.id)
    till.bring_back(pickup)
    till.hear()

    assert till.running.moves() == [("capture", 2000)]
    assert sorted(kind for kind, _ in till.tasks()) == ["money_disputed", "money_stuck"]


def test_what_is_done_at_the_provider_itself_is_taken_over(till: Till) -> None:
    pickup = till.bought()
    cards = till.running.sandbox.cards
    assert cards is not None
    (payment,) = cards.payments.values()
    cards.capture(payment.id, 1500)
    cards.refund(payment.id, 400, None, {})
    till.hear()

    assert till.ledger() == [("captured", 1500, 400)]
    assert till.told(pickup)[1:] == [("money_captured", 1500), ("money_refunded", 400)]
    till.world.load(pickup)
    till.collect(pickup)
    till.bring_back(pickup)
    assert till.running.moves()[2:] == [("refund", 1100)]


def test_a_refund_that_fails_later_is_asked_about(till: Till) -> None:
    pickup = till.bought()
    till.world.load(pickup)
    till.collect(pickup)
    till.running.post("/cards/api/behaviour", {"refunds_pend": True})
    till.bring_back(pickup)
    assert till.ledger() == [("captured", 2000, 2000)]
    cards = till.running.sandbox.cards
    assert cards is not None
    cards.end_refunds(next(iter(cards.payments)), "failed")
    till.hear()

    assert till.ledger() == [("captured", 2000, 0)]
    assert [kind for kind, _ in till.tasks()] == ["money_stuck"]


@pytest.mark.parametrize("seed", range(2))
def test_shuffled_and_doubled_events_change_nothing(till: Till, seed: int) -> None:
    till.order()
    till.running.pay(order_id="1")
    dice = random.Random(seed)
    till.hear(dice)
    pickup = till.pickup()
    till.world.load(pickup)
    till.collect(pickup)
    till.bring_back(pickup)
    till.hear(dice)

    assert till.ledger() == [("captured", 2000, 2000)]
    assert [what for what, _ in till.told(pickup)] == ["money_authorised", "money_captured", "money_refunded"]


def test_an_event_is_taken_once_and_only_from_its_sender(till: Till) -> None:
    assert till.running.sandbox.cards is not None
    events = till.running.sandbox.cards.events
    till.order()
    till.running.pay(order_id="1")
    body = events.sent[0].body
    signed = {"Stripe-Signature": events.signature(body)}

    assert [till.event(body, signed) for _ in range(2)] == [202, 200]
    assert till.event(body + b" ", signed) == 401
    assert till.event(body, {}) == 401
    assert till.event(body, signed, connection_id="nobody") == 404
    till.clock.pass_by(301)
    assert till.event(body, signed) == 401
    till.clock.pass_by(-603)
    assert till.event(body, signed) == 401


@pytest.mark.parametrize(("currency", "amount", "text"), [("jpy", 500, "500 JPY"), ("kwd", 12340, "12.340 KWD")])
def test_currencies_without_hundredths_are_told_right(till: Till, currency: str, amount: int, text: str) -> None:
    till.order()
    till.pay(amount, currency)
    till.order(paid=True)

    assert till.tasks()[0][1].startswith(f"#1, {text}:")
    till.order()
    till.world.load(till.pickup())
    till.collect(till.pickup())
    assert till.running.moves() == [("capture", amount)]
