"""The real sandbox on a real port, and a real server for what it sends."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import requests
from flask import Flask, Response, request
from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.app import Sandbox, create_sandbox
from sandbox.config import CardsConfig, Config, PhoneConfig, ShopConfig, StandardConfig, WooCommerceConfig

DOMAIN = "example.myshopify.com"
TOKEN = "shpat_of_the_tests"
CLIENT_ID = "client id of the tests"
CLIENT_SECRET = "client secret of the tests"
ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "auth token of the tests"
SENDER = "+12015550100"
CARDS_KEY = "sk_test_of_the_tests"
CARDS_WEBHOOK_SECRET = "whsec_of_the_tests"
STANDARD = StandardConfig("whsec_b2YgdGhlIHRlc3RzIG9mIHRoZSB0ZXN0cyE=", "access token of the tests")
SHOPPER = "+14155550123"
LOCATIONS = (("1001", "High Street"), ("1002", "Station"))
WOOCOMMERCE = WooCommerceConfig(
    "https://shop.example.com", "ck_of_the_tests", "cs_of_the_tests", LOCATIONS, ("ready-for-pickup", "fraud-review")
)
FAST = {
    "shop": {"retry_seconds": 0.01},
    "phone": {"step_seconds": 0.01},
    "cards": {"retry_seconds": 0.01, "hang": 0},
}


@dataclass
class Running:
    """A sandbox and where it answers."""

    sandbox: Sandbox
    url: str

    def post(self, path: str, payload: Any) -> Any:
        """A call that must succeed; its JSON."""
        answer = requests.post(self.url + path, json=payload, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def get(self, path: str) -> Any:
        answer = requests.get(self.url + path, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def order(self, *skus: str, paid: bool = True, **more: Any) -> str:
        """Place an order; its id."""
        lines = [{"sku": sku, "quantity": 1} for sku in skus or ("LIP-ROSE",)]
        order = {"location_id": "1001", "lines": lines, "phone": SHOPPER, "first_name": "", "paid": paid, **more}
        return str(self.post("/shop/api/orders", order)["order_id"])

    def change(self, order_id: str, do: str, **wanted: Any) -> None:
        """Change an order as its merchant would."""
        self.post(f"/shop/api/orders/{order_id}/change", {"do": do, **wanted})

    def unit_of(self, order_id: str) -> str:
        """The id of an order's first fulfilment order."""
        return self.sandbox.shop.world.orders[order_id].units[0].unit_id

    def mutations(self) -> list[dict[str, Any]]:
        """What the shop was asked to change, done or refused."""
        return list(self.get("/shop/api/ledger")["mutations"])

    def pay(self, amount: int = 2000, currency: str = "eur", **notes: Any) -> str:
        """A shopper's card is authorised in the merchant's checkout; the payment's id."""
        return str(self.post("/cards/api/payments", {"amount": amount, "currency": currency, **notes})["id"])

    def moves(self) -> list[tuple[str, int]]:
        """What the card processor did with the money, oldest first."""
        return [(move["what"], move["amount"]) for move in self.get("/cards/api/ledger")["moves"]]

    def texts(self) -> list[dict[str, Any]]:
        return list(self.get("/phone/api/messages")["messages"])


@contextmanager
def running_sandbox(
    webhook_url: str = "",
    app_webhook_url: str = "",
    now: Callable[[], dt.datetime] | None = None,
    cards_webhook_url: str = "",
    standard_webhook_url: str = "",
) -> Iterator[Running]:
    """A sandbox of one's own, quick in its retries and reports; `now` is its clock."""
    shop = ShopConfig(DOMAIN, TOKEN, CLIENT_SECRET, webhook_url, LOCATIONS, CLIENT_ID, app_webhook_url)
    phone = PhoneConfig(ACCOUNT_SID, AUTH_TOKEN, SENDER)
    cards = CardsConfig(CARDS_KEY, CARDS_WEBHOOK_SECRET, cards_webhook_url)
    standard = replace(STANDARD, webhook_url=standard_webhook_url)
    sandbox = create_sandbox(
        Config(shop, phone, None, cards, standard, WOOCOMMERCE), now=now or (lambda: dt.datetime.now(dt.UTC))
    )
    sandbox.shop.behaviour.change(FAST["shop"])
    sandbox.exchange.behaviour.change(FAST["phone"])
    assert sandbox.cards is not None
    sandbox.cards.behaviour.change(FAST["cards"])
    with served(sandbox.app) as url:
        yield Running(sandbox, url)
        sandbox.stop()


@dataclass
class Receiver:
    """A server that notes what it gets and answers as told; 200 once its answers are used up."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    got: list[Got] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, is_enough: Callable[[Sequence[Got]], bool], seconds: float = 30) -> list[Got]:
        """What came, as soon as it is enough; fails the test when it never is."""
        with self.changed:
            assert self.changed.wait_for(lambda: is_enough(self.got), seconds), f"only {len(self.got)} came"
            return list(self.got)


@dataclass(frozen=True)
class Got:
    headers: dict[str, str]
    body: bytes
    form: dict[str, str]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver on a port of its own, at `<url>/news`."""
    app = Flask("receiver")
    it = Receiver()

    @app.post("/news")
    def news() -> Response:
        body = request.get_data(cache=True)
        with it.changed:
            it.got.append(Got(dict(request.headers.items()), body, request.form.to_dict()))
            status = it.answers.pop(0) if it.answers else 200
            it.changed.notify_all()
        return Response(status=status)

    with served(app) as url:
        it.url = f"{url}/news"
        yield it


def until(is_so: Callable[[], Any], seconds: float = 30) -> Any:
    """The first true value; fails the test when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (value := is_so()):
        assert time.monotonic() < deadline, "it never became so"
        threading.Event().wait(0.005)
    return value


@contextmanager
def served(app: Any) -> Iterator[str]:
    """A WSGI application on a real port; its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


class _Quiet(WSGIRequestHandler):
    def send_response(self, code: int, message: str | None = None) -> None:
        """Without a date of this machine's: a pretend vendor has a clock of its own."""
        self.send_response_only(code, message)

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing: a test that checks logs reads the product's."""
