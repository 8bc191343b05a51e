"""A provider that takes a text and says nothing, or says nothing and takes none: never a second text by our doing, and
the shopper is told, or a person is asked to."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.stories.conftest import Copy
from tests.stories.patient import PatientJourney

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("stories")]
STOPPED = "+12015550199"
BREAKS = {
    "taken, then a time-out": {"lost_after": 1, "hang": 2.0},
    "taken, then an error": {"broken_after": 1},
    "taken twice, as the provider says": {"broken_after": 2},
    "not taken, then a time-out": {"lost_before": 1, "hang": 2.0},
    "not taken, then an error": {"broken": 1},
    "too many": {"too_many": 2},
}


@pytest.mark.parametrize("breaks", BREAKS)
def test_the_shopper_gets_one_text_whatever_the_provider_does(copy: Copy, breaks: str) -> None:
    journey = copy.patient_journey()
    order = loaded(journey, **BREAKS[breaks])
    told(copy, journey, order)
    assert len(journey.texts(order)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("breaks", BREAKS)
def test_nor_when_whoever_sends_it_is_killed(copy: Copy, breaks: str) -> None:
    journey = copy.patient_journey()
    order = loaded(journey, **BREAKS[breaks])
    journey.until("the provider asked", lambda: submitted(copy, order))
    for process in ("worker", "relay"):
        copy.kill(process)
    told(copy, journey, order)
    assert len(journey.texts(order)) == 1


@pytest.mark.slow
def test_an_answer_later_than_anybody_waits_is_looked_up(copy: Copy) -> None:
    journey = copy.patient_journey()
    order = loaded(journey, lost_after=1, hang=40.0)
    told(copy, journey, order)
    assert len(journey.texts(order)) == 1


def test_a_number_that_takes_no_texts_makes_work_for_a_person(copy: Copy) -> None:
    journey = copy.patient_journey()
    order = loaded(journey, phone=STOPPED, email="", opted_out=[STOPPED])
    journey.until(
        "a person asked",
        lambda: scalar(
            copy,
            "SELECT count(*) FROM tasks t JOIN pickups p ON p.id = t.subject_id JOIN orders o ON o.id = p.order_id"
            " WHERE t.kind = 'text_failed' AND o.name = :order",
            order,
        ),
    )
    assert journey.texts(order) == []


@pytest.mark.parametrize("phone", [STOPPED, ""], ids=["takes no texts", "none"])
def test_whom_no_text_reaches_is_written_to_once(copy: Copy, phone: str) -> None:
    journey = copy.patient_journey()
    order = loaded(journey, phone=phone, email="erin@example.com", opted_out=[STOPPED])
    journey.until("an e-mail", lambda: journey.mails(order))
    (mail,) = journey.mails(order)
    assert mail["to"] == "erin@example.com" and journey.code_in({"body": mail["text"]}) not in mail["subject"]
    assert journey.texts(order) == []


def loaded(
    journey: PatientJourney, phone: str = "+12015550123", email: str = "shopper@example.com", **behaviour: Any
) -> str:
    """An order behind its door; the provider behaves like this from just before it is shut."""
    order = journey.order(phone=phone, email=email)
    pickup = journey.listed(order)
    journey.take_presence()
    door = journey.open_to_load_past(pickup, lambda step: None)
    journey.behave("phone", **behaviour)
    journey.put_in_and_shut(door)
    journey.ready(pickup)
    return order


def told(copy: Copy, journey: PatientJourney, order: str) -> None:
    """Wait until the text is known to be with the provider; a minute passes meanwhile, for what waits for one."""

    def known() -> bool:
        copy.a_minute_passes()
        return bool(
            scalar(
                copy,
                "SELECT count(*) FROM notices n JOIN pickups p ON p.id = n.pickup_id"
                " JOIN orders o ON o.id = p.order_id"
                " WHERE n.provider_id IS NOT NULL AND o.name = :order",
                order,
            )
        )

    journey.until("the text known to be sent", lambda: journey._for_a_while(known, 0.5))


def submitted(copy: Copy, order: str) -> bool:
    """Whether somebody has begun to hand the text over."""
    return bool(
        scalar(
            copy,
            "SELECT count(*) FROM notices n JOIN pickups p ON p.id = n.pickup_id"
            " JOIN orders o ON o.id = p.order_id WHERE o.name = :order",
            order,
        )
    )


def scalar(copy: Copy, sql: str, order: str) -> int:
    engine = sa.create_engine(copy.database_url)
    with engine.connect() as connection:
        found: int = connection.execute(sa.text(sql), {"order": order}).scalar_one()
    engine.dispose()
    return found
