from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest

from bopis.ports import Account, BadDelivery, BadSignature, Ping
from integrations.woocommerce.webhooks import order_of, verify
from tests.integrations.woocommerce.payloads import ACCOUNT, SECRET, order, signed

BODY = json.dumps(order()).encode()


def test_a_signed_order_is_a_delivery_named_by_its_content() -> None:
    delivery = verify(signed(BODY), BODY, ACCOUNT)
    assert (delivery.topic, delivery.subject, delivery.is_thin) == ("order.updated", "727", False)
    assert delivery.occurred_at == dt.datetime(2026, 11, 22, 12, 28, 8, tzinfo=dt.UTC)
    again = verify({**signed(BODY), "x-wc-webhook-delivery-id": "another"}, BODY, ACCOUNT)
    assert again.delivery_id == delivery.delivery_id
    assert order_of(delivery.topic, BODY) == "727"


def test_one_body_under_two_topics_is_two_deliveries() -> None:
    topics = ("order.created", "order.updated")
    assert len({verify(signed(BODY, topic), BODY, ACCOUNT).delivery_id for topic in topics}) == 2


def test_a_deletion_says_its_id_alone_so_its_delivery_is_named_by_the_shop() -> None:
    body = b'{"id":727}'
    headers = signed(body, "order.deleted")
    first = verify(headers, body, ACCOUNT)
    second = verify({**headers, "x-wc-webhook-delivery-id": "0" * 32}, body, ACCOUNT)
    assert (first.is_thin, first.subject, order_of(first.topic, body)) == (True, "727", "727")
    assert first.delivery_id != second.delivery_id


def test_a_ping_is_told_from_news_and_proves_nothing() -> None:
    with pytest.raises(Ping):
        verify({"user-agent": "WooCommerce/10.3.0 Hookshot (WordPress/6.8.1)"}, b"webhook_id=11", ACCOUNT)


@pytest.mark.parametrize("body", [b"", b"webhook_id=", b"webhook_id=11&x=1", b"webhook_id=11\n", b"x=webhook_id=11"])
def test_what_is_like_a_ping_and_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(BadSignature):
        verify({}, body, ACCOUNT)


@pytest.mark.parametrize("signature", ["", "AAAA", "no base64!", "é", signed(BODY + b" ")["x-wc-webhook-signature"]])
def test_without_our_secret_nobody_signs(signature: str) -> None:
    with pytest.raises(BadSignature):
        verify({**signed(BODY), "x-wc-webhook-signature": signature}, BODY, ACCOUNT)


def test_a_connection_without_a_secret_believes_nobody_since_a_shop_without_one_signs_with_none() -> None:
    with pytest.raises(BadSignature):
        verify(signed(BODY, secret=""), BODY, replace(ACCOUNT, secrets={"webhook_secret": ""}))


def test_the_secret_it_replaced_is_good_for_as_long_as_it_is_kept() -> None:
    account = replace(ACCOUNT, secrets={"webhook_secret": "new", "previous_webhook_secret": SECRET})
    assert verify(signed(BODY), BODY, account).subject == "727"


def test_a_signed_body_without_a_topic_is_refused() -> None:
    with pytest.raises(BadDelivery, match="Topic"):
        verify({**signed(BODY), "x-wc-webhook-topic": "?"}, BODY, ACCOUNT)


@pytest.mark.parametrize("topic", ["product.updated", "action.woocommerce_add_to_cart", "customer.created"])
def test_what_is_not_about_an_order_names_none(topic: str) -> None:
    body = b'{"id":18,"date_modified_gmt":null}'
    delivery = verify(signed(body, topic), body, ACCOUNT)
    assert (delivery.subject, delivery.occurred_at, order_of(topic, body)) == ("18", None, None)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id":0}', b'{"id":true}', b'{"id":"7x"}', b"\xff", b"[" * 9000])
def test_news_of_an_order_that_name_none_are_kept_and_cannot_be_read(body: bytes) -> None:
    delivery = verify(signed(body), body, ACCOUNT)
    assert delivery.subject == ""
    with pytest.raises(BadDelivery):
        order_of("order.updated", body)


def test_an_account_shows_no_secret() -> None:
    assert SECRET not in repr(Account("c", "woocommerce", "x.example.com", {"webhook_secret": SECRET}, {}))
