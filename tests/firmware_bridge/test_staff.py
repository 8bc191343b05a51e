"""Staff at the kiosk: who is let in, what they may open, and what survives a power cut."""

from __future__ import annotations

from typing import Any

import pytest
from argon2 import PasswordHasher

from firmware_bridge.bank import Refused
from firmware_bridge.clock import to_iso
from firmware_bridge.protocol.codes import badge_hmac
from firmware_bridge.sync import Sync
from tests.firmware_bridge.bench import Bench
from tests.firmware_bridge.fake_cloud import BANK_KEY
from tests.firmware_bridge.test_sync import Answers

PIN, WRONG = "246810", "111111"
_PIN = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(PIN)


def person(id: str = "ada", badge: str = "A1001", version: int = 1) -> dict[str, Any]:
    return {"id": id, "version": version, "badge_hmac": badge_hmac(BANK_KEY, badge), "pin": _PIN, "role": "associate"}


def order(
    pickup: str, door: int | None = None, *, action: str = "load", size: str = "M", **more: Any
) -> dict[str, Any]:
    places = [{"id": f"{pickup}-place", "door": door, "loaded": action == "reclaim"}] if door else []
    plain = {"pickup": pickup, "grant": None, "name": f"#{pickup}", "size": size, "accessible": False, "needs": []}
    return {**plain, "action": action, "why": "", "placements": places, **more}


class Kiosk:
    """The bench, told by syncs what a cloud tells."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.told = bench, 0
        self.hears(people=[person()], items=[])

    def hears(
        self, people: list[dict[str, Any]] | None = None, items: list[dict[str, Any]] | None = None, **more: Any
    ) -> None:
        """A sync brings these lists; what is not given stays as it is."""
        self.told += 1
        answer: dict[str, Any] = {"cursor": f"c-{self.told}", "lease_until": to_iso(self.bench.now + 72 * 3600), **more}
        if people is not None:
            answer["staff"] = {"hash": f"s-{self.told}", "people": people}
        if items is not None:
            answer["work"] = {"hash": f"w-{self.told}", "items": items, "taken": more.get("taken", [])}
        bench = self.bench
        Sync(bench.journal, bench.bank, bench.grants, bench.commands, lambda layout: None).exchange(
            Answers(bench, **answer), 0
        )

    def signs_in(self, pin: str = PIN, badge: str = "a1001") -> str:
        return self.bench.desk.sign_in(badge, pin).verdict

    def loads(self, pickup: str) -> int:
        self.bench.desk.handling.load(pickup)
        return self.puts_in_and_shuts()

    def puts_in_and_shuts(self) -> int:
        self.bench.pass_time(0.5)
        door = self.bench.desk.handling.job.door
        self.bench.items.add(door)
        self.bench.shut(door)
        return door


@pytest.fixture
def kiosk(bench: Bench) -> Kiosk:
    return Kiosk(bench)


def test_badge_and_pin_begin_a_session_and_ten_minutes_of_nothing_end_it(kiosk: Kiosk, bench: Bench) -> None:
    assert kiosk.signs_in() == "in"
    assert bench.presence.anyone()
    (told,) = bench.events("staff_signed_in")
    assert told["staff"] == "ada"
    bench.pass_time(601, step=10)
    assert bench.desk.view() is None
    assert bench.events("staff_signed_out") == [told]


def test_every_no_says_the_same_and_takes_as_long(kiosk: Kiosk, bench: Bench) -> None:
    for badge, pin in (("A1001", WRONG), ("B2002", PIN), ("A1001", ""), ("A1001" * 99, PIN * 99)):
        began = bench.elapsed
        assert kiosk.signs_in(pin, badge) == "no"
        assert bench.elapsed - began == pytest.approx(0.8)
        bench.journal.write("staff_streak", "[0, 0]")


def test_wrong_pins_are_counted_over_power_cuts_and_lock_until_a_newer_version(kiosk: Kiosk, bench: Bench) -> None:
    for n in range(10):
        assert kiosk.signs_in(WRONG) == "no"
        bench.restart(told=True)
        bench.elapsed += 1000
        if n == 4:
            bench.elapsed -= 900
            bench.journal.write("staff_streak", "[0, 0]")
            assert kiosk.signs_in() == "no", "paused: the right PIN too"
            bench.elapsed += 900
    assert bench.events("staff_locked") == [{"staff": "ada"}]
    assert kiosk.signs_in() == "no"
    kiosk.hears(people=[person(version=2)])
    bench.elapsed += 1000
    assert kiosk.signs_in() == "in"


def test_many_badges_tried_in_a_row_pause_the_kiosk_and_not_the_shoppers(kiosk: Kiosk, bench: Bench) -> None:
    for n in range(5):
        assert kiosk.signs_in(PIN, f"X{n}") == "no"
    assert bench.desk.sign_in("A1001", PIN).retry_after == 30
    bench.holds(7)
    assert bench.types().verdict == "open"


def test_nobody_is_let_in_when_it_cannot_be_counted(kiosk: Kiosk, bench: Bench) -> None:
    bench.fill_disk()
    assert kiosk.signs_in() == "closed"


def test_a_person_gone_from_the_list_is_out_at_once(kiosk: Kiosk, bench: Bench) -> None:
    kiosk.hears(items=[order("1")])
    kiosk.signs_in()
    kiosk.hears(people=[])
    with pytest.raises(Refused):
        bench.desk.handling.load("1")
    bench.tick()
    assert bench.desk.view() is None
    assert kiosk.signs_in() == "no"


def test_people_and_grants_hold_72_hours_from_the_last_sync_and_no_longer(kiosk: Kiosk, bench: Bench) -> None:
    bench.holds(7, lease=3600, ends=400_000)
    bench.elapsed += 71 * 3600
    assert kiosk.signs_in() == "in"
    assert bench.types().verdict == "open"
    bench.shut(7)
    bench.holds(8, id="grant-2", selector=48, lease=-3600, ends=400_000)
    bench.elapsed += 2 * 3600
    assert kiosk.signs_in() == "no"
    assert bench.types("048193508").verdict == "no"
    assert [told["reason"] for told in bench.events("staff_refused")] == ["lease_expired"]


def test_a_scanned_order_number_is_looked_up_on_the_list_in_each_of_its_spellings(kiosk: Kiosk, bench: Bench) -> None:
    kiosk.hears(items=[order("1001", 7), order("Ab-7", 8, action="reclaim")])
    assert not bench.desk.scan("1001"), "nobody is signed in"
    kiosk.signs_in()
    for text, pickup in (
        ("#1001", "1001"),
        ("1001 ", "1001"),
        ("AB-7", "Ab-7"),
        ("9999", None),
        ("", None),
        ("#", None),
    ):
        assert bench.desk.scan(text)
        found = bench.desk.view()["found"]
        assert (found["pickup"], found["refused"]) == (pickup, None if pickup else "not_found"), text
    assert found["id"] == 6
    bench.desk.sign_out()
    assert bench.desk.handling.found is None


def test_the_next_order_is_scanned_as_soon_as_the_door_is_shut_and_not_before(kiosk: Kiosk, bench: Bench) -> None:
    kiosk.hears(items=[order("1", 7), order("2", 8)])
    kiosk.signs_in()
    bench.desk.handling.load("1")
    bench.pass_time(0.5)
    bench.desk.scan("2")
    assert bench.desk.view()["found"]["refused"] == "door_open"
    assert bench.desk.handling.job is not None
    kiosk.puts_in_and_shuts()
    bench.desk.scan("2")
    assert (bench.desk.view()["found"]["pickup"], bench.desk.view()["job"]) == ("2", None)
    bench.desk.scan("1")
    assert bench.desk.view()["found"]["pickup"] == "1", "loaded, and may be taken out again"


def test_goods_in_hand_take_the_promised_door_else_the_smallest_free_one(kiosk: Kiosk, bench: Bench) -> None:
    bench.holds(9, id="grant-9", selector=49)
    kiosk.hears(items=[order("1", 7), order("2"), order("3", 8)], taken=[10])
    kiosk.signs_in()
    assert kiosk.loads("1") == 7
    assert kiosk.loads("2") == 11, "8 is promised, 9 and 10 hold goods"
    bench.stuck.add(8)
    bench.desk.handling.load("3")
    bench.pass_time(12)
    assert bench.desk.handling.job.session.phase == "failed"
    assert kiosk.loads("3") == 12
    assert bench.pulses == [7, 11, 8, 8, 8, 12]
    shut = bench.events("door_shut")
    assert [(told["pickup"], told["staff"], told["door"]) for told in shut] == [
        ("1", "ada", 7),
        ("2", "ada", 11),
        ("3", "ada", 12),
    ]


def test_what_is_loaded_here_opens_for_its_shopper_at_once_even_after_a_restart(kiosk: Kiosk, bench: Bench) -> None:
    bench.holds(7, active=False)
    kiosk.hears(items=[order("1", 7, grant="grant-1")])
    kiosk.signs_in()
    assert bench.types().verdict == "no"
    kiosk.loads("1")
    bench.restart()
    assert bench.types().verdict == "open"
    assert bench.pulses == [7, 7]


def test_what_is_taken_out_again_opens_no_more(kiosk: Kiosk, bench: Bench) -> None:
    bench.holds(7, active=False)
    kiosk.hears(items=[order("1", 7, grant="grant-1")])
    kiosk.signs_in()
    kiosk.loads("1")
    bench.desk.handling.take_out("1")
    bench.pass_time(0.5)
    bench.items.discard(7)
    bench.shut(7)
    assert bench.types().verdict == "no"
    assert kiosk.loads("1") in range(7, 13)


def test_a_door_shut_with_nothing_seen_inside_is_not_loaded(kiosk: Kiosk, bench: Bench) -> None:
    kiosk.hears(items=[order("1", 7)])
    kiosk.signs_in()
    bench.desk.handling.load("1")
    bench.pass_time(0.5)
    bench.shut(7)
    assert bench.desk.view()["job"]["place"] == "held"
    assert kiosk.loads("1") == 7
    assert bench.desk.view()["job"]["place"] == "loaded"


def test_too_small_gives_the_door_up_for_a_larger_one(kiosk: Kiosk, bench: Bench) -> None:
    kiosk.hears(items=[order("1", 7)])
    kiosk.signs_in()
    bench.desk.handling.load("1")
    bench.pass_time(0.5)
    bench.desk.handling.too_small()
    bench.pass_time(0.5)
    assert bench.desk.handling.job.door in range(13, 19)
    bench.shut(7)
    assert bench.events("place_given_up")[0]["placement"] == "1-place"
    assert 7 not in bench.work.occupied()


def test_too_small_with_no_larger_door_free_is_told_and_leads_to_the_counter(kiosk: Kiosk, bench: Bench) -> None:
    kiosk.hears(items=[order("1", 7)], taken=list(range(13, 25)))
    kiosk.signs_in()
    bench.desk.handling.load("1")
    bench.pass_time(0.5)
    bench.desk.handling.too_small()
    assert bench.desk.view()["job"]["place"] == "given_up"
    bench.shut(7)
    assert bench.desk.view()["job"]["place"] == "empty"
    bench.desk.handling.set_aside("1")
    assert [event["placement"] for event in bench.events("place_given_up")] == ["1-place"]
    assert [event["pickup"] for event in bench.events("set_aside")] == ["1"]
    assert 7 not in bench.work.occupied() and bench.work.get("1").stage == "done"


def test_what_lies_behind_several_doors_is_not_given_up_for_want_of_a_larger(kiosk: Kiosk, bench: Bench) -> None:
    kiosk.hears(items=[order("1", 7, parcels=2)], taken=list(range(13, 25)))
    kiosk.signs_in()
    bench.desk.handling.load("1")
    bench.pass_time(0.5)
    with pytest.raises(Refused, match="nothing_free"):
        bench.desk.handling.too_small()
    assert bench.desk.view()["job"]["place"] == "open"


def test_everything_is_in_before_the_last_door_was_opened(kiosk: Kiosk, bench: Bench) -> None:
    kiosk.hears(items=[order("1", 7, parcels=2)])
    kiosk.signs_in()
    with pytest.raises(Refused, match="nothing_inside"):
        bench.desk.handling.all_in("1")
    kiosk.loads("1")
    assert (bench.work.get("1").stage, bench.work.get("1").is_begun()) == ("todo", True)
    with pytest.raises(Refused, match="partly_loaded"):
        bench.desk.handling.set_aside("1")

    bench.desk.handling.all_in("1")

    assert bench.work.get("1").stage == "loaded"
    assert [event["pickup"] for event in bench.events("all_in")] == ["1"]
    bench.desk.handling.take_out("1")
    bench.pass_time(0.5)
    bench.items.discard(7)
    bench.shut(7)
    assert bench.work.get("1").stage == "todo"


def test_nothing_opens_while_a_shopper_stands_at_a_door_or_when_it_cannot_be_kept(kiosk: Kiosk, bench: Bench) -> None:
    kiosk.hears(items=[order("1", 8)])
    kiosk.signs_in()
    bench.holds(7)
    bench.types()
    with pytest.raises(Refused, match="busy"):
        bench.desk.handling.load("1")
    bench.shut(7)
    bench.handover.done()
    bench.fill_disk()
    with pytest.raises(Refused, match="not_journaled"):
        bench.desk.handling.load("1")
    assert bench.pulses == [7]


def test_what_happened_here_is_remembered_until_a_list_knows_of_it(kiosk: Kiosk, bench: Bench) -> None:
    kiosk.hears(items=[order("1", 7)])
    kiosk.signs_in()
    kiosk.loads("1")
    seq = bench.journal.events(1000)[-1]["seq"]
    kiosk.hears()
    assert 7 in bench.work.occupied()
    kiosk.hears(items=[], taken=[7], acked=seq)
    assert (bench.desk.view()["items"], 7 in bench.work.occupied()) == ([], True)


def test_the_disk_names_nobody_and_no_badge(kiosk: Kiosk, bench: Bench) -> None:
    kiosk.signs_in()
    kiosk.signs_in(WRONG, "B2002")
    kept = "\n".join(bench.journal.db.iterdump())
    assert all(secret not in kept for secret in ("A1001", "a1001", "B2002", PIN, WRONG))


def test_no_setting_lets_anybody_in_for_longer_than_a_week(kiosk: Kiosk, bench: Bench) -> None:
    kiosk.hears(settings={"hash": "long", "hold_hours": 72, "staff_offline_hours": 100_000, "kiosk": {}})
    bench.elapsed += 167 * 3600
    assert kiosk.signs_in() == "in"
    bench.elapsed += 2 * 3600
    assert kiosk.signs_in() == "no"
