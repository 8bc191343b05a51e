"""Delivery reports: believed when signed, never leading a text back, and a person is asked when one did not arrive."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from bopis import app, clock, wiring
from bopis.bell import BankListener
from bopis.config import Settings
from bopis.ids import new_id
from bopis.notices.models import Notice
from bopis.tasks import Task
from tests.world import SECRET_KEY, World, build

SID = "SM" + "a" * 32


class Provider:
    """The provider of texts, which took one for us."""

    def __init__(self, client: FlaskClient, world: World) -> None:
        self.client, self.world = client, world
        self.path = f"/receipts/twilio/{world.phone.connection_id}"

    def report(self, status: str, *, token: str = "quiet", sid: str = SID, error: str = "") -> TestResponse:
        form = {"MessageSid": sid, "MessageStatus": status, "AccountSid": "AC", "ErrorCode": error}
        signature = RequestValidator(token).compute_signature(f"http://web.test{self.path}", form)
        return self.client.post(self.path, data=form, headers={"X-Twilio-Signature": signature})

    def state(self) -> str:
        with self.world.database.reading() as session:
            return session.scalars(select(Notice.state)).one()


@pytest.fixture
def provider(database_url: str, redis_url: str) -> Iterator[Provider]:
    service = wiring.build(Settings(database_url, redis_url, (SECRET_KEY,), "http://web.test", "http://bridges.test"))
    world = build(database_url)
    pickup_id = world.ready("1")
    with world.database.transaction() as session:
        session.add(
            Notice(
                id=new_id(),
                merchant_id=world.merchant_id,
                pickup_id=pickup_id,
                template="ready",
                version=1,
                connection_id=world.phone.connection_id,
                state="accepted",
                provider_id=SID,
                error="",
                created_at=clock.now(),
                changed_at=clock.now(),
            )
        )
    yield Provider(app.create_app(service, BankListener(redis_url)).test_client(), world)
    service.database.close()
    world.database.close()


def test_a_text_goes_forward_and_never_back(provider: Provider) -> None:
    for status, state in (("sent", "sent"), ("delivered", "delivered"), ("sent", "delivered"), ("queued", "delivered")):
        assert provider.report(status).status_code == 204
        assert provider.state() == state


def test_a_report_not_signed_by_the_provider_changes_nothing(provider: Provider) -> None:
    answer = provider.report("failed", token="guessed")
    assert (answer.status_code, answer.get_json()["code"], provider.state()) == (401, "bad_signature", "accepted")


def test_a_text_that_did_not_arrive_asks_a_person_to_reach_the_shopper(provider: Provider) -> None:
    provider.report("undelivered", error="30003")
    assert provider.state() == "failed"
    with provider.world.database.reading() as session:
        assert session.scalars(select(Task.kind)).all() == ["text_failed"]


def test_a_report_about_a_text_we_do_not_know_is_thanked_for(provider: Provider) -> None:
    assert provider.report("sent", sid="SM" + "b" * 32).status_code == 204


def test_a_signed_report_that_makes_no_sense_is_refused_with_the_field(provider: Provider) -> None:
    answer = provider.report("levitating")
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_delivery")


def test_an_unknown_connection_is_not_found(provider: Provider) -> None:
    assert provider.client.post("/receipts/twilio/nobody", data={}).status_code == 404
