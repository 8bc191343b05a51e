"""One shop of every platform beside the first: what is bought there is told to whoever listens, and shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import requests
from flask import Flask, Response, request

from sandbox.app import create_sandbox
from sandbox.config import Config, PhoneConfig, ShopConfig
from tests.sandbox.running import LOCATIONS, STANDARD, WOOCOMMERCE, Running, served, until

VENDORS = ("bigcommerce", "square", "magento", "woocommerce", "standard")


@pytest.fixture
def heard() -> Iterator[tuple[str, set[str]]]:
    """An address, and the platforms whose news came there as JSON."""
    app = Flask("listener")
    news: set[str] = set()

    @app.post("/<vendor>")
    def hear(vendor: str) -> Response:
        if request.is_json:
            news.add(vendor)
        return Response(status=200)

    with served(app) as url:
        yield url, news


@pytest.fixture
def running(heard: tuple[str, set[str]]) -> Iterator[Running]:
    """Shops that send their news from the start."""
    urls = {vendor: f"{heard[0]}/{vendor}" for vendor in VENDORS}
    sandbox = create_sandbox(
        Config(
            ShopConfig("example.myshopify.com", "token", "secret", "", LOCATIONS),
            PhoneConfig("AC1", "token", "+12015550100"),
            None,
            standard=replace(STANDARD, webhook_url=urls["standard"]),
            woocommerce=replace(WOOCOMMERCE, webhook_secret="secret of the tests"),
            webhook_urls=urls,
        )
    )
    with served(sandbox.app) as url:
        yield Running(sandbox, url)
        sandbox.stop()


def test_an_order_at_each_of_them_is_shown_and_told(running: Running, heard: tuple[str, set[str]]) -> None:
    for vendor in VENDORS:
        running.post(f"/shops/{vendor}/orders", {"sku": "LIP-ROSE", "location_id": "1002"})
        (order,) = running.get(f"/shops/{vendor}/orders")["orders"]
        assert order["order_id"] and order["says"]

    assert until(lambda: heard[1] == set(VENDORS), 30)


def test_the_page_places_one_too_and_shows_it(running: Running) -> None:
    bought = {"sku": "MUG-SLATE", "location_id": "1001", "phone": "+1 201 555 0123"}
    answer = requests.post(f"{running.url}/shops/woocommerce/orders", data=bought, timeout=10)

    (order,) = running.get("/shops/woocommerce/orders")["orders"]
    assert answer.url.endswith("/shops/?placed=woocommerce#woocommerce")
    assert f'<span class="digits">{order["order_id"]}</span>' in answer.text


@pytest.mark.parametrize(
    ("vendor", "order", "code"),
    [
        ("nobody", {"sku": "LIP-ROSE"}, "unknown_shop"),
        ("square", {"sku": "GOLD"}, "unknown_sku"),
        ("square", {"sku": "LIP-ROSE", "location_id": "9"}, "unknown_location"),
        ("square", ["LIP-ROSE"], "not_an_object"),
    ],
)
def test_what_nobody_sells_is_not_sold(running: Running, vendor: str, order: object, code: str) -> None:
    answer = requests.post(f"{running.url}/shops/{vendor}/orders", json=order, timeout=10)
    assert answer.json()["error"]["code"] == code
