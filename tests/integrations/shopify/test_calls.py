"""Every call to Shopify: the request built, the address called, the answer read, the refusal read."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
import responses

from bopis.errors import EffectError, OutcomeUnknown, PermanentFailure, TemporaryFailure
from bopis.ports import Account
from integrations.shopify import ShopifyPlatform
from tests.integrations.shopify.payloads import GRAPHQL_URL, ORDER_ID, UNIT_ID, gid, line, order, page, unit
from tests.sandbox.running import TOKEN

PLATFORM = ShopifyPlatform()


@pytest.fixture
def shopify() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def answers(mock: responses.RequestsMock, *datas: Any, **more: Any) -> None:
    """The vendor answers these `data` one after the other."""
    for data in datas:
        mock.post(GRAPHQL_URL, json={"data": data, **more})


def asked(mock: responses.RequestsMock, number: int = 0) -> dict[str, Any]:
    return dict(json.loads(mock.calls[number].request.body))


def status(word: str) -> dict[str, Any]:
    return {"fulfillmentOrder": {"id": gid("FulfillmentOrder", UNIT_ID), "status": word}}


def prepared(*errors: dict[str, Any]) -> dict[str, Any]:
    return {"fulfillmentOrderLineItemsPreparedForPickup": {"userErrors": list(errors)}}


def fulfilled(*errors: dict[str, Any]) -> dict[str, Any]:
    return {"fulfillmentCreate": {"fulfillment": None, "userErrors": list(errors)}}


# The address and the credentials


def test_the_shops_own_address_is_called_with_the_pinned_version_and_token(
    shop: Account, shopify: responses.RequestsMock
) -> None:
    answers(shopify, {"order": order(unit())})
    PLATFORM.fetch_order(shop, ORDER_ID)

    request = shopify.calls[0].request
    assert request.url == "https://example.myshopify.com/admin/api/2026-10/graphql.json"
    assert request.headers["X-Shopify-Access-Token"] == TOKEN
    assert request.headers["Content-Type"] == "application/json"


def test_another_base_replaces_the_shops_address_and_keeps_the_path(
    shop: Account, shopify: responses.RequestsMock
) -> None:
    shopify.post("http://127.0.0.1:9/admin/api/2026-10/graphql.json", json={"data": {"order": None}})

    assert ShopifyPlatform("http://127.0.0.1:9/").fetch_order(shop, ORDER_ID) is None


@pytest.mark.parametrize(
    "name", ["", "example.com", "example.myshopify.com.evil.example", "evil.example/x.myshopify.com"]
)
def test_a_name_that_is_no_shop_is_never_called(shop: Account, name: str) -> None:
    with pytest.raises(PermanentFailure) as failure:
        PLATFORM.fetch_order(replace(shop, name=name), ORDER_ID)

    assert failure.value.code == "bad_shop"


# Fetching an order


def test_fetching_asks_for_the_order_by_its_global_id(shop: Account, shopify: responses.RequestsMock) -> None:
    answers(shopify, {"order": order(unit())})
    PLATFORM.fetch_order(shop, ORDER_ID)

    assert asked(shopify)["variables"] == {"id": f"gid://shopify/Order/{ORDER_ID}", "first": 5, "after": None}


def test_fetching_reads_the_order(shop: Account, shopify: responses.RequestsMock) -> None:
    answers(shopify, {"order": order(unit())})
    snapshot = PLATFORM.fetch_order(shop, ORDER_ID)

    assert snapshot is not None
    assert (snapshot.order_id, snapshot.units[0].unit_id) == (ORDER_ID, UNIT_ID)


def test_there_may_be_no_such_order(shop: Account, shopify: responses.RequestsMock) -> None:
    answers(shopify, {"order": None})

    assert PLATFORM.fetch_order(shop, ORDER_ID) is None


def test_units_on_further_pages_are_fetched(shop: Account, shopify: responses.RequestsMock) -> None:
    answers(shopify, {"order": order(unit("1"), cursor="next")}, {"order": order(unit("2"))})
    snapshot = PLATFORM.fetch_order(shop, ORDER_ID)

    assert snapshot is not None
    assert [each.unit_id for each in snapshot.units] == ["1", "2"]
    assert asked(shopify, 1)["variables"]["after"] == "next"


def test_lines_on_further_pages_are_fetched(shop: Account, shopify: responses.RequestsMock) -> None:
    answers(
        shopify,
        {"order": order(unit(lines=page([line(1)], "next")))},
        {"fulfillmentOrder": {"lineItems": page([line(2)], "last")}},
        {"fulfillmentOrder": {"lineItems": page([line(3)])}},
    )
    snapshot = PLATFORM.fetch_order(shop, ORDER_ID)

    assert snapshot is not None
    assert [each.line_id for each in snapshot.units[0].lines] == ["8001", "8002", "8003"]
    assert asked(shopify, 2)["variables"] == {"id": gid("FulfillmentOrder", UNIT_ID), "after": "last"}


def test_pages_without_end_are_given_up(shop: Account, shopify: responses.RequestsMock) -> None:
    answers(shopify, {"order": order(unit("1"), cursor="again")})

    with pytest.raises(PermanentFailure) as failure:
        PLATFORM.fetch_order(shop, ORDER_ID)

    assert failure.value.code == "order_too_large"


def test_without_leave_to_read_the_customer_the_order_is_still_read(
    shop: Account, shopify: responses.RequestsMock
) -> None:
    denied = {"message": "Access denied", "path": ["order", "customer"], "extensions": {"code": "ACCESS_DENIED"}}
    answers(shopify, {"order": order(unit())}, errors=[denied])

    assert PLATFORM.fetch_order(shop, ORDER_ID) is not None


def test_without_leave_to_read_orders_nothing_is_taken_for_missing(
    shop: Account, shopify: responses.RequestsMock
) -> None:
    denied = {"message": "Access denied", "path": ["order"], "extensions": {"code": "ACCESS_DENIED"}}
    answers(shopify, {"order": None}, errors=[denied])

    with pytest.raises(PermanentFailure) as failure:
        PLATFORM.fetch_order(shop, ORDER_ID)

    assert failure.value.code == "access_denied"


def test_an_answer_that_lacks_a_field_names_it(shop: Account, shopify: responses.RequestsMock) -> None:
    answers(shopify, {"order": order(unit(status=None))})

    with pytest.raises(PermanentFailure) as failure:
        PLATFORM.fetch_order(shop, ORDER_ID)

    assert failure.value.code == "unexpected_answer"
    assert "order.fulfillmentOrders.nodes.0.status" in failure.value.message


# Marking ready


def test_marking_ready_prepares_the_whole_unit(shop: Account, shopify: responses.RequestsMock) -> None:
    answers(shopify, status("OPEN"), prepared())
    PLATFORM.mark_ready(shop, UNIT_ID)

    assert "fulfillmentOrderLineItemsPreparedForPickup(input: $input)" in asked(shopify, 1)["query"]
    assert asked(shopify, 1)["variables"] == {
        "input": {"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": gid("FulfillmentOrder", UNIT_ID)}]}
    }


def test_marking_ready_what_is_prepared_already_is_done(shop: Account, shopify: responses.RequestsMock) -> None:
    answers(
        shopify,
        status("OPEN"),
        prepared({"field": None, "message": "None", "code": "NO_LINE_ITEMS_TO_PREPARE_FOR_FULFILLMENT_ORDER"}),
    )

    PLATFORM.mark_ready(shop, UNIT_ID)


def test_marking_ready_what_was_handed_over_asks_for_nothing(shop: Account, shopify: responses.RequestsMock) -> None:
    answers(shopify, status("CLOSED"))
    PLATFORM.mark_ready(shop, UNIT_ID)

    assert len(shopify.calls) == 1


def test_a_refusal_to_prepare_keeps_shopifys_code(shop: Account, shopify: responses.RequestsMock) -> None:
    answers(
        shopify,
        status("OPEN"),
        prepared(
            {"field": ["input"], "message": "Unit 950982911946154001 is bad", "code": "FULFILLMENT_ORDER_INVALID"}
        ),
    )
    with pytest.raises(PermanentFailure) as failure:
        PLATFORM.mark_ready(shop, UNIT_ID)

    assert (failure.value.code, failure.value.message) == ("fulfillment_order_invalid", "Unit … is bad")


# Marking collected


def test_marking_collected_fulfils_all_that_is_left_without_a_mail(
    shop: Account, shopify: responses.RequestsMock
) -> None:
    answers(shopify, status("OPEN"), fulfilled())
    PLATFORM.mark_collected(shop, UNIT_ID)

    assert "fulfillmentCreate(fulfillment: $fulfillment)" in asked(shopify, 1)["query"]
    assert asked(shopify, 1)["variables"] == {
        "fulfillment": {
            "lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": gid("FulfillmentOrder", UNIT_ID)}],
            "notifyCustomer": False,
        }
    }


def test_marking_collected_what_is_closed_asks_for_nothing(shop: Account, shopify: responses.RequestsMock) -> None:
    answers(shopify, status("CLOSED"))
    PLATFORM.mark_collected(shop, UNIT_ID)

    assert len(shopify.calls) == 1


def test_a_refusal_to_fulfil_is_a_matter_for_a_person(shop: Account, shopify: responses.RequestsMock) -> None:
    answers(shopify, status("OPEN"), fulfilled({"field": ["fulfillment"], "message": "Not like this"}), status("OPEN"))

    with pytest.raises(PermanentFailure) as failure:
        PLATFORM.mark_collected(shop, UNIT_ID)

    assert (failure.value.code, failure.value.message) == ("platform_refused", "Not like this")


def test_somebody_else_may_have_fulfilled_it_in_between(shop: Account, shopify: responses.RequestsMock) -> None:
    refusal = fulfilled({"field": ["fulfillment"], "message": "unfulfillable status= closed"})
    answers(shopify, status("OPEN"), refusal, status("CLOSED"))

    PLATFORM.mark_collected(shop, UNIT_ID)


def test_after_silence_a_look_shows_that_it_was_done(shop: Account, shopify: responses.RequestsMock) -> None:
    answers(shopify, status("OPEN"))
    shopify.post(GRAPHQL_URL, body=requests.ReadTimeout())
    answers(shopify, status("CLOSED"))

    PLATFORM.mark_collected(shop, UNIT_ID)


@pytest.mark.parametrize("look", [{"json": {"data": status("OPEN")}}, {"status": 503}])
def test_after_silence_nothing_is_repeated_blindly(
    shop: Account, shopify: responses.RequestsMock, look: dict[str, Any]
) -> None:
    answers(shopify, status("OPEN"))
    shopify.post(GRAPHQL_URL, body=requests.ReadTimeout())
    shopify.post(GRAPHQL_URL, **look)

    with pytest.raises(OutcomeUnknown):
        PLATFORM.mark_collected(shop, UNIT_ID)

    assert sum("fulfillmentCreate" in asked(shopify, number)["query"] for number in range(3)) == 1


def left(word: str, *lines: Any) -> dict[str, Any]:
    """A fulfilment order, as it is read before its goods go back into stock."""
    found = {"id": gid("FulfillmentOrder", UNIT_ID), "status": word, "orderId": gid("Order", ORDER_ID)}
    assigned = {"name": "High Street", "location": {"id": gid("Location", "7")}}
    return {"fulfillmentOrder": {**found, "assignedLocation": assigned, "lineItems": page(list(lines))}}


def test_what_is_left_goes_back_into_stock_and_no_money_moves(shop: Account, shopify: responses.RequestsMock) -> None:
    answers(shopify, left("OPEN", line()), {"refundCreate": {"refund": {"id": "1"}, "userErrors": []}})
    PLATFORM.mark_returned(shop, UNIT_ID, "key-1")
    sent = asked(shopify, 1)["variables"]
    (restocked,) = sent["input"]["refundLineItems"]
    assert (sent["key"], "transactions" in sent["input"]) == ("key-1", False)
    assert (restocked["restockType"], restocked["locationId"]) == ("CANCEL", gid("Location", "7"))
    assert restocked["lineItemId"].startswith("gid://shopify/LineItem/")


@pytest.mark.parametrize("word", ["CLOSED", "CANCELLED"])
def test_of_what_is_over_nothing_goes_back(shop: Account, shopify: responses.RequestsMock, word: str) -> None:
    answers(shopify, left(word, line()))
    PLATFORM.mark_returned(shop, UNIT_ID, "key-1")


def test_what_cannot_go_back_is_a_matter_for_a_person(shop: Account, shopify: responses.RequestsMock) -> None:
    refused = {"refund": None, "userErrors": [{"field": ["input"], "message": "No."}]}
    answers(shopify, left("OPEN", line()), {"refundCreate": refused}, status("OPEN"))
    with pytest.raises(PermanentFailure):
        PLATFORM.mark_returned(shop, UNIT_ID, "key-1")


@pytest.mark.parametrize(
    ("data", "code"),
    [({"fulfillmentOrder": None}, "unit_not_found"), (status("CANCELLED"), "unit_cancelled")],
)
@pytest.mark.parametrize("mark", [PLATFORM.mark_ready, PLATFORM.mark_collected])
def test_a_unit_that_is_gone_or_called_off_is_left_alone(
    shop: Account,
    shopify: responses.RequestsMock,
    mark: Callable[[Account, str], None],
    data: dict[str, Any],
    code: str,
) -> None:
    answers(shopify, data)

    with pytest.raises(PermanentFailure) as failure:
        mark(shop, UNIT_ID)

    assert failure.value.code == code


# What may go wrong with every call


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        ({"status": 401}, PermanentFailure, "token_revoked"),
        ({"status": 403}, PermanentFailure, "token_revoked"),
        ({"status": 402}, PermanentFailure, "shop_frozen"),
        ({"status": 423}, PermanentFailure, "shop_frozen"),
        ({"status": 404}, PermanentFailure, "shop_not_found"),
        ({"status": 301, "headers": {"Location": "https://elsewhere.example"}}, PermanentFailure, "platform_refused"),
        ({"status": 400}, PermanentFailure, "platform_refused"),
        ({"status": 429}, TemporaryFailure, "throttled"),
        ({"status": 500}, TemporaryFailure, "platform_down"),
        ({"status": 503}, TemporaryFailure, "platform_down"),
        ({"body": "<html>"}, TemporaryFailure, "unexpected_answer"),
        ({"json": []}, PermanentFailure, "unexpected_answer"),
        ({"json": {}}, PermanentFailure, "unexpected_answer"),
        ({"json": {"errors": "odd"}}, PermanentFailure, "platform_refused"),
        (
            {"json": {"errors": [{"message": "x", "extensions": {"code": "MAX_COST_EXCEEDED"}}]}},
            PermanentFailure,
            "query_too_costly",
        ),
        (
            {"json": {"errors": [{"message": "x", "extensions": {"code": "SHOP_INACTIVE"}}]}},
            PermanentFailure,
            "shop_frozen",
        ),
        (
            {"json": {"errors": [{"message": "x", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}},
            TemporaryFailure,
            "platform_down",
        ),
        (
            {"json": {"errors": [{"message": "x", "extensions": {"code": "undefinedField"}}]}},
            PermanentFailure,
            "platform_refused",
        ),
        ({"body": requests.ReadTimeout()}, TemporaryFailure, "no_answer"),
    ],
)
def test_each_refusal_has_its_name(
    shop: Account, shopify: responses.RequestsMock, answer: dict[str, Any], kind: type[EffectError], code: str
) -> None:
    shopify.post(GRAPHQL_URL, **answer)

    with pytest.raises(kind) as failure:
        PLATFORM.fetch_order(shop, ORDER_ID)

    assert failure.value.code == code


def test_a_throttled_call_says_when_it_can_be_afforded(shop: Account, shopify: responses.RequestsMock) -> None:
    shopify.post(
        GRAPHQL_URL,
        json={
            "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
            "extensions": {
                "cost": {
                    "requestedQueryCost": 420,
                    "actualQueryCost": None,
                    "throttleStatus": {"maximumAvailable": 2000, "currentlyAvailable": 20, "restoreRate": 100},
                }
            },
        },
    )
    with pytest.raises(TemporaryFailure) as failure:
        PLATFORM.fetch_order(shop, ORDER_ID)

    assert (failure.value.code, failure.value.retry_after) == ("throttled", 4.0)


def test_the_wait_shopify_asks_for_is_passed_on(shop: Account, shopify: responses.RequestsMock) -> None:
    shopify.post(GRAPHQL_URL, status=429, headers={"Retry-After": "2"})

    with pytest.raises(TemporaryFailure) as failure:
        PLATFORM.fetch_order(shop, ORDER_ID)

    assert failure.value.retry_after == 2.0


def test_another_version_than_the_pinned_one_is_noticed(
    shop: Account, shopify: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    shopify.post(GRAPHQL_URL, json={"data": {"order": None}}, headers={"X-Shopify-API-Version": "2027-01"})
    with caplog.at_level(logging.WARNING):
        PLATFORM.fetch_order(shop, ORDER_ID)

    assert "2027-01" in caplog.text


def test_no_secret_and_no_body_is_written_to_the_log(
    shop: Account, shopify: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answers(shopify, {"order": order(unit())})
    PLATFORM.fetch_order(shop, ORDER_ID)

    assert not [word for word in (TOKEN, "5550123", ORDER_ID, "Ann") if word in caplog.text]
