"""The pretend Admin API is strict: what the schema does not know is refused before anything happens."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.sandbox.running import TOKEN, Running

GOOD = "query Q($id: ID!) { order(id: $id) { name } }"


def execute(running: Running, document: str, variables: Any = None, **headers: str) -> requests.Response:
    return requests.post(
        f"{running.url}/admin/api/2026-10/graphql.json",
        json={"query": document, "variables": variables or {}},
        headers={"X-Shopify-Access-Token": TOKEN, **headers},
        timeout=10,
    )


def order_gid(running: Running) -> str:
    return f"gid://shopify/Order/{running.order()}"


def refusal(answer: requests.Response) -> str:
    return str(answer.json()["errors"][0]["extensions"]["code"])


def test_exactly_what_is_asked_for_comes_back(running: Running) -> None:
    document = (
        "query Q($id: ID!) { it: order(id: $id) { name lines: fulfillmentOrders(first: 1) { nodes { status } } } }"
    )
    answer = execute(running, document, {"id": order_gid(running)})

    assert answer.json()["data"] == {"it": {"name": "#1001", "lines": {"nodes": [{"status": "OPEN"}]}}}


def test_the_cost_is_told_with_the_answer(running: Running) -> None:
    cost = execute(running, GOOD, {"id": order_gid(running)}).json()["extensions"]["cost"]

    assert cost["requestedQueryCost"] == 1
    assert cost["throttleStatus"]["maximumAvailable"] == 2000


def test_comments_commas_literals_and_defaults_are_understood(running: Running) -> None:
    gid = order_gid(running)
    document = f"""
        # the pickup
        query Q($n: Int = 1, $displayable: Boolean) {{
          order(id: "{gid}") {{ id, fulfillmentOrders(first: $n, displayable: $displayable) {{ nodes {{ id }} }} }}
        }}"""

    assert execute(running, document).json()["data"]["order"]["id"] == gid


@pytest.mark.parametrize(
    ("document", "variables", "code"),
    [
        ("query {", {}, "parseError"),
        ("", {}, "parseError"),
        ("subscription S { order { id } }", {}, "parseError"),
        ('query Q { order(id: "x") { ...Part } }', {}, "parseError"),
        ("query Q { customers { id } }", {}, "undefinedField"),
        ("query Q($id: ID!) { order(id: $id) { colour } }", {"id": "x"}, "undefinedField"),
        ("query Q($id: ID!) { order(id: $id) { name { first } } }", {"id": "x"}, "selectionMismatch"),
        ("query Q($id: ID!) { order(id: $id) }", {"id": "x"}, "selectionMismatch"),
        ("query Q { order { name } }", {}, "missingRequiredArguments"),
        ("query Q($id: ID!) { order(id: $id, size: 1) { name } }", {"id": "x"}, "argumentNotAccepted"),
        ("query Q($id: String!) { order(id: $id) { name } }", {"id": "x"}, "variableMismatch"),
        ("query Q($id: ID) { order(id: $id) { name } }", {"id": "x"}, "variableMismatch"),
        ("query Q { order(id: $id) { name } }", {"id": "x"}, "variableNotDefined"),
        ("query Q($id: ID!, $n: Int) { order(id: $id) { name } }", {"id": "x"}, "variableNotUsed"),
        ("query Q { order(id: true) { name } }", {}, "argumentLiteralsIncompatible"),
        (GOOD, {}, "INVALID_VARIABLE"),
        (GOOD, {"id": None}, "INVALID_VARIABLE"),
        (GOOD, {"id": {"id": 1}}, "INVALID_VARIABLE"),
        (GOOD, {"id": "12345"}, "argumentLiteralsIncompatible"),
        (GOOD, {"id": "gid://shopify/FulfillmentOrder/1"}, "RESOURCE_NOT_FOUND"),
        ("query Q($id: ID!) { order(id: $id) { fulfillmentOrders { nodes { id } } } }", {"id": "x"}, "BAD_REQUEST"),
        (
            "query Q($id: ID!) { order(id: $id) { fulfillmentOrders(first: 50) { nodes { lineItems(first: 50) "
            "{ nodes { weight { value } } } } } } }",
            {"id": "gid://shopify/Order/1"},
            "MAX_COST_EXCEEDED",
        ),
    ],
)
def test_a_wrong_document_is_refused_with_a_code(
    running: Running, document: str, variables: dict[str, Any], code: str
) -> None:
    answer = execute(running, document, variables)

    assert answer.status_code == 200
    assert refusal(answer) == code


@pytest.mark.parametrize("first", [0, -1, 251])
def test_a_page_has_a_size_in_bounds(running: Running, first: int) -> None:
    document = "query Q($id: ID!, $n: Int!) { order(id: $id) { fulfillmentOrders(first: $n) { nodes { id } } } }"

    assert refusal(execute(running, document, {"id": order_gid(running), "n": first})) == "BAD_REQUEST"


def test_a_made_up_cursor_is_refused(running: Running) -> None:
    document = 'query Q($id: ID!) { order(id: $id) { fulfillmentOrders(first: 1, after: "me") { nodes { id } } } }'

    assert refusal(execute(running, document, {"id": order_gid(running)})) == "BAD_REQUEST"


def test_what_is_not_there_is_null(running: Running) -> None:
    assert execute(running, GOOD, {"id": "gid://shopify/Order/1"}).json()["data"] == {"order": None}


@pytest.mark.parametrize("token", ["", "wrong"])
def test_a_wrong_token_gets_401(running: Running, token: str) -> None:
    assert execute(running, GOOD, {"id": "x"}, **{"X-Shopify-Access-Token": token}).status_code == 401


@pytest.mark.parametrize(
    ("version", "status", "served"),
    [
        ("2026-10", 200, "2026-10"),
        ("2026-01", 200, "2026-01"),
        ("2024-10", 200, "2026-01"),
        ("2027-01", 404, None),
        ("x", 404, None),
        ("2026-13", 404, None),
    ],
)
def test_old_versions_fall_forward_and_made_up_ones_are_not_found(
    running: Running, version: str, status: int, served: str | None
) -> None:
    answer = requests.post(
        f"{running.url}/admin/api/{version}/graphql.json",
        json={"query": GOOD, "variables": {"id": "gid://shopify/Order/1"}},
        headers={"X-Shopify-Access-Token": TOKEN},
        timeout=10,
    )

    assert (answer.status_code, answer.headers.get("X-Shopify-API-Version")) == (status, served)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{}", "application/json", 400),
        (b"nonsense", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"query": 1}', "application/json", 400),
        (b'{"query": "{a}", "variables": []}', "application/json", 200),
        (b'{"query": "{a}", "variables": [1]}', "application/json", 400),
        (b"query=x", "application/x-www-form-urlencoded", 415),
    ],
)
def test_a_body_that_is_no_request_is_refused(running: Running, body: bytes, kind: str, status: int) -> None:
    answer = requests.post(
        f"{running.url}/admin/api/2026-10/graphql.json",
        data=body,
        headers={"X-Shopify-Access-Token": TOKEN, "Content-Type": kind},
        timeout=10,
    )

    assert answer.status_code == status
