"""Shopify as a `bopis.ports.Platform`. Order, unit and location ids are Shopify's numbers as decimal digits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

from bopis.errors import EffectError, OutcomeUnknown, PermanentFailure
from bopis.ports import Account, AccountNews, Delivery, Location, OrderSnapshot, Trial
from integrations import http
from integrations.shopify import documents, failures, schemas, webhooks
from integrations.shopify.client import AdminClient
from integrations.shopify.orders import changed_orders, locations, read, read_order, read_unit
from integrations.shopify.subscriptions import ensure
from integrations.shopify.translate import order_snapshot

ALREADY_PREPARED = "NO_LINE_ITEMS_TO_PREPARE_FOR_FULFILLMENT_ORDER"


class ShopifyPlatform:
    """`base_url`, when given, stands in for every shop's `https://…` address.

    Of an account it reads name (`example.myshopify.com`), secrets `access_token`, `client_secret`,
    `previous_client_secret`, `store_webhook_key`, and the setting `country`.
    """

    def __init__(
        self, base_url: str = "", read_seconds: float = http.READ_SECONDS, app_secrets: Sequence[str] = ()
    ) -> None:
        self._client = AdminClient(base_url, read_seconds)
        self._app_secrets = tuple(app_secrets)

    def verify_for_app(self, headers: Mapping[str, str], body: bytes) -> tuple[str, Delivery]:
        """Check a webhook sent to the app's one address; the shop's domain comes first. Raises as `verify` does."""
        return webhooks.verify_for_app(headers, body, self._app_secrets)

    def verify(self, headers: Mapping[str, str], body: bytes, account: Account) -> Delivery:
        """Check a webhook and say what it is. Raises BadSignature or BadDelivery."""
        return webhooks.verify(headers, body, account, self._app_secrets)

    def order_of(self, delivery: Delivery, body: bytes) -> str | None:
        """The order id a webhook concerns, or None. Raises BadDelivery."""
        return webhooks.order_of(delivery.topic, body)

    def unit_of(self, delivery: Delivery, body: bytes) -> str | None:
        """The fulfilment order a webhook concerns, or None. Raises BadDelivery."""
        return webhooks.unit_of(delivery.topic, body)

    def account_news(self, account: Account, delivery: Delivery, body: bytes) -> AccountNews | None:
        """What a webhook says about the shop itself, or None. Raises BadDelivery."""
        return webhooks.account_news(delivery.topic, body, account.name)

    def order_of_unit(self, account: Account, unit_id: str) -> str | None:
        """The order a fulfilment order belongs to; None when Shopify has no such one. Raises the three."""
        found = self._client.query(
            account, documents.UNIT_ORDER, {"id": documents.gid("FulfillmentOrder", unit_id)}
        ).get("fulfillmentOrder")
        return None if found is None else str(read(schemas.UnitsOrder(), found, "fulfillmentOrder")["order_id"])

    def changed_since(self, account: Account, since: dt.datetime) -> Iterator[tuple[str, dt.datetime]]:
        """Orders changed since then, oldest change first, page by page as they are read. Raises the three."""
        return changed_orders(self._client, account, since)

    def ensure_subscriptions(self, account: Account, callback_url: str) -> list[str]:
        """Subscribe to every topic we follow that is missing at this address; says which. Raises the three."""
        return ensure(self._client, account, callback_url)

    def test_delivery(self, account: Account, callback_url: str, body: bytes) -> Trial:
        """Signed with the app's secret or the shop's own. Raises PermanentFailure."""
        return Trial(webhooks.signed(body, account, self._app_secrets))

    def fetch_order(self, account: Account, order_id: str) -> OrderSnapshot | None:
        """The order as it is now; None when Shopify has no such order. Raises the three effect errors."""
        order = read_order(self._client, account, order_id)
        return None if order is None else order_snapshot(order, account.settings.get("country", ""))

    def locations(self, account: Account) -> list[Location]:
        """Every active location of the shop. Raises the three."""
        return locations(self._client, account)

    def mark_ready(self, account: Account, unit_id: str) -> None:
        """Say that the goods wait: the whole fulfilment order is prepared for pickup. Raises the three effect errors.

        Shopify sends its own notification with the first call only; the second is refused as already prepared, which
        is how a repeat finds out.
        """
        if self._is_done(account, unit_id):
            return
        unit = {"fulfillmentOrderId": documents.gid("FulfillmentOrder", unit_id)}
        errors = self._client.mutate(
            account,
            documents.READY_FOR_PICKUP,
            {"input": {"lineItemsByFulfillmentOrder": [unit]}},
            "fulfillmentOrderLineItemsPreparedForPickup",
        )
        if errors and any(error.get("code") != ALREADY_PREPARED for error in errors):
            raise failures.of_user_errors(errors)

    def mark_collected(self, account: Account, unit_id: str) -> None:
        """Say that the goods were handed over: everything left of the fulfilment order is fulfilled.

        Raises the three effect errors; OutcomeUnknown only when a look afterwards does not show it done.
        """
        if self._is_done(account, unit_id):
            return
        unit = {"fulfillmentOrderId": documents.gid("FulfillmentOrder", unit_id)}
        fulfillment = {"lineItemsByFulfillmentOrder": [unit], "notifyCustomer": False}
        try:
            errors = self._client.mutate(
                account, documents.PICKED_UP, {"fulfillment": fulfillment}, "fulfillmentCreate"
            )
        except OutcomeUnknown:
            if self._looks_done(account, unit_id):
                return
            raise
        # Somebody at the shop's own pages may have been quicker between our look and our call.
        if errors and not self._looks_done(account, unit_id):
            raise failures.of_user_errors(errors)

    def mark_returned(self, account: Account, unit_id: str, key: str) -> None:
        """Put what is left of the fulfilment order back into stock, by a refund of its lines that moves no money.

        Raises the three effect errors. The key makes a repeat harmless, so an unknown outcome is asked for again.
        """
        unit = read_unit(self._client, account, unit_id)
        if unit is None or unit["status"] in ("CLOSED", "CANCELLED"):
            return  # its own cancelling restocked it
        where = (unit["assigned"] or {}).get("location") or {}
        place = {"locationId": documents.gid("Location", where["id"])} if where.get("id") else {}
        lines = [
            {
                "lineItemId": documents.gid("LineItem", (line["line_item"] or line)["id"]),
                "quantity": line["quantity"],
                "restockType": "CANCEL",
                **place,
            }
            for line in unit["lines"]["nodes"]
            if line["quantity"] > 0
        ]
        wanted = {
            "orderId": documents.gid("Order", unit["order_id"]),
            "notify": False,
            "note": "Not collected",
            "refundLineItems": lines,
        }
        errors = self._client.mutate(account, documents.BACK_IN_STOCK, {"input": wanted, "key": key}, "refundCreate")
        if errors and not self._looks_done(account, unit_id):
            raise failures.of_user_errors(errors)

    def _looks_done(self, account: Account, unit_id: str) -> bool:
        """Whether a look now shows it done; a look that fails shows nothing."""
        try:
            return self._is_done(account, unit_id)
        except EffectError:
            return False

    def _is_done(self, account: Account, unit_id: str) -> bool:
        """Whether nothing is left of the unit. Raises PermanentFailure when it is gone or called off."""
        found = self._client.query(
            account, documents.UNIT_STATUS, {"id": documents.gid("FulfillmentOrder", unit_id)}
        ).get("fulfillmentOrder")
        if found is None:
            raise PermanentFailure("unit_not_found", "Shopify has no such fulfilment order")
        status = read(schemas.UnitState(), found, "fulfillmentOrder")["status"]
        if status == "CANCELLED":
            raise PermanentFailure("unit_cancelled", "the fulfilment order was cancelled")
        return status == "CLOSED"
