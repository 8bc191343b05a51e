"""Shopify as a `bopis.ports.Platform`. Order, unit and location ids are Shopify's numbers as decimal digits."""

from __future__ import annotations

from collections.abc import Mapping

from bopis.errors import EffectError, OutcomeUnknown, PermanentFailure
from bopis.ports import Account, Delivery, OrderSnapshot
from integrations import http
from integrations.shopify import documents, failures, schemas, webhooks
from integrations.shopify.client import AdminClient
from integrations.shopify.orders import read, read_order
from integrations.shopify.translate import order_snapshot

ALREADY_PREPARED = "NO_LINE_ITEMS_TO_PREPARE_FOR_FULFILLMENT_ORDER"


class ShopifyPlatform:
    """`base_url`, when given, stands in for every shop's `https://…` address.

    Of an account it reads name (`example.myshopify.com`), secrets `access_token`, `client_secret`,
    `previous_client_secret`, `store_webhook_key`, and the setting `country`.
    """

    def __init__(self, base_url: str = "", read_seconds: float = http.READ_SECONDS) -> None:
        self._client = AdminClient(base_url, read_seconds)

    def verify(self, headers: Mapping[str, str], body: bytes, account: Account) -> Delivery:
        """Check a webhook and say what it is. Raises BadSignature or BadDelivery."""
        return webhooks.verify(headers, body, account)

    def order_of(self, delivery: Delivery, body: bytes) -> str | None:
        """The order id a webhook concerns, or None. Raises BadDelivery."""
        return webhooks.order_of(delivery.topic, body)

    def fetch_order(self, account: Account, order_id: str) -> OrderSnapshot | None:
        """The order as it is now; None when Shopify has no such order. Raises the three effect errors."""
        order = read_order(self._client, account, order_id)
        return None if order is None else order_snapshot(order, account.settings.get("country", ""))

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
