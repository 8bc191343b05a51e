"""The document itself: OpenAPI 3.1 to the letter, every field typed and said, agreeing with the other pages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from flask import Flask

from bopis.web.api_v1 import blueprint
from bopis.web.api_v1.limits import Lid
from integrations.standard import StandardOrders
from integrations.standard.schemas import Order

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TYPES = ("type", "$ref", "anyOf", "allOf", "oneOf")
ORDERS = Path(__file__).parents[4] / "docs" / "standard-orders.md"


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """The document as a program gets it; it needs no database."""
    app = Flask("document")
    lid = Lid("redis://127.0.0.1:1")
    app.register_blueprint(blueprint(None, lid, "https://pickup.example.com", StandardOrders()))  # type: ignore[arg-type]
    answered: dict[str, Any] = app.test_client().get("/api/v1/openapi.json").get_json()
    return answered


@pytest.fixture(scope="module")
def sent_order(told: dict[str, Any]) -> jsonschema_rs.Validator:
    """What the document says of an order that a shop sends."""
    return jsonschema_rs.Draft202012Validator({**told, "$ref": "#/components/schemas/SentOrder"}, validate_formats=True)


def schemas(value: Any, at: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every schema there is, wherever it stands, with its place."""
    if isinstance(value, list):
        value = {str(number): each for number, each in enumerate(value)}
    if not isinstance(value, dict):
        return
    for name, inner in value.items():
        here = f"{at}/{name}"
        if name in ("schema", "items"):
            yield here, inner
        elif name in ("properties", "schemas") and isinstance(inner, dict):
            yield from ((f"{here}/{each}", schema) for each, schema in inner.items())
        elif name in ("anyOf", "allOf", "oneOf"):
            yield from ((f"{here}/{number}", schema) for number, schema in enumerate(inner))
        yield from schemas(inner, here)


def test_nothing_in_it_is_without_a_type_and_no_field_without_words(told: dict[str, Any]) -> None:
    found = dict(schemas(told))
    fields = {at: schema for at, schema in found.items() if at.rpartition("/")[0].endswith("/properties")}

    assert len(fields) > 100
    assert [at for at, schema in found.items() if not any(name in schema for name in TYPES)] == []
    assert [at for at, schema in fields.items() if not schema.get("description", "").strip()] == []
    parameters = [
        each for methods in told["paths"].values() for said in methods.values() for each in said["parameters"]
    ]
    assert [each["name"] for each in parameters if not each.get("description")] == []


def test_it_is_openapi_3_1_and_each_of_its_schemas_json_schema(told: dict[str, Any]) -> None:
    assert told["openapi"] == "3.1.0"
    schemathesis.openapi.from_dict(told).validate()
    for _, schema in schemas(told):
        jsonschema_rs.meta.validate({"$schema": DIALECT, **schema})


def examples() -> list[dict[str, Any]]:
    """The orders that the page about them shows."""
    shown = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", ORDERS.read_text(), re.S)]
    return [each.get("data", each) for each in shown]


@pytest.mark.parametrize("order", examples(), ids=range(len(examples())))
def test_an_order_of_the_page_about_orders_is_one_for_the_document_too(
    sent_order: jsonschema_rs.Validator, order: dict[str, Any]
) -> None:
    sent_order.validate(order)


@pytest.mark.parametrize(
    "change",
    [
        {"id": ""},
        {"id": " padded "},
        {"id": 1.5},
        {"id": None},
        {"updated_at": "yesterday"},
        {"updated_at": None},
        {"cancelled_at": "soon"},
        {"country": "usa"},
        {"total": {"amount": "1", "currency": "usd"}},
        {"total": {"amount": 1, "currency": "USD"}},
        {"paid": "yes"},
        {"units": [{"lines": [{"id": "1", "quantity": 0}]}]},
        {"units": [{"lines": [{"id": "1", "quantity": 1, "sides_mm": [1, 2]}]}]},
        {"units": [{"lines": [], "status": "gone"}]},
    ],
    ids=str,
)
def test_what_is_no_order_is_none_for_the_document_and_none_for_the_service(
    sent_order: jsonschema_rs.Validator, change: dict[str, Any]
) -> None:
    wrong = {**examples()[0], **change}

    assert not sent_order.is_valid(wrong)
    assert Order().validate(wrong)


@pytest.mark.parametrize(
    "change", [{"id": 7}, {"id": -7}, {"country": None}, {"customer": None}, {"total": None}, {"units": []}], ids=str
)
def test_what_may_be_left_out_or_written_otherwise_is_allowed_by_both(
    sent_order: jsonschema_rs.Validator, change: dict[str, Any]
) -> None:
    right = {**examples()[0], **change}

    sent_order.validate(right)
    assert Order().validate(right) == {}
