"""A card that was only authorised: goods are loaded and fetched, and only then is the money taken, what they cost and
once, though the processor does it and says nothing."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.shop.catalogue import CATALOGUE
from tests.stories.conftest import Copy

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("stories")]
HELD = 5_000


def test_the_money_is_taken_with_the_goods_and_once(copy: Copy) -> None:
    journey = copy.patient_journey()
    order = journey.order(paid=False)
    order_id = journey.shop_order(order)["order_id"]
    journey._post(
        f"{journey.sandbox}/cards/api/payments", json={"amount": HELD, "currency": "usd", "order_id": order_id}
    )

    def moves() -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = journey._get(f"{journey.sandbox}/cards/api/ledger")["moves"]
        return [move for move in told if move["order"] == order_id]

    pickup = journey.listed(order)
    journey.take_presence()
    journey.until("a place", lambda: journey.pickup(pickup)["state"] == "reserved")
    door = journey.open_to_load(pickup)
    journey.put_in_and_shut(door)
    journey.ready(pickup)
    assert moves() == []
    journey.behave("cards", lost_after=1, hang=2.0)
    journey.type_code(journey.code_in(journey.text(order)))
    journey.take_out_and_shut(journey.opened())
    journey.until("the money taken", moves)

    journey.platform_says(order, "picked_up")
    assert [(move["what"], move["amount"]) for move in moves()] == [("capture", CATALOGUE["MUG-SLATE"].price)]
    copy.assert_nothing_is_wrong()
