"""What a shopper's page says about money."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bopis.payments import checkouts, dues, fees, rules_fee
from bopis.payments.rules_amounts import for_shopper, written
from bopis.pickups.models import Pickup
from bopis.stores.times import in_store

CHECKED_FOR = dt.timedelta(minutes=3)
"""So long after coming back a shopper is told that we are still looking."""


@dataclass(frozen=True)
class Bill:
    """`pay` is what is to be paid now, empty for nothing; `parts` what it is made of, where that is more than one;
    `checking`: the shopper came back from paying and we have not heard; `storage`: what keeping it costs, in words."""

    pay: str = ""
    parts: tuple[tuple[str, str], ...] = ()
    checking: bool = False
    storage: str = ""
    counter: str = ""
    """What is to be paid at the counter, since nobody takes money here any more."""
    later: str = ""
    """What is to be paid once the order is ready."""


def bill(session: Session, pickup: Pickup, now: dt.datetime) -> Bill:
    """The bill of a pickup as of now."""
    keeping = storage(pickup, now)
    owed = dues.owed(session, pickup) if pickup.is_unpaid() else None
    if owed is None:
        return Bill(storage=keeping)
    if pickup.state != "ready":
        coming = pickup.state in ("waiting", "reserved")
        return Bill(later=for_shopper(owed.amount, owed.currency) if coming else "")
    if not owed.account:
        return Bill(counter=for_shopper(owed.amount, owed.currency), storage=keeping)
    page = checkouts.live(session, pickup.order_id)
    checking = page is not None and page.returned_at is not None and now - CHECKED_FOR < page.returned_at <= now
    named = (("Your order", owed.goods), ("Storage", owed.fee))
    parts = tuple((words, for_shopper(amount, owed.currency)) for words, amount in named if amount)
    return Bill(for_shopper(owed.amount, owed.currency), parts if owed.fee else (), checking, keeping)


def to_be_paid(session: Session, pickup: Pickup) -> str:
    """What is to be paid before the code opens anything, for a message; empty for nothing."""
    owed = dues.owed(session, pickup) if pickup.is_unpaid() else None
    return owed.written() if owed else ""


def fee_in_a_message(pickup: Pickup, now: dt.datetime) -> str:
    """`storage` in letters that every phone has."""
    return storage(pickup, now, written)


def storage(pickup: Pickup, now: dt.datetime, amount_in_words: Callable[[int, str], str] = for_shopper) -> str:
    """What keeping it costs and from when on, in words; empty where that is nothing."""
    terms = fees.terms_of(pickup)
    if terms is None or not fees.counts(pickup):
        return ""
    assert pickup.ready_at is not None and pickup.hold_until is not None and pickup.store is not None
    begins = rules_fee.begins(terms, pickup.ready_at, fees.reachable_of(pickup))
    if begins >= pickup.hold_until:
        return ""
    costs = amount_in_words(terms.amount, terms.currency)
    costs += " once" if terms.per == "once" else " for each day begun"
    if terms.cap and terms.per == "day":
        costs += f", {amount_in_words(terms.cap, terms.currency)} at most"
    when = in_store(begins, pickup.store.time_zone)
    return (
        f"Free until {when}. After that, keeping it costs {costs}."
        if now < begins
        else f"It was free until {when}. Since then, keeping it costs {costs}."
    )
