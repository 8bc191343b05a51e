"""The webhooks we want, and what is done when some are missing: Shopify deletes one after eight failures in a row."""

from __future__ import annotations

from bopis.ports import Account
from integrations.shopify import documents, failures, schemas
from integrations.shopify.client import AdminClient
from integrations.shopify.orders import read

TOPICS = (
    "orders/create",
    "orders/paid",
    "orders/updated",
    "orders/edited",
    "orders/cancelled",
    "orders/delete",
    "refunds/create",
    "fulfillment_orders/order_routing_complete",
    "fulfillment_orders/moved",
    "fulfillment_orders/split",
    "fulfillment_orders/merged",
    "fulfillment_orders/cancelled",
    "fulfillment_orders/placed_on_hold",
    "fulfillment_orders/hold_released",
    "fulfillment_orders/rescheduled",
    "fulfillment_orders/scheduled_fulfillment_order_ready",
    "app/uninstalled",
)
_MOST_PAGES = 20
_TAKEN = "already been taken"


def ensure(client: AdminClient, account: Account, callback_url: str) -> list[str]:
    """Subscribe this address to every one of TOPICS that is not; returns those. Raises the three effect errors."""
    there = _subscribed(client, account, callback_url)
    created = []
    for topic in TOPICS:
        if _enum(topic) not in there and _subscribe(client, account, topic, callback_url):
            created.append(topic)
    return created


def _subscribed(client: AdminClient, account: Account, callback_url: str) -> set[str]:
    topics: set[str] = set()
    after = None
    for _ in range(_MOST_PAGES):
        found = client.query(account, documents.SUBSCRIPTIONS, {"after": after}).get("webhookSubscriptions")
        page = read(schemas.SubscribedTopics(), found, "webhookSubscriptions")
        topics |= {node["topic"] for node in page["nodes"] if node["uri"] == callback_url}
        after = page["page"]["cursor"] if page["page"]["more"] else None
        if after is None:
            break
    return topics


def _subscribe(client: AdminClient, account: Account, topic: str, callback_url: str) -> bool:
    variables = {"topic": _enum(topic), "subscription": {"uri": callback_url, "format": "JSON"}}
    errors = client.mutate(account, documents.SUBSCRIBE, variables, "webhookSubscriptionCreate")
    if errors and all(_TAKEN in str(error.get("message", "")) for error in errors):
        return False  # another worker of ours was quicker
    if errors:
        raise failures.of_user_errors(errors)
    return True


def _enum(topic: str) -> str:
    return topic.replace("/", "_").upper()
