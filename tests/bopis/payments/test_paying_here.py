"""Reserved now, paid before the door opens: the real service, a real card processor, one step after another."""

from __future__ import annotations

from dataclasses import replace

import pytest
import requests

from bopis.errors import Conflict, Invalid
from bopis.payments import counter
from bopis.pickups import loading
from bopis.ports import Money
from tests.till import Till

HOUR = 3600.0


@pytest.fixture
def shop(till: Till) -> Till:
    """A merchant who lets unpaid orders be loaded."""
    till.lets_pay_here()
    return till


def loaded(till: Till, total: int = 4990, currency: str = "EUR") -> str:
    """An unpaid order behind a door; its pickup's id."""
    till.order(total=total, currency=currency, to_pay=True)
    pickup = till.pickup()
    till.world.load(pickup)
    till.work()
    return pickup


def edit(till: Till, total: int, **changes: object) -> None:
    """The order costs something else now, says the shop."""
    order = replace(till.shop.orders["1"], total=Money(total, "EUR"), **changes)
    till.shop.set(order)
    till.world.news(till.shop.orders["1"])
    till.work()


def test_what_is_not_paid_lies_ready_and_opens_nothing(shop: Till) -> None:
    pickup = loaded(shop)

    assert shop.world.state(pickup) == "ready"
    assert shop.grant(pickup) == "held"
    assert "Pay 49.90 € to open your door" in shop.page(pickup)
    assert "qr" not in shop.page(pickup)
    assert "Pay 49.90 EUR on its page" in shop.texts()[-1]


def test_paid_it_opens_and_is_taken_when_it_is_fetched(shop: Till) -> None:
    pickup = loaded(shop)
    shop.pay_page(pickup)
    shop.hear()

    assert shop.grant(pickup) == "active"
    assert shop.texts()[-1].count("Locker code") == 1
    assert shop.running.moves() == []
    shop.collect(pickup)
    assert shop.running.moves() == [("capture", 4990)]
    assert shop.told(pickup) == [("money_authorised", 4990), ("money_captured", 4990)]
    assert shop.tasks() == [("mark_paid", "#1 was paid by card, and the shop still shows it as unpaid.")]


def test_it_is_off_unless_the_merchant_chose_it(till: Till) -> None:
    till.order(total=4990, to_pay=True)

    assert till.world.state(till.pickup()) == "waiting"


def test_what_the_shop_holds_money_for_already_is_not_paid_twice(shop: Till) -> None:
    shop.order(total=4990, to_pay=False)

    assert shop.world.state(shop.pickup()) == "waiting"


def test_who_comes_back_waits_for_no_event(shop: Till) -> None:
    pickup = loaded(shop)
    back = shop.pay_page(pickup)  # and no event is delivered

    assert shop.grant(pickup) == "held"
    assert shop.web.get(back).location == shop.link(pickup)
    assert "We are asking whether your payment went through" in shop.page(pickup)
    shop.work()
    assert shop.grant(pickup) == "active"


def test_coming_back_alone_opens_nothing(shop: Till) -> None:
    pickup = loaded(shop)
    shop.begin_to_pay(pickup)
    shop.web.get(shop.back_of(pickup))
    shop.work()

    assert shop.grant(pickup) == "held"
    assert "Pay 49.90 €" in shop.page(pickup)


def test_the_way_back_is_not_the_shoppers_link_and_does_not_last(shop: Till) -> None:
    pickup = loaded(shop)
    shop.begin_to_pay(pickup)
    back = shop.back_of(pickup)

    assert shop.link(pickup).removeprefix("/p/") not in back
    shop.clock.pass_by(30 * HOUR)
    assert shop.web.get(back).status_code == 404


def test_two_tabs_share_one_page(shop: Till) -> None:
    pickup = loaded(shop)

    assert shop.begin_to_pay(pickup) == shop.begin_to_pay(pickup)
    assert [each["status"] for each in shop.pages()] == ["open"]


def test_what_the_processor_is_told_names_no_person(shop: Till) -> None:
    pickup = loaded(shop)
    shop.begin_to_pay(pickup)
    (page,) = shop.pages()

    assert page["metadata"] == {"checkout_id": page["client_reference_id"], "order_id": "1", "order_name": "#1"}
    assert "0123" not in str(page)


def test_a_page_that_is_over_is_begun_again(shop: Till) -> None:
    pickup = loaded(shop)
    shop.begin_to_pay(pickup)
    shop.pass_by(2 * HOUR)
    shop.pay_page(pickup)
    shop.hear()

    assert [each["status"] for each in shop.pages()] == ["expired", "complete"]
    assert shop.grant(pickup) == "active"


def test_an_edit_ends_the_page_and_the_next_one_asks_for_the_new_amount(shop: Till) -> None:
    pickup = loaded(shop)
    shop.begin_to_pay(pickup)
    edit(shop, 3000)

    assert [(each["status"], each["amount_total"]) for each in shop.pages()] == [("expired", 4990)]
    shop.begin_to_pay(pickup)
    assert [(each["status"], each["amount_total"]) for each in shop.pages()][1:] == [("open", 3000)]


def test_who_pays_two_pages_pays_once(shop: Till) -> None:
    pickup = loaded(shop)
    old = shop.begin_to_pay(pickup)
    shop.running.post("/cards/api/behaviour", {"down": True})
    edit(shop, 3000)  # the old page cannot be ended now
    requests.post(old, timeout=10, allow_redirects=False)
    shop.running.post("/cards/api/behaviour", {"down": False})
    shop.pay_page(pickup)
    shop.hear()
    shop.pass_by(HOUR)
    shop.collect(pickup)

    assert sorted(shop.running.moves()) == [("cancel", 3000), ("capture", 3000)]


def test_what_became_dearer_after_paying_is_paid_for_the_rest(shop: Till) -> None:
    pickup = loaded(shop)
    shop.pay_page(pickup)
    shop.hear()
    edit(shop, 6000)

    assert shop.grant(pickup) == "held"
    assert "Pay 10.10 €" in shop.page(pickup)
    shop.pay_page(pickup)
    shop.hear()
    assert shop.grant(pickup) == "active"
    shop.collect(pickup)
    assert shop.running.moves() == [("capture", 4990), ("capture", 1010)]


def test_an_order_called_off_while_it_is_paid_is_let_go(shop: Till) -> None:
    pickup = loaded(shop)
    page = shop.begin_to_pay(pickup)
    shop.running.post("/cards/api/behaviour", {"down": True})
    shop.call_off(pickup)
    requests.post(page, timeout=10, allow_redirects=False)
    shop.running.post("/cards/api/behaviour", {"down": False})
    shop.hear()
    shop.pass_by(HOUR)

    assert shop.running.moves() == [("cancel", 4990)]


def test_paid_in_the_shop_meanwhile_it_opens_and_nothing_is_paid_here(shop: Till) -> None:
    pickup = loaded(shop)
    shop.begin_to_pay(pickup)
    edit(shop, 4990, paid=True)

    assert shop.grant(pickup) == "active"
    assert [each["status"] for each in shop.pages()] == ["expired"]
    assert shop.begin_to_pay(pickup) == ""


def test_staff_take_the_money_say_how_and_hand_it_over(shop: Till) -> None:
    shop.order(total=4990, to_pay=True)
    pickup = shop.pickup()
    shop.world.staff(pickup, loading.set_aside)
    with pytest.raises(Conflict, match="not paid yet"):
        shop.world.staff(pickup, loading.hand_over)
    with pytest.raises(Invalid):
        shop.deed(
            pickup, lambda session, found, now: counter.paid_at_counter(session, found, " ", now, actor="staff:1")
        )
    shop.deed(pickup, lambda session, found, now: counter.paid_at_counter(session, found, "Cash", now, actor="staff:1"))
    shop.world.staff(pickup, loading.hand_over)
    shop.work()

    assert shop.reasons(pickup, "paid_at_counter") == [("49.90 EUR", "Cash")]
    assert [kind for kind, _ in shop.tasks()] == ["mark_paid"]


def test_who_pays_online_while_the_counter_takes_the_money_is_charged_nothing(shop: Till) -> None:
    pickup = loaded(shop)
    page = shop.begin_to_pay(pickup)
    requests.post(page, timeout=10, allow_redirects=False)
    shop.deed(pickup, lambda session, found, now: counter.paid_at_counter(session, found, "Cash", now, actor="staff:1"))
    shop.hear()
    shop.pass_by(HOUR)

    assert shop.running.moves() == [("cancel", 4990)]
    assert shop.grant(pickup) == "active"


def test_a_choice_taken_back_leaves_the_counter(shop: Till) -> None:
    pickup = loaded(shop)
    shop.begin_to_pay(pickup)
    shop.chooses_for_the_shop(pay_here="")

    assert "49.90 € to pay." in shop.page(pickup) and "Pay 49.90" not in shop.page(pickup)
    assert shop.begin_to_pay(pickup) == shop.pages()[-1]["url"]  # the page that is open still serves
    shop.deed(pickup, lambda session, found, now: counter.paid_at_counter(session, found, "Cash", now, actor="staff:1"))
    assert shop.grant(pickup) == "active"


def test_what_leaves_unpaid_is_somebodys_business(shop: Till) -> None:
    pickup = loaded(shop)
    shop.collect(pickup)

    assert shop.tasks() == [("left_unpaid", "#1 left the store, and nobody has paid for it.")]


@pytest.mark.parametrize(
    ("currency", "total", "asked"), [("JPY", 500, 500), ("KWD", 1239, 1230), ("EUR", 100, 100), ("ISK", 900, 90000)]
)
def test_every_currency_is_paid_in_its_own_units(shop: Till, currency: str, total: int, asked: int) -> None:
    pickup = loaded(shop, total, currency)
    shop.pay_page(pickup)
    shop.hear()
    shop.collect(pickup)

    assert shop.running.moves() == [("capture", asked)]
    assert shop.grant(pickup) == "active"


@pytest.mark.parametrize("mishap", ["lost_before", "lost_after", "broken", "too_many"])
def test_a_bad_moment_at_the_provider_costs_seconds(shop: Till, mishap: str) -> None:
    pickup = loaded(shop)
    shop.running.post("/cards/api/behaviour", {mishap: 1})
    assert shop.begin_to_pay(pickup) == ""
    for _ in range(12):
        shop.pass_by(10)
    shop.pay_page(pickup)
    shop.hear()

    assert shop.grant(pickup) == "active"
    assert [each["status"] for each in shop.pages()].count("complete") == 1
