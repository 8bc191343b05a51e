"""PostgreSQL crashes on an order's way and comes back: the shop is told to try again, the kiosk does not notice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devtools.run import started
from tests.services import Missing
from tests.stories.conftest import Copy
from tests.stories.crashing import Crashing, postgresql_to_crash
from tests.stories.patient import PatientJourney

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("stories")]
SOON = 1000
"""Milliseconds within which a delivery must be answered while the database is away."""


@pytest.fixture
def cluster() -> Iterator[Crashing]:
    try:
        with postgresql_to_crash() as made:
            yield made
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def crashing_copy(cluster: Crashing) -> Iterator[Copy]:
    """A copy of everything on that cluster; whatever happens to it, the invariants hold in the end."""
    with started(database_url=cluster.url) as stack:
        copy = Copy(stack, cluster.url)
        yield copy
        copy.assert_nothing_is_wrong()


def test_a_crash_of_the_database_loses_nothing_and_stops_no_door(crashing_copy: Copy, cluster: Crashing) -> None:
    journey = crashing_copy.patient_journey()
    first = journey.order()
    pickup = journey.listed(first)
    journey.take_presence()
    journey.put_in_and_shut(journey.open_to_load_past(pickup, lambda step: None))
    code = journey.code_in(journey.text(first))

    cluster.crash()
    second = journey.order()
    answers = journey.until("three answers to the shop", lambda: _three_answers(journey, second))
    assert {answer["status"] for answer in answers} == {503}
    assert max(answer["ms"] for answer in answers) < SOON
    assert journey.type_code(code) == "open", "the kiosk opens without the service"
    journey.take_out_and_shut(journey.opened())

    cluster.start()
    journey.platform_says(first, "picked_up")
    journey.listed(second)
    assert (len(journey.texts(first)), len(journey.texts(second))) == (1, 0)


@pytest.mark.slow
def test_a_crash_at_each_step_ends_as_no_crash_does(crashing_copy: Copy, cluster: Crashing) -> None:
    def crash(step: str) -> None:
        cluster.crash()
        cluster.start()

    journey = crashing_copy.patient_journey()
    assert len(journey.texts(journey.whole_way_past(crash))) == 1


def _three_answers(journey: PatientJourney, order: str) -> list[dict[str, int]]:
    order_id = journey.shop_order(order)["order_id"]
    sent = journey._get(f"{journey.sandbox}/shop/api/ledger")["deliveries"]
    answers = [attempt for each in sent if each["order_id"] == order_id for attempt in each["attempts"]]
    return answers if len(answers) >= 3 else []
