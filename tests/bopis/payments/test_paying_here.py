"""Reserved now, paid before the door opens: the real service, a real card processor, one step after another."""

from __future__ import annotations

import pytest

from tests.till import Till

HOUR = 3600.0


@pytest.fixture
def shop(till: Till) -> Till:
    """A merchant who lets unpaid orders be loaded."""
    till.lets_pay_here()
    return till


def loaded(till: Till, total: int = 4990, currency: str = "EUR") -> str:
    """An unpaid order behind a door; its pickup's id."""
    till.order(total=total, currency=currency, to_pay=True)
    pickup = till.pickup()
    till.world.load(pickup)
    till.work()
    return pickup


def test_what_is_not_paid_lies_ready_and_opens_nothing(shop: Till) -> None:
    pickup = loaded(shop)

    assert shop.world.state(pickup) == "ready"
    assert shop.grant(pickup) == "held"
    assert "Pay 49.90 € to open your door" in shop.page(pickup)
    assert "qr" not in shop.page(pickup)
    assert "Pay 49.90 EUR on its page" in shop.texts()[-1]


def test_paid_it_opens_and_is_taken_when_it_is_fetched(shop: Till) -> None:
    pickup = loaded(shop)
    shop.pay_page(pickup)
    shop.hear()

    assert shop.grant(pickup) == "active"
    assert shop.texts()[-1].count("Locker code") == 1
    assert shop.running.moves() == []
    shop.collect(pickup)
    assert shop.running.moves() == [("capture", 4990)]
    assert shop.told(pickup) == [("money_authorised", 4990), ("money_captured", 4990)]
