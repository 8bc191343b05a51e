"""A shop connected with a browser: its owner says yes, it posts a key to us, and the browser comes back."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from flask import Flask
from sqlalchemy import select
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from bopis import app, clock, wiring
from bopis.bell import BankListener
from bopis.config import Settings
from bopis.drain import drain
from bopis.merchants.models import Connection
from bopis.staff.models import StaffMember, StaffSession
from tests.bopis.web.phone import Phone
from tests.sandbox.running import Running, running_sandbox
from tests.world import SECRET_KEY, World, build

SHOP = "shop.example.com"


@dataclass
class Owner:
    """An admin of Fernhill's who owns the shop too, at a browser."""

    service: wiring.Service
    world: World
    running: Running
    phone: Phone

    def get(self, path: str, **query: str) -> TestResponse:
        return self.phone.client.get(f"/connect{path}?{urlencode(query)}", headers={"Accept": "application/json"})

    def begin(self, shop: str = f"https://{SHOP}/") -> str:
        """Ask to connect; where the browser is sent."""
        begun = self.get("/woocommerce", shop=shop)
        assert begun.status_code == 303, begun.text
        return begun.headers["Location"]

    def answer(self, asked_at: str, word: str = "yes") -> requests.Response:
        """Say yes or no in the shop; its answer, not followed."""
        page = requests.get(asked_at, timeout=10)
        assert page.status_code == 200, page.text
        found = re.search(f'class="{word}" href="([^"]+)"', page.text)
        assert found is not None
        path = unescape(found[1])
        if word == "no":
            return requests.models.Response() if not path else _as_answer(path)
        return requests.get(self.running.url + path, allow_redirects=False, timeout=10)

    def back(self, location: str) -> TestResponse:
        query = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        return self.get("/woocommerce/callback", **query)

    def connection(self) -> Connection | None:
        with self.service.database.reading() as session:
            return session.scalars(select(Connection).where(Connection.vendor == "woocommerce")).first()


def _as_answer(location: str) -> requests.Response:
    made = requests.models.Response()
    made.status_code, made.headers["Location"] = 302, location
    return made


@pytest.fixture
def owner(database_url: str, redis_url: str) -> Iterator[Owner]:
    with running_sandbox() as running, _address() as (url, serve):
        settings = Settings(database_url, redis_url, (SECRET_KEY,), url, "http://bridges.test")
        service = wiring.build(replace(settings, woocommerce_url=running.url))
        world = build(database_url)
        with service.database.transaction() as session:
            session.get_one(StaffMember, world.mo_id).role = "admin"
        web = app.create_app(service, BankListener(redis_url))
        serve(web)
        phone = Phone(web)
        phone.signed_in("A1M")
        yield Owner(service, world, running, phone)
        service.database.close()
        world.database.close()


@contextmanager
def _address() -> Iterator[tuple[str, object]]:
    """A port of our own, served as soon as there is something to serve."""
    holder = Flask("nobody yet")
    server = make_server("127.0.0.1", 0, holder, threaded=True)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()

    def serve(web: Flask) -> None:
        server.app = web

    yield f"http://127.0.0.1:{server.server_port}", serve
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_a_yes_in_the_shop_connects_it_and_its_news_are_subscribed_to(owner: Owner) -> None:
    said = owner.answer(owner.begin())
    assert said.status_code == 302, said.text
    answer = owner.back(said.headers["Location"])
    assert (answer.status_code, f"{SHOP} is connected" in answer.text) == (200, True)
    drain(owner.service)
    kept = owner.connection()
    assert kept is not None
    assert (kept.account_name, kept.merchant_id, len(kept.account().secrets["webhook_secret"])) == (
        SHOP,
        owner.world.merchant_id,
        64,
    )


def test_connected_again_its_webhooks_sign_with_the_new_secret(owner: Owner) -> None:
    url = "https://web.example.com/webhooks"
    secrets = []
    for _ in range(2):
        owner.back(owner.answer(owner.begin()).headers["Location"])
        kept = owner.connection()
        assert kept is not None
        secrets.append(kept.account().secrets["webhook_secret"])
        platform = owner.service.gateways.platforms["woocommerce"]
        assert len(platform.ensure_subscriptions(kept.account(), url)) == 4
    assert owner.running.sandbox.woocommerce is not None
    signed = [each.secret for each in owner.running.sandbox.woocommerce.webhooks.all.values()]
    assert signed == [secrets[1]] * 4


def test_a_no_changes_nothing(owner: Owner) -> None:
    said = owner.answer(owner.begin(), "no")
    answer = owner.back(said.headers["Location"])
    assert (answer.status_code, answer.get_json()["code"]) == (400, "refused")
    assert owner.connection() is None


def test_a_yes_counts_once(owner: Owner) -> None:
    begun = owner.begin()
    assert owner.answer(begun).status_code == 302
    again = owner.answer(begun)
    assert (again.status_code, "unable to send" in again.text) == (401, True)


def test_the_browser_alone_proves_nothing(owner: Owner) -> None:
    callback = parse_qs(urlsplit(owner.begin()).query)["return_url"][0]
    answer = owner.back(f"{callback}&success=1&user_id={SHOP}")
    assert (answer.status_code, answer.get_json()["code"]) == (403, "not_granted")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"consumer_secret": "cs_guessed"}, 403, "bad_signature"),
        ({"consumer_key": "ck_of_another_shop"}, 403, "bad_signature"),
        ({"key_permissions": "read"}, 400, "scopes_missing"),
        ({"consumer_key": ""}, 403, "bad_signature"),
        ({"consumer_key": None}, 400, "refused"),
    ],
)
def test_a_key_the_shop_does_not_take_is_not_kept(
    owner: Owner, changes: dict[str, str], status: int, code: str
) -> None:
    state = parse_qs(urlsplit(parse_qs(urlsplit(owner.begin()).query)["callback_url"][0]).query)["state"][0]
    good = {
        "key_id": 1,
        "user_id": SHOP,
        "consumer_key": "ck_of_the_tests",
        "consumer_secret": "cs_of_the_tests",
        "key_permissions": "read_write",
    }
    answer = post(owner, state, json.dumps({**good, **changes}))
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    assert owner.connection() is None
    assert post(owner, state, json.dumps(good)).status_code == 200


@pytest.mark.parametrize("body", ["", "[]", "no JSON", "{}"])
def test_what_is_no_key_is_refused(owner: Owner, body: str) -> None:
    state = parse_qs(urlsplit(parse_qs(urlsplit(owner.begin()).query)["callback_url"][0]).query)["state"][0]
    assert post(owner, state, body).status_code == 400


@pytest.mark.parametrize("state", ["", "é", "AAAA"])
def test_nobody_connects_a_shop_that_was_not_begun_here(owner: Owner, state: str) -> None:
    answer = post(owner, state, "{}")
    assert (answer.status_code, answer.get_json()["code"]) == (403, "bad_state")


def test_whoever_signed_out_meanwhile_connects_nothing(owner: Owner) -> None:
    begun = owner.begin()
    with owner.service.database.transaction() as session:
        for each in session.scalars(select(StaffSession)):
            each.ended_at = clock.now()
    assert owner.answer(begun).status_code == 401
    assert owner.connection() is None


@pytest.mark.parametrize(
    "shop",
    ["", "http://shop.example.com", "127.0.0.1", "localhost", "a b.example.com", "me@shop.example.com", "x/../y"],
)
def test_what_is_no_shop_is_not_gone_to(owner: Owner, shop: str) -> None:
    answer = owner.get("/woocommerce", shop=shop)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_shop")


def post(owner: Owner, state: str, body: str) -> TestResponse:
    """What anybody can send, without a sign-in."""
    client = owner.phone.client.application.test_client()
    path = f"/connect/woocommerce/callback?{urlencode({'state': state})}"
    return client.post(path, data=body, content_type="application/json;charset=UTF-8")
