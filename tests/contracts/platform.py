"""What every shop platform must do for us. A platform's own tests subclass `PlatformContract` and bring a `Shop`.

A `Shop` is a pretend shop of that platform and the little a test must know to use it: how it places an order, what its
deliveries look like, what it was told. Everything else here speaks of our side alone.
"""

from __future__ import annotations

import datetime as dt
import random
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from bopis import app, clock, wiring
from bopis.bell import BankListener
from bopis.config import Settings
from bopis.drain import drain
from bopis.inbox import InboxEntry, body_of
from bopis.merchants.models import Connection
from bopis.outbox import OutboxEntry
from bopis.pickups.mapping import map_location
from bopis.pickups.models import Pickup
from bopis.stores.models import LocationMapping, Store
from bopis.sweeps import sweep
from bopis.tasks import Task
from tests.world import HIGH_STREET, SECRET_KEY, STATION, World, build


@dataclass(frozen=True)
class Sent:
    """One delivery as the platform sends it."""

    headers: Mapping[str, str]
    body: bytes


class Shop(ABC):
    """A pretend shop with the locations `HIGH_STREET` and `STATION`, and the items MUG-SLATE and LIP-ROSE."""

    vendor: str
    account_name: str
    secrets: Mapping[str, str]
    settings: Mapping[str, str]
    """Fields of `bopis.config.Settings` that lead our calls to it."""
    account_settings: Mapping[str, str] = MappingProxyType({})
    """Settings of the connection itself."""
    lists_places = True
    """Whether the platform can say at which places it hands over."""

    @abstractmethod
    def place(self, *, method: str = "pickup", lines: int = 1, paid: bool = True, phone: str | None = None) -> str:
        """An order for HIGH_STREET; its id. `method`: pickup, shipping, or mixed, which is one line of each."""

    @abstractmethod
    def pay(self, order_id: str) -> None:
        """Take the money for an unpaid order."""

    @abstractmethod
    def cancel(self, order_id: str) -> None:
        """Call an order off."""

    @abstractmethod
    def news(self, order_id: str, what: str) -> Sent:
        """One more delivery about an order; `what`: placed, changed or cancelled."""

    @abstractmethod
    def signed(self, body: bytes) -> Sent:
        """A delivery with any body, well signed."""

    @abstractmethod
    def again(self, sent: Sent) -> Sent:
        """The same body under another delivery id, as far as somebody without the secret can make it."""

    @abstractmethod
    def told(self) -> list[str]:
        """What it was told and took over, in order: `ready` and `collected`."""

    @abstractmethod
    def misbehave(self, how: str) -> None:
        """`throttled` once, `revoked`, `down`, or `well` again."""


@dataclass
class Meeting:
    """The service and the shop, connected."""

    service: wiring.Service
    world: World
    shop: Shop
    client: FlaskClient

    def deliver(self, sent: Sent) -> TestResponse:
        path = f"/webhooks/{self.shop.vendor}/{self.world.shop.connection_id}"
        return self.client.post(path, data=sent.body, headers=dict(sent.headers), content_type="application/json")

    def news(self, order_id: str, what: str = "changed") -> None:
        """A delivery, thanked for and worked off."""
        assert self.deliver(self.shop.news(order_id, what)).status_code in (200, 202)
        drain(self.service)

    def order(self, **more: Any) -> str:
        """An order placed and taken over."""
        order_id = self.shop.place(**more)
        self.news(order_id, "placed")
        return order_id

    def round(self) -> None:
        """Everything that is due, sweeps too."""
        drain(self.service)
        while sweep(self.service.database, clock.now()):
            drain(self.service)

    def load(self) -> str:
        """The only pickup loaded, and what follows; its id."""
        (pickup,) = self.pickups()
        self.world.load(pickup.id)
        drain(self.service)
        return str(pickup.id)

    def collect(self) -> None:
        """The shopper opens the only pickup's door, takes the goods and shuts it; and what follows."""
        (pickup,) = self.pickups()
        with self.service.database.reading() as session:
            (place,) = session.get_one(Pickup, pickup.id).found_at()
            assert place.compartment is not None
            told = {"door": place.compartment.number, "cause": "grant", "placement": place.id, "command": None}
        self.world.device(("door_opened", told), ("door_shut", {**told, "item": "absent"}))
        drain(self.service)

    def texts(self) -> list[str]:
        """What shoppers were to be told, by template, a message each."""
        with self.service.database.reading() as session:
            asked = session.scalars(select(OutboxEntry).where(OutboxEntry.kind == "TellShopper"))
            return sorted(entry.fields["template"] for entry in asked)

    def pickups(self) -> list[Pickup]:
        with self.service.database.reading() as session:
            return list(session.scalars(select(Pickup).order_by(Pickup.created_at, Pickup.id)))

    def states(self) -> list[str]:
        return [pickup.state for pickup in self.pickups()]

    def entries(self) -> list[InboxEntry]:
        with self.service.database.reading() as session:
            return list(session.scalars(select(InboxEntry).order_by(InboxEntry.received_at, InboxEntry.id)))

    def tasks(self) -> set[str]:
        with self.service.database.reading() as session:
            return set(session.scalars(select(Task.kind).where(Task.settled_at.is_(None)))) - {"text_failed"}

    def forget_locations(self) -> None:
        with self.service.database.transaction() as session:
            for mapping in session.scalars(
                select(LocationMapping).where(LocationMapping.connection_id == self.world.shop.connection_id)
            ):
                session.delete(mapping)


class PlatformContract:
    """Subclass it as `Test<Platform>` and add a fixture `shop`."""

    @pytest.fixture
    def meeting(self, shop: Shop, database_url: str, redis_url: str) -> Iterator[Meeting]:
        settings = Settings(database_url, redis_url, (SECRET_KEY,), "http://web.test", "http://bridges.test")
        service = wiring.build(replace(settings, **shop.settings))
        world = build(database_url)
        with service.database.transaction() as session:
            connection = session.get_one(Connection, world.shop.connection_id)
            connection.vendor, connection.account_name = shop.vendor, shop.account_name
            connection.keep_secrets(dict(shop.secrets))
            connection.settings = dict(shop.account_settings)
        yield Meeting(service, world, shop, app.create_app(service, BankListener(redis_url)).test_client())
        service.database.close()
        world.database.close()

    @pytest.fixture
    def later(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        """Moves our clock."""
        real, ahead = clock.now, [dt.timedelta()]
        monkeypatch.setattr(clock, "now", lambda: real() + ahead[0])

        def move(**by: float) -> None:
            ahead[0] += dt.timedelta(**by)

        return move

    # Who may speak

    def test_a_signed_delivery_is_thanked_for_and_kept(self, meeting: Meeting) -> None:
        sent = meeting.shop.news(meeting.shop.place(), "placed")
        assert meeting.deliver(sent).status_code == 202
        (entry,) = meeting.entries()
        assert body_of(entry) == sent.body

    def test_a_delivery_altered_on_its_way_is_refused(self, meeting: Meeting) -> None:
        sent = meeting.shop.news(meeting.shop.place(), "placed")
        assert meeting.deliver(replace(sent, body=sent.body + b" ")).status_code == 401
        assert meeting.entries() == []

    def test_a_delivery_without_a_signature_is_refused(self, meeting: Meeting) -> None:
        assert meeting.deliver(Sent({}, b"{}")).status_code == 401
        assert meeting.entries() == []

    # What is sent badly

    def test_the_same_delivery_again_is_thanked_for_and_not_kept(self, meeting: Meeting) -> None:
        sent = meeting.shop.news(meeting.shop.place(), "placed")
        assert [meeting.deliver(sent).status_code for _ in range(3)] == [202, 200, 200]
        assert len(meeting.entries()) == 1

    def test_a_captured_delivery_played_back_does_nothing(self, meeting: Meeting) -> None:
        sent = meeting.shop.news(meeting.shop.place(), "placed")
        meeting.deliver(sent)
        assert meeting.deliver(meeting.shop.again(sent)).status_code in (200, 401)
        assert len(meeting.entries()) == 1

    @pytest.mark.parametrize("body", [b"", b"no JSON", b"[]", b"{}", b"\xff\xfe", b"[" * 5000])
    def test_a_signed_body_nobody_can_read_is_kept_for_a_person(self, meeting: Meeting, body: bytes) -> None:
        assert meeting.deliver(meeting.shop.signed(body)).status_code == 202
        drain(meeting.service)
        (entry,) = meeting.entries()
        assert (entry.state, body_of(entry), meeting.tasks()) == ("dead", body, {"delivery_failed"})

    def test_a_body_beyond_a_megabyte_is_refused(self, meeting: Meeting) -> None:
        assert meeting.deliver(meeting.shop.signed(b" " * 1_100_000)).status_code == 413

    def test_news_in_any_order_lead_to_the_same_end(self, meeting: Meeting) -> None:
        order_id = meeting.shop.place()
        for what in ("changed", "placed", "changed"):
            meeting.news(order_id, what)
        assert meeting.states() == ["reserved"]
        called_off = meeting.shop.place()
        meeting.shop.cancel(called_off)
        for what in ("cancelled", "placed"):
            meeting.news(called_off, what)
        assert meeting.states() == ["reserved"]

    def test_a_hundred_deliveries_of_one_orders_life_in_any_order_do_each_thing_once(self, meeting: Meeting) -> None:
        order_id = meeting.shop.place(phone="+14155550123")
        life = [meeting.shop.news(order_id, what) for what in ("placed", *["changed"] * 24)] * 4
        random.Random(100).shuffle(life)
        for begin, end, then in ((0, 40, meeting.load), (40, 70, meeting.collect), (70, 100, meeting.pickups)):
            for sent in life[begin:end]:
                assert meeting.deliver(sent).status_code in (200, 202)
            drain(meeting.service)
            then()
        assert (meeting.states(), len(meeting.entries())) == (["collected"], 25)
        assert meeting.shop.told() == ["ready", "collected"]
        texts = meeting.texts()
        assert "ready" in texts
        assert len(set(texts)) == len(texts)
        assert meeting.tasks() == set()

    # What is ours

    def test_a_pickup_is_reserved_with_its_lines_and_phone(self, meeting: Meeting) -> None:
        meeting.order(phone="+14155550123")
        with meeting.service.database.reading() as session:
            pickup = session.scalars(select(Pickup)).one()
            assert (pickup.state, pickup.store_id) == ("reserved", meeting.world.store_id)
            assert (pickup.order.phone(), [line["sku"] for line in pickup.lines]) == ("+14155550123", ["MUG-SLATE"])

    def test_what_is_shipped_is_left_alone_and_says_why(self, meeting: Meeting) -> None:
        meeting.order(method="shipping")
        assert (meeting.pickups(), meeting.entries()[0].outcome) == ([], "nothing to pick up")

    def test_of_a_mixed_order_only_the_pickup_is_ours(self, meeting: Meeting) -> None:
        meeting.order(method="mixed")
        (pickup,) = meeting.pickups()
        assert len(pickup.lines) == 1

    def test_a_very_long_order_is_taken_over_whole(self, meeting: Meeting) -> None:
        meeting.order(lines=250)
        (pickup,) = meeting.pickups()
        assert sum(line["quantity"] for line in pickup.lines) == 250

    def test_an_unpaid_order_waits_until_it_is_paid(self, meeting: Meeting) -> None:
        order_id = meeting.order(paid=False)
        assert meeting.states() == ["waiting"]
        meeting.shop.pay(order_id)
        meeting.news(order_id)
        assert meeting.states() == ["reserved"]

    def test_an_unknown_location_waits_for_a_person_and_then_heals(self, meeting: Meeting) -> None:
        meeting.forget_locations()
        meeting.order()
        assert (meeting.states(), meeting.tasks()) == (["waiting"], {"map_location"})
        with meeting.service.database.transaction() as session:
            pickup = session.scalars(select(Pickup)).one()
            assert pickup.location_id == HIGH_STREET
            map_location(session, pickup, session.get_one(Store, meeting.world.store_id), clock.now())
        drain(meeting.service)
        assert (meeting.states(), meeting.tasks()) == (["reserved"], set())

    # What it is told

    def test_its_places_are_listed_so_that_they_can_be_mapped_before_the_first_order(self, meeting: Meeting) -> None:
        if not meeting.shop.lists_places:
            pytest.skip("it lists no places")
        platform = meeting.service.gateways.platforms[meeting.shop.vendor]
        with meeting.service.database.reading() as session:
            account = session.get_one(Connection, meeting.world.shop.connection_id).account()
        assert {HIGH_STREET, STATION} <= {place.location_id for place in platform.locations(account) if place.name}

    def test_it_is_told_ready_once_and_not_before_the_goods_are_there(self, meeting: Meeting) -> None:
        order_id = meeting.order()
        assert meeting.shop.told() == []
        meeting.load()
        meeting.news(order_id)
        assert (meeting.shop.told(), meeting.states()) == (["ready"], ["ready"])

    def test_saying_it_twice_does_it_once(self, meeting: Meeting) -> None:
        meeting.order()
        (pickup,) = meeting.pickups()
        platform = meeting.service.gateways.platforms[meeting.shop.vendor]
        with meeting.service.database.reading() as session:
            account = session.get_one(Connection, meeting.world.shop.connection_id).account()
        for mark in (platform.mark_ready, platform.mark_ready, platform.mark_collected, platform.mark_collected):
            mark(account, pickup.unit_id)
        assert meeting.shop.told() == ["ready", "collected"]

    def test_what_nobody_collected_is_in_stock_again_once(self, meeting: Meeting) -> None:
        order_id = meeting.order()
        meeting.load()
        (pickup,) = meeting.pickups()
        platform = meeting.service.gateways.platforms[meeting.shop.vendor]
        with meeting.service.database.reading() as session:
            account = session.get_one(Connection, meeting.world.shop.connection_id).account()
        for _ in range(3):
            platform.mark_returned(account, pickup.unit_id, pickup.id)
        assert meeting.shop.told() == ["ready", "returned"]
        meeting.news(order_id)
        assert meeting.tasks() <= {"reclaim"}

    def test_its_echo_of_what_it_was_told_changes_nothing(self, meeting: Meeting) -> None:
        order_id = meeting.order()
        meeting.load()
        for _ in range(3):
            meeting.news(order_id)
        assert (meeting.shop.told(), meeting.states(), meeting.tasks()) == (["ready"], ["ready"], set())

    def test_a_cancelled_order_frees_its_place(self, meeting: Meeting) -> None:
        order_id = meeting.order()
        meeting.shop.cancel(order_id)
        meeting.news(order_id, "cancelled")
        (pickup,) = meeting.pickups()
        places = [state for _, state in meeting.world.placements(pickup.id)]
        assert (pickup.state, places) == ("cancelled", ["released"])

    def test_goods_of_a_cancelled_order_are_to_be_taken_out(self, meeting: Meeting) -> None:
        order_id = meeting.order()
        meeting.load()
        meeting.shop.cancel(order_id)
        meeting.news(order_id, "cancelled")
        assert (meeting.states(), meeting.tasks()) == (["cancelled"], {"reclaim"})

    # When it cannot answer

    @pytest.mark.parametrize("how", ["throttled", "down"])
    def test_what_it_cannot_answer_now_is_asked_again(self, meeting: Meeting, later: Any, how: str) -> None:
        order_id = meeting.shop.place()
        meeting.shop.misbehave(how)
        meeting.news(order_id, "placed")
        assert (meeting.pickups(), meeting.entries()[0].state) == ([], "waiting")
        meeting.shop.misbehave("well")
        later(seconds=90)
        drain(meeting.service)
        assert meeting.states() == ["reserved"]

    def test_when_it_lets_us_in_no_more_a_person_is_told_and_it_heals(self, meeting: Meeting, later: Any) -> None:
        order_id = meeting.shop.place()
        meeting.shop.misbehave("revoked")
        meeting.news(order_id, "placed")
        assert meeting.tasks() == {"delivery_failed", "reconnect"}
        meeting.shop.misbehave("well")
        self.watch(meeting)
        meeting.round()
        assert (meeting.states(), meeting.tasks()) == (["reserved"], set())

    # What got lost

    def test_an_order_nobody_told_us_of_is_found(self, meeting: Meeting, later: Any) -> None:
        meeting.shop.place()
        self.watch(meeting)
        meeting.round()
        assert meeting.states() == ["reserved"]
        # Where times are whole seconds, what was read within the second of its change is read once more.
        later(minutes=6)
        meeting.round()
        before = len(meeting.entries())
        later(minutes=6)
        meeting.round()
        assert len(meeting.entries()) == before

    def test_after_five_hours_out_of_reach_everything_is_made_good_within_ten_minutes(
        self, meeting: Meeting, later: Any
    ) -> None:
        called_off = meeting.order()
        self.watch(meeting)
        meeting.round()
        for _ in range(3):
            meeting.shop.place()
        meeting.shop.cancel(called_off)
        later(hours=5)
        for _ in range(10):
            later(minutes=1)
            meeting.round()
        assert sorted(meeting.states()) == ["cancelled", "reserved", "reserved", "reserved"]

    def test_its_news_are_subscribed_to_once(self, meeting: Meeting) -> None:
        platform = meeting.service.gateways.platforms[meeting.shop.vendor]
        with meeting.service.database.reading() as session:
            account = session.get_one(Connection, meeting.world.shop.connection_id).account()
        url = f"https://web.example.com/webhooks/{meeting.shop.vendor}/{account.connection_id}"
        assert platform.ensure_subscriptions(account, url)
        assert platform.ensure_subscriptions(account, url) == []

    def test_no_secret_of_it_is_readable_in_the_database(self, meeting: Meeting) -> None:
        with meeting.service.database.reading() as session:
            connection = session.get_one(Connection, meeting.world.shop.connection_id)
            assert session.scalar(select(func.count()).select_from(Connection)) == 4
        kept = repr(connection.secrets_sealed) + repr(connection.account())
        assert not [secret for secret in meeting.shop.secrets.values() if secret in kept]

    @staticmethod
    def watch(meeting: Meeting) -> None:
        with meeting.service.database.transaction() as session:
            session.get_one(Connection, meeting.world.shop.connection_id).watch(clock.now())
