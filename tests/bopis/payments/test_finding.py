"""Payments whose news never came are found by asking, however many there are, and whatever the clock did."""

from __future__ import annotations

import datetime as dt

import pytest

from bopis.merchants.models import Connection
from bopis.payments import finding
from integrations.stripe import StripePayments
from tests.till import Till


@pytest.fixture
def deaf(till: Till) -> Till:
    """A till to which no event comes; what was paid is asked for from now on."""
    with till.database.transaction() as session:
        session.get_one(Connection, till.account.connection_id).payments_at = till.clock.now()
    return till


def test_a_payment_nobody_told_us_of_is_found(deaf: Till) -> None:
    deaf.order()
    deaf.running.pay(2000, order_id="1")
    assert deaf.world.state(deaf.pickup()) == "waiting"
    deaf.pass_by(16 * 60)

    assert deaf.ledger() == [("authorised", 0, 0)]
    assert deaf.world.state(deaf.pickup()) == "reserved"


def test_what_names_no_order_is_left_alone_and_what_is_known_is_not_looked_at_again(deaf: Till) -> None:
    deaf.running.pay(2000)
    deaf.bought()
    calls = deaf.running.get("/cards/api/ledger")["calls"]["answered"]
    deaf.pass_by(16 * 60)

    assert deaf.ledger() == [("authorised", 0, 0)]
    assert deaf.running.get("/cards/api/ledger")["calls"]["answered"] <= calls + 40


def test_days_of_silence_are_caught_up_with(deaf: Till) -> None:
    deaf.pass_by(60)
    deaf.order()
    deaf.clock.pass_by(3600)
    deaf.running.pay(2000, order_id="1")
    deaf.clock.pass_by(4 * 24 * 3600)
    deaf.pass_by(60)

    assert deaf.ledger() == [("authorised", 0, 0)]


def test_a_clock_that_was_put_back_hides_nothing(deaf: Till) -> None:
    deaf.clock.pass_by(30 * 24 * 3600)
    deaf.pass_by(60)
    deaf.clock.pass_by(-30 * 24 * 3600)
    deaf.order()
    deaf.running.pay(2000, order_id="1")
    with deaf.database.transaction() as session:
        session.get_one(Connection, deaf.account.connection_id).payments_at = deaf.clock.now()
    deaf.pass_by(60)

    assert deaf.ledger() == [("authorised", 0, 0)]


def test_more_than_fits_into_one_look_is_looked_through_in_parts(deaf: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "AT_ONCE", 40)
    monkeypatch.setattr("integrations.stripe.payments._A_PAGE", 20)
    begun = deaf.clock.now()
    for number in range(150):
        deaf.running.pay(1000, order_id=str(number))
        deaf.clock.pass_by(20)
    while len(deaf.ledger()) < 150 and deaf.clock.now() < begun + dt.timedelta(hours=3):
        deaf.pass_by(60)

    assert sum(state == "authorised" for state, _, _ in deaf.ledger()) == 150


def test_the_processor_lists_page_by_page_and_says_when_it_is_too_much(deaf: Till) -> None:
    made = [deaf.running.pay(1000, order_id=str(number)) for number in range(230)]
    payments, now = StripePayments(base_url=deaf.running.url), deaf.clock.now()
    hour = dt.timedelta(hours=1)

    found = payments.made_between(deaf.account, now - hour, now + hour, 1000)
    assert found is not None and sorted(found) == sorted(made)
    assert payments.made_between(deaf.account, now - hour, now + hour, 200) is None
    assert payments.made_between(deaf.account, now - 2 * hour, now - hour, 200) == ()
