from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import pytest

from sandbox.magento.state import ACCESS_TOKEN, CLIENT_ID, SITE, MagentoShop
from tests.contracts.clock import Clock
from tests.contracts.platform import Meeting, PlatformContract, Sent, Shop
from tests.sandbox.running import running_sandbox

MOODS = {"throttled": {"throttled": 1}, "revoked": {"token_revoked": True}, "down": {"down": True}, "well": {}}


class AdobeCommerceShop(Shop):
    vendor = "magento"
    account_name = SITE
    test_ends = "answers"  # nobody but Adobe signs
    secrets: Mapping[str, str] = MappingProxyType({"access_token": ACCESS_TOKEN})
    account_settings: Mapping[str, str] = MappingProxyType({"client_id": CLIENT_ID})

    def __init__(self, pretend: MagentoShop, url: str, clock: Clock) -> None:
        self.pretend, self.clock = pretend, clock
        self.settings = {"magento_url": f"{url}/magento"}

    def place(self, *, method: str = "pickup", lines: int = 1, paid: bool = True, phone: str | None = None) -> str:
        order_id = self.pretend.world.place(
            ["MUG-SLATE"] * lines,
            # An order has one way of delivery: what is not picked up of it is what nobody carries.
            virtual=["LIP-ROSE"] if method == "mixed" else [],
            method="flatrate_flatrate" if method == "shipping" else "instore_pickup",
            paid=paid,
            **({} if phone is None else {"phone": phone}),
        )
        self.clock.tick()
        return order_id

    def pay(self, order_id: str) -> None:
        self.pretend.world.pay(order_id)
        self.clock.tick()

    def cancel(self, order_id: str) -> None:
        self.pretend.world.cancel(order_id)
        self.clock.tick()

    def news(self, order_id: str, what: str) -> Sent:
        return self.signed(self.pretend.events.body(self.pretend.world.orders[int(order_id)]))

    def signed(self, body: bytes) -> Sent:
        return Sent(self.pretend.events.headers(body), body)

    def again(self, sent: Sent) -> Sent:
        # The event's id stands in the body, which nobody else can sign.
        return sent

    def told(self) -> list[str]:
        """Ready is every mail its shopper got, so that a second one would show."""
        words = {"notified": "ready", "stock": "returned"}
        found = [words.get(what) or str(details["comment"]) for what, _, details in self.pretend.ledger]
        found = ["collected" if "shopper has the goods" in each else each for each in found]
        assert found.count("ready") == len(self.pretend.world.mails)
        return [each for each in found if each in ("ready", "collected", "returned")]

    def misbehave(self, how: str) -> None:
        self.pretend.behaviour.change({"reset": True, **MOODS[how]})


class TestMagento(PlatformContract):
    @pytest.fixture
    def shop(self) -> Iterator[Shop]:
        clock = Clock()
        with running_sandbox(now=clock) as running:
            yield AdobeCommerceShop(running.sandbox.magento, running.url, clock)

    def test_a_paid_order_that_the_shop_completes_once_it_lies_ready_is_still_waited_for(
        self, meeting: Meeting, shop: AdobeCommerceShop
    ) -> None:
        order_id = meeting.order()
        meeting.load()
        meeting.news(order_id)
        assert shop.pretend.world.orders[int(order_id)]["state"] == "complete"
        assert (meeting.states(), meeting.tasks()) == (["ready"], set())
        meeting.collect()
        meeting.news(order_id)
        assert meeting.states() == ["collected"]

    def test_adobes_question_whether_this_is_the_right_address_is_answered_with_its_own_word(
        self, meeting: Meeting
    ) -> None:
        path = f"/webhooks/magento/{meeting.world.shop.connection_id}"
        answer = meeting.client.get(f"{path}?challenge=8ec8d794-e0ab-42df-9017-e3dada8e84f7")
        assert (answer.status_code, answer.json) == (200, {"challenge": "8ec8d794-e0ab-42df-9017-e3dada8e84f7"})
        for other in (
            path,
            f"{path}?challenge=<b>",
            f"/webhooks/nobody/{meeting.world.shop.connection_id}?challenge=1",
        ):
            assert meeting.client.get(other).status_code == 404
