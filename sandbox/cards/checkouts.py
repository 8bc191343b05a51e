"""Checkout Sessions: pages on which a pretend shopper pays, by the rules Stripe publishes for them.

Source: docs.stripe.com/api/checkout/sessions (create, expire).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import Any

from sandbox.cards.objects import intent
from sandbox.cards.processor import CardError, Payment, Processor

SHORTEST, LONGEST = dt.timedelta(minutes=30), dt.timedelta(hours=24)
_SLACK = dt.timedelta(seconds=5)
_LEAST = {"usd": 50, "eur": 50, "gbp": 30, "jpy": 50, "kwd": 150}
_MOST = 99_999_999
_URL = re.compile(r"https?://[^\s]{3,5000}")
_LOCALES = (
    "auto bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR ro ru sk"
    " sl sv th tr vi zh zh-HK zh-TW"
)
_KNOWN = re.compile(
    r"mode|client_reference_id|success_url|cancel_url|expires_at|locale|metadata\[\w{1,40}\]"
    r"|payment_intent_data\[(capture_method|metadata\]\[\w{1,40})\]|expand\[\d+\]"
    r"|line_items\[\d{1,2}\]\[(quantity|price_data\]\[(currency|unit_amount|product_data\]\[name))\]"
)
_ITEM = re.compile(r"line_items\[(\d+)\]\[(?:price_data\]\[)?(?:product_data\]\[)?(\w+)\]")


@dataclass
class Checkout:
    """One session. `items`: words and amount of each line."""

    id: str
    items: list[tuple[str, int]]
    currency: str
    form: dict[str, str]
    expires_at: dt.datetime
    created: int
    status: str = "open"
    payment: Payment | None = None
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(amount for _, amount in self.items)


class Checkouts:
    """The sessions of one account."""

    def __init__(self, processor: Processor) -> None:
        self.processor = processor
        self._sessions: dict[str, Checkout] = {}

    def create(self, form: dict[str, str]) -> Checkout:
        """Open a session. Raises CardError."""
        with self.processor.lock:
            now = self.processor.now()
            items, currency = _items(form)
            made = Checkout(
                self.processor.new_id("cs_test"), items, currency, form, _checked(form, now), int(now.timestamp())
            )
            _check_amount(currency, made.total)
            made.notes = _notes(form, "metadata")
            self._sessions[made.id] = made
            return made

    def one(self, session_id: str) -> Checkout:
        """A session as it is now. Raises CardError."""
        with self.processor.lock:
            found = self._sessions.get(session_id)
            if found is None:
                raise CardError("resource_missing", f"No such checkout.session: '{session_id}'", 404)
            if found.status == "open" and found.expires_at <= self.processor.now():
                self._end(found)
            return found

    def all(self) -> list[Checkout]:
        """Every session, oldest first."""
        return [self.one(each) for each in list(self._sessions)]

    def expire(self, session_id: str) -> Checkout:
        """End a session before anybody pays. Raises CardError."""
        with self.processor.lock:
            found = self.one(session_id)
            if found.status != "open":
                said = f'Only Checkout Sessions with a status in ["open"] can be expired. This is {found.status}.'
                raise CardError("", said)
            self._end(found)
            return found

    def pay(self, session_id: str) -> Checkout:
        """The shopper pays: the card is authorised, or charged at once. Raises CardError."""
        with self.processor.lock:
            found = self.one(session_id)
            if found.status != "open":
                raise CardError("", f"This page is {found.status}.")
            found.status = "complete"
            found.payment = self.processor.authorise(
                found.total, found.currency, _notes(found.form, "payment_intent_data[metadata]")
            )
            if found.form.get("payment_intent_data[capture_method]") != "manual":
                self.processor.capture(found.payment.id, None)
            self.processor.events.tell("checkout.session.completed", written(found))
            return found

    def _end(self, session: Checkout) -> None:
        session.status = "expired"
        self.processor.events.tell("checkout.session.expired", written(session))


def written(session: Checkout, base_url: str = "", *, expanded: bool = False) -> dict[str, Any]:
    """A session as the API writes it; the page's address only while something can be paid there."""
    paid = session.payment
    about = intent(paid, expanded=True) if paid and expanded else paid.id if paid else None
    return {
        "id": session.id,
        "object": "checkout.session",
        "amount_total": session.total,
        "cancel_url": session.form.get("cancel_url"),
        "client_reference_id": session.form.get("client_reference_id"),
        "created": session.created,
        "currency": session.currency,
        "expires_at": int(session.expires_at.timestamp()),
        "livemode": False,
        "metadata": session.notes,
        "mode": "payment",
        "payment_intent": about,
        # What is only authorised is not in the account yet.
        "payment_status": "paid" if paid and paid.status == "succeeded" else "unpaid",
        "status": session.status,
        "success_url": session.form["success_url"],
        "url": f"{base_url}/cards/pay/{session.id}" if session.status == "open" else None,
    }


def _checked(form: dict[str, str], now: dt.datetime) -> dt.datetime:
    for name in form:
        if not _KNOWN.fullmatch(name):
            raise CardError("parameter_unknown", f"Received unknown parameter: {name}")
    if form.get("mode") != "payment":
        raise CardError("parameter_missing", "Missing required param: mode.")
    if not _URL.fullmatch(form.get("success_url", "")) or not _URL.fullmatch(form.get("cancel_url", "http://none")):
        raise CardError("url_invalid", "Not a valid URL")
    if len(form.get("client_reference_id", "")) > 200 or any(
        len(form[name]) > 500 for name in form if "metadata" in name
    ):
        raise CardError("parameter_invalid_string_length", "Too long.")
    if form.get("locale", "auto") not in _LOCALES.split():
        raise CardError("", "Invalid locale")
    if form.get("payment_intent_data[capture_method]", "automatic_async") not in (
        "automatic_async",
        "automatic",
        "manual",
    ):
        raise CardError("", "Invalid capture_method")
    text = form.get("expires_at", str(int((now + LONGEST).timestamp())))
    if not text.isascii() or not text.isdigit():
        raise CardError("parameter_invalid_integer", "Invalid integer: expires_at")
    expires_at = dt.datetime.fromtimestamp(int(text), dt.UTC)
    if not now + SHORTEST - _SLACK <= expires_at <= now + LONGEST + _SLACK:
        raise CardError("", "The `expires_at` timestamp must be between 30 minutes and 24 hours from now.")
    return expires_at


def _items(form: dict[str, str]) -> tuple[list[tuple[str, int]], str]:
    rows: dict[str, dict[str, str]] = {}
    for name, value in form.items():
        said = _ITEM.fullmatch(name)
        if said:
            rows.setdefault(said[1], {})[said[2]] = value
    if not rows:
        raise CardError("parameter_missing", "Missing required param: line_items.")
    for row in rows.values():
        if any(not row.get(name) for name in ("currency", "unit_amount", "name", "quantity")):
            raise CardError("parameter_missing", "Each line needs quantity, price_data and product_data.")
        if not row["unit_amount"].isascii() or not row["unit_amount"].isdigit() or not row["quantity"].isdigit():
            raise CardError("parameter_invalid_integer", "Invalid non-negative integer: unit_amount")
    currencies = {row["currency"] for row in rows.values()}
    if len(currencies) > 1 or not re.fullmatch("[a-z]{3}", next(iter(currencies))):
        raise CardError("", "All line items must have one currency.")
    return [(row["name"], int(row["unit_amount"]) * int(row["quantity"])) for row in rows.values()], currencies.pop()


def _check_amount(currency: str, total: int) -> None:
    if total < _LEAST.get(currency, 1):
        raise CardError("amount_too_small", "The Checkout Session's total amount must be at least the minimum.")
    if total > _MOST:
        raise CardError("amount_too_large", "Amount must be no more than 99999999.")
    if currency in ("bhd", "jod", "kwd", "omr", "tnd") and total % 10:
        raise CardError("", "Three-decimal amounts must end in zero.")


def _notes(form: dict[str, str], of: str) -> dict[str, str]:
    """The metadata under a name, such as `payment_intent_data[metadata]`."""
    name = re.compile(re.escape(of) + r"\[(\w+)\]")
    return {said[1]: value for given, value in form.items() if (said := name.fullmatch(given))}
