from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from bopis.orders.actions import valid_phone
from bopis.orders.models import Order
from tests.world import PHONE, World


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("(201) 555-0123", "US", "+12015550123"),
        ("+44 20 7946 0958", "US", "+442079460958"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("555-0100", "US", ""),
        ("call me", "US", ""),
        ("", "US", ""),
        ("(201) 555-0123", "", ""),
    ],
)
def test_a_number_is_kept_only_if_a_phone_can_have_it(text: str, country: str, number: str) -> None:
    assert valid_phone(text, country) == number


def test_whoever_picks_up_is_told_before_whoever_ordered(world: World) -> None:
    snapshot = world.snapshot("1", phone="+12015550199")
    world.news(replace(snapshot, units=(replace(snapshot.units[0], phone=PHONE),)))
    with world.database.reading() as session:
        assert session.scalars(select(Order)).one().phone() == PHONE


def test_a_snapshot_shows_no_number_and_no_name_when_printed(world: World) -> None:
    snapshot = world.snapshot("1", first_name="Erin")
    assert PHONE not in repr(snapshot) and "Erin" not in repr(snapshot)
