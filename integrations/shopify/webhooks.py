"""Shopify's webhooks: prove who sent one, say what it is about. No I/O.

The signature covers the raw body alone; headers are the sender's word. That is enough, since news only makes us fetch
the order again, but it is why deliveries are told apart by content too.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shopify.utils.shop_url import sanitize_shop_domain

from bopis.ports import Account, AccountNews, BadDelivery, BadSignature, Delivery
from integrations.payloads import check_hmac, hmac_of, json_object
from integrations.shopify import schemas

SECRETS = ("client_secret", "previous_client_secret", "store_webhook_key")
"""The app's secret, the one it replaced (in use for up to an hour), and the key of webhooks made by hand."""

_UNIT_GID = re.compile("gid://shopify/FulfillmentOrder/([0-9]{1,20})")
_DEEPEST = 6
_TOPIC = re.compile(r"[a-z_]{1,40}/[a-z_]{1,60}")
# Shopify writes an order's id first. To read it there saves most of what a delivery costs us besides its storage.
_FIRST_ID = re.compile(rb'\{"id": ?([1-9][0-9]{0,19})[,}]')
_BEYOND_MICROSECONDS = re.compile(r"(?<=\.\d{6})\d+")
_WEBHOOK_ID = re.compile(r"[\x21-\x7e]{1,100}")


def verify_for_app(
    headers: Mapping[str, str], body: bytes, secrets: Sequence[str], prefix: str = "X-Shopify-"
) -> tuple[str, Delivery]:
    """`verify` with the app's secrets alone; the shop's domain, made safe, comes first. Raises the same."""
    given = {name.lower(): value for name, value in headers.items()}
    check_hmac(given.get(prefix.lower() + "hmac-sha256", ""), body, secrets)
    shop = sanitize_shop_domain(given.get(prefix.lower() + "shop-domain", ""))
    if not shop:
        raise BadDelivery(f"{prefix}Shop-Domain")
    return shop, _delivery(given, body, prefix)


def verify(
    headers: Mapping[str, str],
    body: bytes,
    account: Account,
    app_secrets: Sequence[str] = (),
    prefix: str = "X-Shopify-",
) -> Delivery:
    """Check the raw body's signature and the shop, and read the headers; `prefix` is how their names begin.

    A body that cannot be read is still a delivery, with no subject: it is kept as evidence and buried later, because a
    refusal would be tried eight times and then cost the subscription. Raises BadSignature, or BadDelivery when the
    topic is missing. Source: shopify.dev, "Verify webhook deliveries".
    """
    given = {name.lower(): value for name, value in headers.items()}
    own = [account.secrets[name] for name in SECRETS if account.secrets.get(name)]
    check_hmac(given.get(prefix.lower() + "hmac-sha256", ""), body, [*own, *app_secrets])
    if given.get(prefix.lower() + "shop-domain", "").strip().lower() != account.name.lower():
        raise BadSignature("the delivery is another shop's")
    return _delivery(given, body, prefix)


def signed(body: bytes, account: Account, app_secrets: Sequence[str] = ()) -> dict[str, str]:
    """What Shopify writes above a webhook of this shop's. Raises PermanentFailure without a secret to sign with."""
    own = account.secrets
    secrets = [own.get("client_secret", ""), *app_secrets[:1], own.get("store_webhook_key", "")]
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": "lockers/test",
        "X-Shopify-Hmac-Sha256": hmac_of(body, secrets),
        "X-Shopify-Shop-Domain": account.name,
        "X-Shopify-Test": "true",
    }


def _delivery(given: Mapping[str, str], body: bytes, prefix: str) -> Delivery:
    start = prefix.lower()
    topic = given.get(start + "topic", "").strip()
    if not _TOPIC.fullmatch(topic):
        raise BadDelivery(f"{prefix}Topic")
    webhook_id = given.get(start + "webhook-id", "").strip()
    if not _WEBHOOK_ID.fullmatch(webhook_id):
        webhook_id = "sha256:" + hashlib.sha256(topic.encode() + b"\n" + body).hexdigest()
    occurred_at = _moment(given.get(start + "triggered-at", ""))
    # An order held and released twice sends the same few words twice.
    is_thin = topic.startswith("fulfillment_orders/")
    return Delivery(webhook_id, topic, _subject(topic, body), occurred_at, is_thin)


def _subject(topic: str, body: bytes) -> str:
    first = _FIRST_ID.match(body) if topic.startswith("orders/") and topic != "orders/edited" else None
    if first:
        return first[1].decode()
    try:
        return order_of(topic, body) or str(json_object(body).get("id") or "")[:100]
    except BadDelivery:
        return ""


def order_of(topic: str, body: bytes) -> str | None:
    """The order a delivery concerns, as decimal digits, or None. Raises BadDelivery naming the missing field."""
    payload: Any = json_object(body)
    path = _way_to_order(topic)
    if not path:
        return _order_of_unit(payload) if topic.startswith("fulfillment_orders/") else None
    for number, name in enumerate(path, 1):
        payload = payload.get(name) if isinstance(payload, dict) else None
        if payload is None:
            raise BadDelivery(f"{topic}: {'.'.join(path[:number])}")
    found = schemas.digits(payload)
    if found is None:
        raise BadDelivery(f"{topic}: {'.'.join(path)}")
    return found


def _way_to_order(topic: str) -> tuple[str, ...]:
    """Where the order's id stands; read by hand, since a schema for one field costs more than to parse the body."""
    if topic == "orders/edited":
        return ("order_edit", "order_id")
    if topic.startswith("orders/"):
        return ("id",)
    if topic == "refunds/create" or topic.startswith(("fulfillments/", "order_transactions/")):
        return ("order_id",)
    return ()


def _order_of_unit(payload: dict[str, object]) -> str | None:
    """Most news of fulfilment orders carry their own ids only."""
    parts = [part for part in (payload, *payload.values()) if isinstance(part, dict)]
    return next((found for part in parts if (found := schemas.digits(part.get("order_id")))), None)


def unit_of(topic: str, body: bytes) -> str | None:
    """The first fulfilment order that news of fulfilment orders name, as decimal digits. Raises BadDelivery."""
    if not topic.startswith("fulfillment_orders/"):
        return None
    found = next(_unit_gids(json_object(body)), None)
    if found is None:
        raise BadDelivery(f"{topic}: fulfillment_order.id")
    return found


def account_news(topic: str, body: bytes, account_name: str) -> AccountNews | None:
    """What a delivery says about the shop itself, or of a shopper's rights. Raises BadDelivery."""
    kind = _ACCOUNT_NEWS.get(topic)
    if kind is None:
        return None
    payload = json_object(body)
    # The header that names the shop is not signed; the body is.
    said = payload.get("shop_domain") or payload.get("myshopify_domain") or payload.get("domain")
    if str(said or "").lower() != account_name.lower():
        raise BadDelivery(f"{topic}: the shop's domain")
    ids = payload.get("orders_requested") or payload.get("orders_to_redact") or []
    if not isinstance(ids, list):
        raise BadDelivery(f"{topic}: the list of orders")
    return AccountNews(kind, tuple(str(order_id) for order_id in ids if str(order_id).isdigit()))


_ACCOUNT_NEWS = {
    "app/uninstalled": "uninstalled",
    "customers/data_request": "data_request",
    "customers/redact": "erase_orders",
    "shop/redact": "erase_account",
}


def _unit_gids(part: object, depth: int = 0) -> Iterator[str]:
    if isinstance(part, str):
        found = _UNIT_GID.fullmatch(part)
        if found:
            yield found[1]
    elif isinstance(part, (dict, list)) and depth < _DEEPEST:
        for each in part.values() if isinstance(part, dict) else part:
            yield from _unit_gids(each, depth + 1)


def _moment(text: str) -> dt.datetime | None:
    """RFC 3339 with nanoseconds, as Shopify writes it; None when it is missing or junk, since nothing hangs on it."""
    try:
        moment = dt.datetime.fromisoformat(_BEYOND_MICROSECONDS.sub("", text.strip()))
    except ValueError:
        return None
    return moment.astimezone(dt.UTC) if moment.tzinfo else None
