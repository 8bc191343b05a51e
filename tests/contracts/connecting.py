"""A connection: its secrets, its subscriptions, its places, and a test of its address."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from bopis import clock
from bopis.drain import drain
from bopis.merchants import testing
from bopis.merchants.models import Connection
from tests.contracts.meeting import Meeting, within_reach
from tests.world import HIGH_STREET, STATION


class Connecting:
    def test_its_places_are_listed_so_that_they_can_be_mapped_before_the_first_order(self, meeting: Meeting) -> None:
        if not meeting.shop.lists_places:
            pytest.skip("it lists no places")
        listed = meeting.platform.locations(meeting.account())
        assert {HIGH_STREET, STATION} <= {place.location_id for place in listed if place.name}

    def test_its_news_are_subscribed_to_once(self, meeting: Meeting) -> None:
        account = meeting.account()
        url = f"https://web.example.com/webhooks/{meeting.shop.vendor}/{account.connection_id}"
        assert meeting.platform.ensure_subscriptions(account, url)
        assert meeting.platform.ensure_subscriptions(account, url) == []

    def test_a_test_delivery_is_believed_and_leaves_no_order(self, meeting: Meeting) -> None:
        with within_reach(meeting) as reached:
            address = f"{reached.service.settings.public_url}/webhooks/{reached.shop.vendor}"
            account = reached.account()
            reached.platform.ensure_subscriptions(account, f"{address}/{account.connection_id}")
            with reached.service.database.transaction() as session:
                asked = testing.ask(session, account.connection_id, clock.now())
            drain(reached.service)
            with reached.service.database.reading() as session:
                found = testing.latest(session, account.connection_id)
                assert found is not None and found.id == asked
                assert (found.outcome, found.ended_at is None) == (reached.shop.test_ends, False), found.detail
            assert (reached.pickups(), reached.tasks()) == ([], set())
            assert {entry.state for entry in reached.entries()} <= {"done"}

    def test_no_secret_of_it_is_readable_in_the_database(self, meeting: Meeting) -> None:
        with meeting.service.database.reading() as session:
            connection = session.get_one(Connection, meeting.world.shop.connection_id)
            assert session.scalar(select(func.count()).select_from(Connection)) == 4
        kept = repr(connection.secrets_sealed) + repr(connection.account())
        assert not [secret for secret in meeting.shop.secrets.values() if secret in kept]
