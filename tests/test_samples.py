"""The samples in the documents of what outsiders send and get: each is run."""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from bopis.hooks.catalogue import EVENTS
from integrations.signatures import sign
from integrations.standard import StandardOrders, schemas
from integrations.standard.translate import order_snapshot

DOCS = Path(__file__).parent.parent / "docs"
NOW = dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC)
SECRET = "whsec_b2YgdGhlIHRlc3RzIG9mIHRoZSB0ZXN0cyE="


def samples(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(), re.S)


def test_the_order_in_the_documents_is_one_we_take() -> None:
    order, envelope = (json.loads(text) for text in samples("standard-orders.md", "json"))
    taken = order_snapshot(schemas.load(schemas.Order(), order))
    assert (taken.order_id, taken.name, taken.paid, taken.phone) == ("W-1001", "#1001", True, "+12015550123")
    (unit,) = taken.units
    assert (unit.unit_id, unit.location.location_id, [line.quantity for line in unit.lines]) == (
        "W-1001-1",
        "12",
        [2, 1],
    )
    assert schemas.load(schemas.Event(), envelope)["data"]["units"][0]["id"] == "W-1001"


def test_every_field_we_know_stands_in_the_documents() -> None:
    text = (DOCS / "standard-orders.md").read_text()
    schemas_there = (schemas.Order, schemas.Unit, schemas.Line, schemas.Customer, schemas.Total)
    names = {name for schema in schemas_there for name in schema().fields}
    assert [
        name for name in names if f'"{name}"' not in text and f"`{name}`" not in text and f".{name}`" not in text
    ] == []


def test_the_file_in_the_documents_is_one_we_take() -> None:
    (text,) = samples("standard-orders.md", "csv")
    orders = StandardOrders().from_table(text, NOW)
    assert [each.delivery.subject for each in orders] == ["W-1001", "W-1002"]
    first = json.loads(orders[0].body)["data"]
    assert [line["quantity"] for line in first["units"][0]["lines"]] == [2, 1]


def test_the_catalogue_in_the_documents_is_ours() -> None:
    told = dict(re.findall(r"^\| `([a-z.]+)` \| ([^;|]+(?:; [^|`]+)?)", (DOCS / "webhooks.md").read_text(), re.M))
    assert list(told) == list(EVENTS)
    assert [name for name, words in EVENTS.items() if not told[name].startswith(words)] == []


def test_the_sample_in_the_documents_believes_us_and_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = samples("webhooks.md", "python")
    (body,) = (text.encode() for text in samples("webhooks.md", "json"))
    names: dict[str, Any] = {}
    exec(code, names)
    headers = sign(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", SECRET], "msg_1", dt.datetime.now(dt.UTC), body)
    assert names["is_ours"](SECRET, headers, body)
    assert not names["is_ours"](SECRET, headers, body + b" ")
    assert not names["is_ours"](SECRET, {**headers, "webhook-id": "msg_2"}, body)
    late = time.time() + 301
    monkeypatch.setattr(time, "time", lambda: late)
    assert not names["is_ours"](SECRET, headers, body)
