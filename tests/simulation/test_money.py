"""A fifth of the calls to the card processor is lost, half of them after they were done: the processor's own ledger and
the timelines of the store agree again within three minutes, and nothing moved twice."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
import requests

from bopis.pickups import loading
from tests.sandbox.running import running_sandbox
from tests.simulation import cards
from tests.simulation.outside import Clock
from tests.till import Till, charge
from tests.world import build

WITHIN = 180
STEP = 10
ORDERS = 8
SEEDS = (1, 2)
WHAT = {words: move for move, words in cards.WORDS.items()}


@pytest.fixture
def till(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    clock = Clock()
    monkeypatch.setattr("bopis.clock.now", clock.now)
    with running_sandbox(now=clock.now) as running:
        world = build(sqlite_url)
        yield Till(world, running, clock)
        world.database.close()


def disagreements(till: Till) -> list[str]:
    """Where the processor's ledger and the timelines tell different stories."""
    told = {
        str(number): [each for each in till.told(till.pickup(str(number))) if each[0] != "money_authorised"]
        for number in range(ORDERS)
    }
    return cards.disagreements(till.running.get("/cards/api/ledger")["moves"], told)


def settle(till: Till, dice: random.Random, wanted: dict[str, list[tuple[str, int]]]) -> None:
    """Time passes, at most three minutes of it, until everybody tells what is wanted."""
    for _ in range(WITHIN // STEP):
        till.hear(dice)
        till.pass_by(STEP)
        if not disagreements(till) and all(
            till.told(till.pickup(order))[1:] == moves for order, moves in wanted.items()
        ):
            return
    assert {order: till.told(till.pickup(order))[1:] for order in wanted} == wanted
    assert disagreements(till) == []


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", SEEDS)
def test_lost_calls_leave_no_doubt_for_longer_than_three_minutes(till: Till, seed: int) -> None:
    dice = random.Random(seed)
    pickups = [till.bought(str(number), 1000 + number) for number in range(ORDERS)]
    till.running.post("/cards/api/behaviour", {"timeouts": 0.2, "seed": seed})
    wanted: dict[str, list[tuple[str, int]]] = {}
    for number, pickup in enumerate(pickups):
        if number % 4 == 3:
            till.call_off(pickup)
            wanted[str(number)] = [("money_released", 1000 + number)]
        else:
            till.hand_over(pickup)
            wanted[str(number)] = [("money_captured", 1000 + number)]
    settle(till, dice, wanted)

    for number in range(0, ORDERS, 4):
        till.bring_back(pickups[number])
        wanted[str(number)].append(("money_refunded", 1000 + number))
    settle(till, dice, wanted)

    moves = [(move["order"], move["what"]) for move in till.running.get("/cards/api/ledger")["moves"]]
    assert len(moves) == len(set(moves))  # nothing twice
    assert till.tasks() == []
    calls = till.running.get("/cards/api/ledger")["calls"]
    assert calls["lost_before"] and calls["lost_after"]  # or nothing was shown


def paid_by_its_shopper(till: Till, dice: random.Random, pickup: str) -> None:
    """Taps until the page is there, pays on it, and comes back; the door opens within three minutes."""
    for _ in range(WITHIN // STEP):
        page = till.begin_to_pay(pickup)
        if page:
            break
        till.pass_by(STEP)
    back = requests.post(page, timeout=10, allow_redirects=False).headers["Location"].removeprefix("http://localhost")
    till.web.get(back)
    for _ in range(WITHIN // STEP):
        till.hear(dice)
        if till.grant(pickup) == "active":
            return
        till.pass_by(STEP)
    raise AssertionError(f"nobody knows that it is paid: {till.told(pickup)}")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_paid_before_the_door_opens_is_paid_once_whatever_is_lost(till: Till, seed: int) -> None:
    dice = random.Random(seed)
    till.lets_pay_here()
    charge(till, per="once", cap=0)
    pickups = []
    for number in range(ORDERS):
        till.order(str(number), total=1000 + number, to_pay=True)
        pickups.append(till.pickup(str(number)))
        till.world.staff(pickups[-1], loading.set_aside)
    till.running.post("/cards/api/behaviour", {"timeouts": 0.2, "seed": seed})
    wanted: dict[str, list[tuple[str, int]]] = {}
    for number, pickup in enumerate(pickups):
        if number == ORDERS // 2:
            till.pass_by(25 * 3600)  # from now on storage costs 2.00
        owed = 1000 + number + (200 if number >= ORDERS // 2 else 0)
        till.begin_to_pay(pickup)  # in another tab
        paid_by_its_shopper(till, dice, pickup)
        if number % 4 == 3:
            till.call_off(pickup)
            wanted[str(number)] = [("money_released", owed)]
        else:
            till.hand_over_ready(pickup)
            wanted[str(number)] = [("money_captured", owed)]
    settle(till, dice, wanted)

    ledger = till.running.get("/cards/api/ledger")
    moves = [(move["order"], move["what"]) for move in ledger["moves"]]
    assert sorted(moves) == sorted((order, WHAT[said[0][0]]) for order, said in wanted.items())  # nothing twice
    assert [kind for kind, _ in till.tasks() if kind != "mark_paid"] == []
    assert ledger["calls"]["lost_before"] and ledger["calls"]["lost_after"]
