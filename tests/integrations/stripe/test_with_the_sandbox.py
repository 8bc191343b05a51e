"""What we ask of the card processor, held against one that keeps the published rules."""

from __future__ import annotations

import pytest

from bopis.errors import EffectError, OutcomeUnknown, PermanentFailure, TemporaryFailure
from bopis.ports import Account, Money, PaymentAsked
from integrations.stripe import StripePayments
from tests.sandbox.running import Running

EUROS = Money(2000, "EUR")


def asked(reference: str, key: str = "row-1", *, again: bool = False) -> PaymentAsked:
    return PaymentAsked(reference, key, again)


def test_a_payment_is_seen_as_it_is(running: Running, payments: StripePayments, account: Account) -> None:
    reference = running.pay(2000, "eur", order_id="gid://shop/Order/77", order_name="#77")
    seen = payments.fetch(account, reference)

    assert seen is not None
    assert (seen.state, seen.currency, seen.authorised, seen.captured) == ("authorised", "EUR", 2000, 0)
    assert (seen.order_id, seen.order_name) == ("77", "#77")
    assert seen.capture_before is not None


def test_a_payment_that_does_not_exist_is_none(payments: StripePayments, account: Account) -> None:
    assert payments.fetch(account, "pi_nothing") is None


def test_money_is_captured_in_part_and_the_rest_let_go(
    running: Running, payments: StripePayments, account: Account
) -> None:
    seen = payments.capture(account, asked(running.pay()), Money(1500, "EUR"))

    assert (seen.state, seen.captured) == ("captured", 1500)
    assert running.moves() == [("capture", 1500)]


def test_an_authorisation_is_let_go(running: Running, payments: StripePayments, account: Account) -> None:
    assert payments.release(account, asked(running.pay())).state == "released"
    assert running.moves() == [("cancel", 2000)]


def test_money_is_given_back_under_our_own_id(running: Running, payments: StripePayments, account: Account) -> None:
    reference = running.pay()
    payments.capture(account, asked(reference), EUROS)
    seen = payments.refund(account, asked(reference, "refund-1"), Money(700, "EUR"))

    assert [(refund.ours, refund.amount, refund.state) for refund in seen.refunds] == [("refund-1", 700, "done")]


@pytest.mark.parametrize("mishap", ["lost_before", "lost_after", "broken", "broken_after"])
@pytest.mark.parametrize("what", ["capture", "release", "refund"])
def test_what_may_have_happened_is_looked_up_and_done_once(
    running: Running, payments: StripePayments, account: Account, mishap: str, what: str
) -> None:
    reference = running.pay()
    if what == "refund":
        payments.capture(account, asked(reference, "before"), EUROS)

    def ask(*, again: bool) -> object:
        it = asked(reference, again=again)
        return payments.release(account, it) if what == "release" else getattr(payments, what)(account, it, EUROS)

    running.post("/cards/api/behaviour", {mishap: 1})
    with pytest.raises(OutcomeUnknown):
        ask(again=False)
    ask(again=True)
    ask(again=True)

    assert running.moves().count(({"release": "cancel"}.get(what, what), 2000)) == 1


def test_a_capture_repeated_without_looking_is_still_one(
    running: Running, payments: StripePayments, account: Account
) -> None:
    reference = running.pay()
    first = payments.capture(account, asked(reference), EUROS)

    assert payments.capture(account, asked(reference), EUROS) == first
    assert payments.capture(account, asked(reference, "another key"), EUROS).state == "captured"
    assert running.moves() == [("capture", 2000)]


def test_what_lapsed_before_the_capture_is_said_to_have_lapsed(
    running: Running, payments: StripePayments, account: Account
) -> None:
    reference = running.pay(hours=0)

    assert payments.capture(account, asked(reference), EUROS).state == "expired"


def test_more_than_was_captured_is_refused(running: Running, payments: StripePayments, account: Account) -> None:
    reference = running.pay()
    payments.capture(account, asked(reference), EUROS)

    with pytest.raises(PermanentFailure):
        payments.refund(account, asked(reference, "r"), Money(2001, "EUR"))


@pytest.mark.parametrize(
    ("behaviour", "failure", "code"),
    [({"down": True}, TemporaryFailure, "provider_down"), ({"too_many": 2}, TemporaryFailure, "throttled")],
)
def test_trouble_while_looking_is_temporary(
    running: Running,
    payments: StripePayments,
    account: Account,
    behaviour: dict[str, object],
    failure: type[EffectError],
    code: str,
) -> None:
    reference = running.pay()
    running.post("/cards/api/behaviour", behaviour)

    with pytest.raises(failure) as caught:
        payments.fetch(account, reference)
    assert caught.value.code == code


def test_a_wrong_key_is_said_without_repeating_it(running: Running, payments: StripePayments) -> None:
    stranger = Account("c3", "stripe", "acct_1", {"secret_key": "sk_live_wrong"}, {})

    with pytest.raises(PermanentFailure) as caught:
        payments.fetch(stranger, running.pay())
    assert caught.value.code == "credentials_refused"
    assert "sk_live_wrong" not in str(caught.value)


def test_without_a_key_nothing_is_asked(payments: StripePayments) -> None:
    with pytest.raises(PermanentFailure, match="credentials_missing"):
        payments.fetch(Account("c3", "stripe", "acct_1", {}, {}), "pi_1")


@pytest.mark.parametrize(
    ("currency", "theirs", "ours"),
    [("jpy", 500, 500), ("kwd", 1230, 1230), ("isk", 500, 5), ("ugx", 12300, 123), ("mga", 7, 700), ("eur", 1, 1)],
)
def test_amounts_are_counted_in_each_currencys_own_units(
    running: Running, payments: StripePayments, account: Account, currency: str, theirs: int, ours: int
) -> None:
    reference = running.pay(theirs, currency)
    seen = payments.fetch(account, reference)
    assert seen is not None
    captured = payments.capture(account, asked(reference), Money(ours, currency.upper()))

    assert (seen.authorised, captured.captured) == (ours, ours)
    assert running.moves() == [("capture", theirs)]


def test_of_three_decimals_the_last_is_dropped(running: Running, payments: StripePayments, account: Account) -> None:
    payments.capture(account, asked(running.pay(1230, "kwd")), Money(1229, "KWD"))

    assert running.moves() == [("capture", 1220)]
