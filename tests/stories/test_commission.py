"""A bridge is enrolled, its doors are set up at the page, plugged in otherwise than anybody thought, and an order then
goes in and out of the right one."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bopis.lockers.models import Compartment
from sandbox.lockbank import LockBank
from tests.firmware_bridge.commissioning import Installer
from tests.firmware_bridge.world import until
from tests.stories.cut_off import Store
from tests.world import PIN

pytestmark = pytest.mark.timeout(900)


def change_plugs(locks: LockBank, one: int, other: int) -> None:
    """The whole plugs of two channels, coil and sensor, change places."""
    with locks.lock:
        board = locks.boards[0]
        for wires in (board.wired, board.coils):
            wires[one], wires[other] = wires[other], wires[one]


def wiring(store: Store) -> dict[int, int | None]:
    """The service's channels by door."""
    with store.world.database.reading() as session:
        boxes = session.scalars(select(Compartment).where(Compartment.bank_id == store.world.bank_id))
        return {box.number: box.channel for box in boxes}


def opened(locks: LockBank) -> int:
    """The one door that stands open."""
    return until(lambda: next((box.number for box in locks.compartments.values() if not box.shut), 0))


def test_doors_set_up_at_the_page_are_the_ones_that_orders_go_in_and_out_of(store: Store) -> None:
    locks = store.locks
    change_plugs(locks, 0, 2)
    locks.swap(2, 4)
    store.told()
    installer = Installer(store.agent.kiosk_url, store.config.data_dir)
    assert installer.does("sign-in", badge="A1M", pin=PIN)["verdict"] == "in"
    installer.begins(board="kerong-cu16")
    for _ in range(6):
        state = until(lambda: (now := installer.state())["step"] in ("moved", "wrong") and not now["doing"] and now, 30)
        if state["step"] == "wrong":
            assert "two plugs are swapped" in state["finding"]["words"]
            locks.shut_door(opened(locks))
            locks.behave()
            installer.does("again")
            state = installer.is_at("moved")
        door = opened(locks)
        described = next(each for each in state["missing"] if each["number"] == door)
        installer.does("name", **{name: value for name, value in described.items() if name not in ("board", "channel")})
        locks.shut_door(door)
    installer.is_at("nothing")
    installer.does("skip", rest=True)
    installer.is_at("review")
    installer.does("write")
    until(lambda: wiring(store) == {1: 2, 2: 1, 3: 0, 4: 3, 5: 4, 6: 5})
    (told,) = [event.data for event in store.events() if event.kind == "commissioned"]
    assert told["staff"] == store.world.mo_id
    assert not [event.trouble for event in store.events() if event.trouble]

    until(lambda: store.state()["ready"] and {door["state"] for door in store.state()["doors"]} == {"shut"})
    pickup = store.world.order("1")
    store.told()
    assert store.sign_in() == "in"
    assert store.loads(pickup) == 1, "the smallest that fits, and the one that really opened"
    assert (locks.pulses[-1].channel, locks.pulses[-1].door) == (2, 1)
    store.post("staff/sign-out", press="")
    store.mend()
    assert store.collects(store.code(pickup)) == 1
    until(lambda: store.world.state(pickup) == "collected")
