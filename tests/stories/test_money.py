"""A card that was only authorised: goods are loaded and fetched, and only then is the money taken, what they cost and
once, though the processor does it and says nothing."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
import requests

from sandbox.journey import CODE
from sandbox.shop.catalogue import CATALOGUE
from tests.stories.conftest import Copy

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("stories")]
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


def test_what_is_paid_on_the_shoppers_page_opens_the_door(copy: Copy) -> None:
    journey = copy.patient_journey()
    with copy.paying_here():
        order = journey.order(paid=False)
        pickup = journey.listed(order)
        journey.take_presence()
        journey.until("a place", lambda: journey.pickup(pickup)["state"] == "reserved")
        journey.put_in_and_shut(journey.open_to_load(pickup))
        journey.ready(pickup)
        asked = journey.text(order)["body"]
        assert "on its page" in asked and CODE.search(asked) is None

        link = f"{journey.web}/p/{re.search('/p/([A-Za-z0-9_-]+)', asked)[1]}"  # type: ignore[index]
        requests.post(f"{link}/pay", timeout=10)
        page = journey.until(
            "the page to pay on", lambda: re.search(r"url=([^\"]+)\"", requests.get(f"{link}/pay").text)
        )
        back = requests.post(html.unescape(page[1]), timeout=10)  # led back to the shopper's page
        assert back.url == link
        with_code = journey.until(
            "a text with the code",
            lambda: next((each for each in journey.texts(order) if CODE.search(each["body"])), None),
        )
    journey.until("the kiosk to know", lambda: journey.type_code(journey.code_in(with_code)) == "open")
    journey.take_out_and_shut(journey.opened())

    def moves() -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = journey._get(f"{journey.sandbox}/cards/api/ledger")["moves"]
        return [move for move in told if move["order"] == journey.shop_order(order)["order_id"]]

    journey.until("the money taken", moves)
    assert [(move["what"], move["amount"]) for move in moves()] == [("capture", CATALOGUE["MUG-SLATE"].price)]
    copy.assert_nothing_is_wrong()
