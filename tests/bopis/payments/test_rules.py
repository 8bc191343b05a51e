"""What becomes of the money, from where the goods are: a table."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bopis.errors import Invalid
from bopis.payments.rules import Goods, Held, Policy, Step, next_step, shares
from bopis.payments.rules_amounts import read, written

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
SOON, LATER = NOW + dt.timedelta(hours=23), NOW + dt.timedelta(days=5)
LOADED, COLLECTED = Policy("loaded"), Policy("collected")
HELD = Held("authorised", 2000, capture_before=LATER)
TAKEN = Held("captured", 2000, 2000)


def lapsing(**changes: object) -> Held:
    return Held("authorised", 2000, capture_before=SOON, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("held", "goods", "policy", "step"),
    [
        (HELD, Goods(()), COLLECTED, Step("wait", "no_pickup")),
        (HELD, Goods(("reserved",)), LOADED, Step("wait", "until_loaded")),
        (HELD, Goods(("ready",)), LOADED, Step("capture", "loaded", 2000)),
        (HELD, Goods(("ready",)), COLLECTED, Step("wait", "until_collected")),
        (HELD, Goods(("expired",)), COLLECTED, Step("wait", "until_collected")),
        (HELD, Goods(("collected",)), COLLECTED, Step("capture", "collected", 2000)),
        (HELD, Goods(("ready", "reserved")), LOADED, Step("wait", "until_loaded")),
        (HELD, Goods(("cancelled",)), LOADED, Step("release", "called_off")),
        (HELD, Goods((), called_off=True), LOADED, Step("release", "called_off")),
        (HELD, Goods(("returned",)), LOADED, Step("release", "called_off")),
        (HELD, Goods(("collected",), called_off=True), COLLECTED, Step("capture", "collected", 2000)),
        (
            HELD,
            Goods(("collected",), paid_on_platform=True),
            COLLECTED,
            Step("ask", "paid_on_platform"),
        ),
        (HELD, Goods(("ready", "cancelled")), LOADED, Step("ask", "part_called_off")),
        (Held("authorised", 2000, due=1200), Goods(("ready", "cancelled")), LOADED, Step("capture", "loaded", 1200)),
        (Held("authorised", 2000, due=2500), Goods(("ready",)), LOADED, Step("capture", "loaded", 2000)),
        (Held("authorised", 2000, due=0), Goods(("reserved",)), LOADED, Step("release", "nothing_due")),
        (
            Held("authorised", 2000, one_of_several=True),
            Goods(("ready",)),
            LOADED,
            Step("ask", "several_payments"),
        ),
        (lapsing(), Goods(("ready",)), COLLECTED, Step("ask", "lapses")),
        (lapsing(), Goods(("ready",)), Policy("collected", True), Step("capture", "lapses", 2000)),
        (lapsing(), Goods(("collected",)), COLLECTED, Step("capture", "collected", 2000)),
        (lapsing(), Goods(("cancelled",)), Policy("collected", True), Step("release", "called_off")),
        (lapsing(busy=True), Goods(("collected",)), COLLECTED, Step("wait", "under_way")),
        (lapsing(refused=True), Goods(("collected",)), COLLECTED, Step("wait", "refused")),
        (TAKEN, Goods(("collected",)), COLLECTED, Step("wait", "captured")),
        (TAKEN, Goods(("returned",)), LOADED, Step("refund", "returned", 2000)),
        (TAKEN, Goods(("cancelled",)), LOADED, Step("refund", "called_off", 2000)),
        (Held("captured", 2000, 2000, due=1500), Goods(("ready",)), LOADED, Step("refund", "less_is_due", 500)),
        (Held("captured", 2000, 2000, 500, due=1500), Goods(("ready",)), LOADED, Step("wait", "captured")),
        (Held("captured", 2000, 2000, 500, due=1500), Goods(("returned",)), LOADED, Step("refund", "returned", 1500)),
        (Held("captured", 2000, 2000, 2000), Goods(("returned",)), LOADED, Step("wait", "given_back")),
        (
            Held("captured", 2000, 2000, due=2600),
            Goods(("ready",)),
            LOADED,
            Step("ask", "more_is_due"),
        ),
        (Held("released", 2000), Goods(("cancelled",)), LOADED, Step("wait", "released")),
        (Held("released", 2000), Goods(("collected",)), LOADED, Step("ask", "left_unpaid")),
        (Held("expired", 2000, refused=True), Goods(("collected",)), COLLECTED, Step("ask", "left_unpaid")),
        (Held("expired", 2000), Goods(("ready",)), COLLECTED, Step("ask", "lapsed_unpaid")),
        (Held("expired", 2000), Goods(("ready",), paid_on_platform=True), COLLECTED, Step("wait", "expired")),
    ],
)
def test_the_money_follows_the_goods(held: Held, goods: Goods, policy: Policy, step: Step) -> None:
    assert next_step(held, goods, policy, NOW) == step


STATES = st.sampled_from(["waiting", "reserved", "ready", "expired", "cancelled", "collected", "returned"])


@given(
    st.integers(1, 10_000),
    st.integers(0, 12_000) | st.none(),
    st.lists(STATES, max_size=3),
    st.booleans(),
    st.sampled_from([LOADED, COLLECTED, Policy("collected", True)]),
    st.sampled_from([SOON, LATER, None]),
)
def test_it_comes_to_rest_and_never_takes_more_than_was_held_or_gives_back_more_than_was_taken(
    amount: int, due: int | None, states: list[str], off: bool, policy: Policy, before: dt.datetime | None
) -> None:
    goods, state, captured, refunded = Goods(tuple(states), off), "authorised", 0, 0
    for _ in range(4):
        step = next_step(Held(state, amount, captured, refunded, due, before), goods, policy, NOW)
        if step.do == "capture":
            assert state == "authorised" and 0 < step.amount <= amount
            state, captured = "captured", step.amount
        elif step.do == "release":
            state = "released"
        elif step.do == "refund":
            assert 0 < step.amount <= captured - refunded
            refunded += step.amount
        else:
            break
    assert step.do in ("wait", "ask")
    if goods.is_over():
        assert captured == refunded


@given(st.integers(0, 500), st.lists(st.integers(1, 300), min_size=1, max_size=4))
def test_several_payments_bear_a_total_together(total: int, amounts: list[int]) -> None:
    borne = shares(total, amounts)

    assert sum(each or 0 for each in borne) == total
    assert all((each or 0) <= amount for each, amount in zip(borne[:-1], amounts, strict=False))


def test_what_nobody_chose_sensibly_is_as_if_nobody_chose() -> None:
    assert Policy.of({}) == Policy.of({"capture_at": "someday", "capture_early": "maybe"}) == Policy("collected", False)
    assert Policy.of({"capture_at": "loaded", "capture_early": "yes"}) == Policy("loaded", True)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1999, "EUR", "19.99 EUR"),
        (5, "USD", "0.05 USD"),
        (500, "JPY", "500 JPY"),
        (1230, "KWD", "1.230 KWD"),
        (123456789, "EUR", "1\u202f234\u202f567.89 EUR"),
        (-5, "EUR", "−0.05 EUR"),
    ],
)
def test_amounts_are_written_with_their_currencys_decimals(amount: int, currency: str, text: str) -> None:
    assert written(amount, currency) == text


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [("19.99", "EUR", 1999), ("19,9", "EUR", 1990), ("20", "EUR", 2000), ("500", "JPY", 500), ("1.23", "KWD", 1230)],
)
def test_amounts_are_read_as_people_type_them(text: str, currency: str, amount: int) -> None:
    assert read(text, currency) == amount


@pytest.mark.parametrize(
    ("text", "currency"), [("", "EUR"), ("1.999", "EUR"), ("5.0", "JPY"), ("-1", "EUR"), ("1e3", "EUR"), ("٣", "EUR")]
)
def test_what_is_no_amount_is_said_to_be_none(text: str, currency: str) -> None:
    with pytest.raises(Invalid, match="bad_amount"):
        read(text, currency)
