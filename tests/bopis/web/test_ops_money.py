"""The money page: what is held, taken, due and given back, why, and the deeds that settle it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import update

from bopis.merchants.models import Connection
from bopis.staff.models import StaffMember
from tests.bopis.web.operator import Operator
from tests.sandbox.running import running_sandbox
from tests.simulation.outside import Clock
from tests.till import Till
from tests.world import build


@pytest.fixture
def till(database_url: str) -> Iterator[Till]:
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch, running_sandbox(now=clock.now) as running:
        patch.setattr("bopis.clock.now", clock.now)
        world = build(database_url)
        yield Till(world, running, clock)
        world.database.close()


@pytest.fixture
def mo(till: Till) -> Operator:
    return Operator(till.web.application)


def payment_of(mo: Operator) -> str:
    return mo.reads("/money").partition('href="/ops/money/')[2].partition('"')[0]


def test_it_says_what_is_held_and_why(till: Till, mo: Operator) -> None:
    till.bought()
    page = mo.reads("/money")

    assert "20.00 EUR held" in page and "Is taken once the order is handed over" in page
    assert "#1" in mo.reads(f"/money/{payment_of(mo)}")


def test_money_taken_by_hand_is_taken_and_the_rest_let_go(till: Till, mo: Operator) -> None:
    pickup = till.bought()
    mo.does(f"/money/{payment_of(mo)}/capture", amount="12.50")
    till.work()

    assert till.running.moves() == [("capture", 1250)]
    assert [what for what, _ in till.told(pickup)] == ["money_authorised", "money_capture_asked", "money_captured"]
    till.world.load(pickup)
    till.collect(pickup)
    assert till.running.moves() == [("capture", 1250)]
    assert "12.50 EUR taken" in mo.reads("/money?state=captured")


def test_it_is_let_go_by_hand(till: Till, mo: Operator) -> None:
    till.bought()
    mo.does(f"/money/{payment_of(mo)}/release")
    till.work()

    assert till.running.moves() == [("cancel", 2000)]


def test_a_part_is_given_back_by_hand_and_nothing_more_by_itself(till: Till, mo: Operator) -> None:
    pickup = till.bought()
    till.world.load(pickup)
    till.collect(pickup)
    mo.does(f"/money/{payment_of(mo)}/refund", amount="5")
    till.work()

    assert till.running.moves() == [("capture", 2000), ("refund", 500)]


@pytest.mark.parametrize(
    ("deed", "form", "refusal"),
    [
        ("capture", {"amount": "20.01"}, (400, "bad_amount")),
        ("capture", {"amount": "much"}, (400, "bad_amount")),
        ("capture", {}, (400, "bad_amount")),
        ("refund", {"amount": "1"}, (409, "payment_moved_on")),
    ],
)
def test_what_makes_no_sense_is_refused(
    till: Till, mo: Operator, deed: str, form: dict[str, str], refusal: tuple[int, str]
) -> None:
    till.bought()

    assert mo.refused(f"/money/{payment_of(mo)}/{deed}", **form) == refusal
    assert till.running.moves() == []


def test_what_is_under_way_is_not_asked_twice(till: Till, mo: Operator) -> None:
    till.bought()
    mo.does(f"/money/{payment_of(mo)}/capture", amount="20")

    assert mo.refused(f"/money/{payment_of(mo)}/release") == (409, "payment_under_way")


def test_an_admin_chooses_when_money_is_taken(till: Till, mo: Operator) -> None:
    path = f"/money/accounts/{till.account.connection_id}/policy"
    assert mo.refused(path, capture_at="loaded")[0] == 403
    with till.database.transaction() as session:
        session.execute(update(StaffMember).where(StaffMember.id == till.world.mo_id).values(role="admin"))
    assert mo.refused(path, capture_at="someday") == (400, "bad_moment")
    mo.does(path, capture_at="loaded", capture_early="yes")

    assert "as soon as the order is in its place, and a day before" in mo.reads("/money")


def test_a_dispute_asks_for_evidence_and_the_evidence_is_whole_and_says_nothing_of_the_shopper(
    till: Till, mo: Operator
) -> None:
    pickup = till.bought()
    till.world.load(pickup)
    till.collect(pickup)
    cards = till.running.sandbox.cards
    assert cards is not None
    cards.dispute(next(iter(cards.payments)))
    till.hear()
    payment = payment_of(mo)
    written, paper = mo.get(f"/money/{payment}/evidence.json"), mo.get(f"/money/{payment}/evidence.pdf")
    (told,) = written.get_json()["pickups"]

    assert [kind for kind, _ in till.tasks()] == ["money_disputed"]
    assert told["unbroken"] and told["state"] == "collected"
    assert {"ready", "collected", "money_captured"} <= {entry["what"] for entry in told["timeline"]}
    assert "+1201" not in json.dumps(written.get_json())
    assert paper.data.startswith(b"%PDF-") and paper.data.rstrip().endswith(b"%%EOF")
    mo.does(f"/money/{payment}/settled")
    assert till.tasks() == []


def test_the_page_goes_on_older_payments_behind_it(till: Till, mo: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bopis.web.ops.common.ROWS", 2)
    monkeypatch.setattr("bopis.web.ops.money.ROWS", 2)
    for number in range(3):
        till.pay(1000 + number, order_id=str(number))
    first = mo.reads("/money")
    older = first.partition('rel="next" href="/ops')[2].partition('"')[0].replace("&amp;", "&")

    assert "10.02 EUR" in first and "10.00 EUR held" not in first
    assert "10.00 EUR held" in mo.reads(older)


def test_another_merchants_money_is_not_there(till: Till, mo: Operator) -> None:
    till.bought()
    stranger = Operator(till.web.application, "B1M")

    assert payment_of(stranger) == ""
    assert stranger.get(f"/money/{payment_of(mo)}").status_code == 404


def test_an_admin_lets_unpaid_orders_be_loaded_and_paid_here(till: Till, mo: Operator) -> None:
    promote(till)
    shop, account = till.world.shop.connection_id, till.account.connection_id
    with till.database.transaction() as session:
        session.get_one(Connection, shop).watch(till.clock.now())
    assert "waits until the shop says that it is paid" in mo.reads("/money")
    mo.does(f"/money/shops/{shop}/pay-here", account=account)

    assert "loaded unpaid" in mo.reads("/money")
    till.sees_the_shop()
    till.order(total=4990, to_pay=True)
    assert till.world.state(till.pickup()) == "reserved"
    mo.does(f"/money/shops/{shop}/pay-here", account="")
    till.sees_the_shop()
    till.order("2", total=4990, to_pay=True)
    assert till.world.state(till.pickup("2")) == "waiting"


def test_an_admin_says_what_storage_costs(till: Till, mo: Operator) -> None:
    promote(till)
    fee = {
        "account": till.account.connection_id,
        "amount": "2,00",
        "currency": "eur",
        "per": "day",
        "free_hours": "24",
        "cap": "5",
    }
    mo.does("/money/storage", **fee)

    page = mo.reads("/money")
    assert "24 hours are free" in page and "2.00 EUR for each day begun, 5.00 EUR at most" in page
    for wrong in ({"amount": "free"}, {"currency": "e"}, {"per": "week"}, {"free_hours": "-1"}, {"cap": "1"}):
        assert mo.post("/money/storage", **fee | wrong).status_code == 400, wrong
    mo.does("/money/storage", account="")
    assert "Keeping an order costs nothing" in mo.reads("/money")


def test_somebody_elses_account_takes_nobodys_money(till: Till, mo: Operator) -> None:
    promote(till)
    assert till.world.outsider is not None
    foreign = till.world.outsider.shop.connection_id

    assert mo.post("/money/storage", account=foreign).status_code == 404
    assert mo.post(f"/money/shops/{till.world.shop.connection_id}/pay-here", account=foreign).status_code == 404


def promote(till: Till) -> None:
    """Mo is an admin now."""
    with till.database.transaction() as session:
        session.execute(update(StaffMember).values(role="admin"))
