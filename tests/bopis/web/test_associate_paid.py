"""Money at the counter, on an associate's phone: paid here and how, or the fee for storage waived with one tap."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bopis.pickups import loading
from tests.bopis.web.phone import Phone
from tests.sandbox.running import running_sandbox
from tests.simulation.outside import Clock
from tests.till import Till, charge
from tests.world import build


@pytest.fixture
def till(sqlite_url: str) -> Iterator[Till]:
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch, running_sandbox(now=clock.now) as running:
        patch.setattr("bopis.clock.now", clock.now)
        world = build(sqlite_url)
        till = Till(world, running, clock)
        till.lets_pay_here()
        yield till
        world.database.close()


@pytest.fixture
def ada(till: Till) -> Phone:
    return Phone(till.web.application).signed_in()


def at_the_counter(till: Till) -> str:
    till.order(total=4990, to_pay=True)
    pickup = till.pickup()
    till.world.staff(pickup, loading.set_aside)
    till.work()
    return pickup


def test_an_unpaid_order_is_handed_over_once_it_is_paid_here(till: Till, ada: Phone) -> None:
    pickup = at_the_counter(till)
    page = f"/pickups/{pickup}"
    assert "49.90 EUR to pay first" in ada.get(page, page=True).text
    refused = ada.post(f"{page}/hand-over", page=True)
    assert refused.status_code == 409 and "not paid yet" in refused.text

    ada.post(f"{page}/paid-here", page=True, reason="Cash")
    assert "to pay first" not in ada.get(page, page=True).text
    ada.post(f"{page}/hand-over", page=True)
    assert till.world.state(pickup) == "collected"
    assert "49.90 EUR paid at the counter: Cash" in ada.get(page, page=True).text


def test_how_it_was_paid_must_be_said_and_only_once(till: Till, ada: Phone) -> None:
    pickup = at_the_counter(till)
    path = f"/pickups/{pickup}/paid-here"

    assert ada.post(path, page=True, reason="").status_code == 400
    assert ada.post(path, page=True, reason="Cash").status_code == 303
    assert ada.post(path, page=True, reason="Cash").status_code == 409


def test_the_fee_is_waived_with_one_tap(till: Till) -> None:
    charge(till)
    till.order(total=4990, paid=True)
    pickup = till.pickup()
    till.world.load(pickup)
    till.pass_by(25 * 3600)
    ada = Phone(till.web.application).signed_in()
    page = f"/pickups/{pickup}"

    assert "Waive the storage fee" in ada.get(page, page=True).text
    ada.post(f"{page}/waive-fee", page=True)
    assert till.grant(pickup) == "active"
    assert ada.post(f"{page}/waive-fee", page=True).status_code == 409
