"""What goods need is obeyed at the kiosk with the internet down, and orders in parcels go into all their doors."""

from __future__ import annotations

from dataclasses import replace

import pytest

from firmware_bridge.bank import Refused
from tests.firmware_bridge.bench import Bench
from tests.firmware_bridge.test_staff import Kiosk, order


@pytest.fixture
def kiosk(bench: Bench) -> Kiosk:
    """Door 10 is chilled, door 13 frozen; of the doors of size M, 11 and 12 are low."""
    layout = bench.bank.layout
    assert layout is not None
    doors = dict(layout.doors)
    doors[10], doors[13] = replace(doors[10], cold="chilled"), replace(doors[13], cold="frozen")
    bench.bank.layout = replace(layout, doors=doors)
    return Kiosk(bench)


@pytest.mark.parametrize(
    ("needs", "door"),
    [([], 7), (["upright"], 7), (["accessible"], 11), (["chilled"], 10), (["frozen"], 13), (["frozen", "upright"], 13)],
)
def test_a_door_chosen_here_has_what_the_goods_need(kiosk: Kiosk, needs: list[str], door: int) -> None:
    kiosk.hears(items=[order("1", needs=needs)])
    kiosk.signs_in()

    assert kiosk.loads("1") == door


def test_where_no_door_has_it_none_opens(kiosk: Kiosk) -> None:
    kiosk.hears(items=[order("1", needs=["chilled", "accessible"])])
    kiosk.signs_in()

    with pytest.raises(Refused, match="nothing_free"):
        kiosk.loads("1")


def test_the_list_says_what_goods_need_what_spoils_soonest_first(kiosk: Kiosk, bench: Bench) -> None:
    kiosk.hears(items=[order("1", needs=["accessible", "chilled", "unheard-of"])])
    kiosk.signs_in()

    (item,) = bench.desk.handling.view()["items"]
    assert item["needs"] == ["chilled", "accessible"]


def test_an_order_in_parcels_stays_on_the_list_until_each_is_in_its_door(kiosk: Kiosk, bench: Bench) -> None:
    places = [{"id": f"place-{door}", "door": door, "loaded": False} for door in (8, 9)]
    kiosk.hears(items=[order("1", parcels=2, placements=places)])
    kiosk.signs_in()

    assert kiosk.loads("1") == 8
    (item,) = bench.desk.handling.view()["items"]
    assert item["stage"] == "todo"
    assert kiosk.loads("1") == 9
    (item,) = bench.desk.handling.view()["items"]
    assert item["stage"] == "loaded"


def test_a_parcel_that_was_loaded_before_counts(kiosk: Kiosk, bench: Bench) -> None:
    places = [{"id": "a", "door": 8, "loaded": True}, {"id": "b", "door": 9, "loaded": False}]
    kiosk.hears(items=[order("1", parcels=2, placements=places)])
    kiosk.signs_in()

    assert kiosk.loads("1") == 9
    (item,) = bench.desk.handling.view()["items"]
    assert item["stage"] == "loaded"
