"""Installing our app: where the owner is sent, what is believed of what comes back, how tokens are renewed."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from bopis.errors import OutcomeUnknown, PermanentFailure, TemporaryFailure
from bopis.ports import Account, BadSignature
from integrations.shopify import ShopifyInstaller
from integrations.shopify.install import SCOPES
from sandbox.shop.oauth import signed
from tests.sandbox.running import CLIENT_ID, CLIENT_SECRET, DOMAIN, Running

NOW = dt.datetime.now(dt.UTC)
TOKENS = f"https://{DOMAIN}/admin/oauth/access_token"
INSTALLER = ShopifyInstaller(CLIENT_ID, ["a newer secret", CLIENT_SECRET])


def from_the_shop() -> dict[str, str]:
    """What the browser brings back, signed with the older of the two secrets."""
    parameters = {
        "code": "code",
        "host": "aG9zdA",
        "shop": DOMAIN,
        "state": "s",
        "timestamp": str(int(NOW.timestamp())),
    }
    message = "&".join(f"{name}={value}" for name, value in sorted(parameters.items()))
    return {**parameters, "hmac": hmac.new(CLIENT_SECRET.encode(), message.encode(), hashlib.sha256).hexdigest()}


def answer(**more: Any) -> dict[str, Any]:
    return {"access_token": "shpat_new", "scope": ",".join(SCOPES), **more}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("example", "example.myshopify.com"),
        (" Example.MyShopify.com ", "example.myshopify.com"),
        ("https://example.myshopify.com/admin", "example.myshopify.com"),
        ("", ""),
        ("example.com", ""),
        ("evil.example/x.myshopify.com", ""),
        ("example.myshopify.com.evil.example", ""),
        ("evil.example#.myshopify.com", ""),
        ("example.myshopify.com\n", ""),
        ("exämple.myshopify.com", ""),
        ("x" * 200 + ".myshopify.com", ""),
    ],
)
def test_a_shop_is_named_safely_or_not_at_all(text: str, name: str) -> None:
    assert INSTALLER.account_name(text) == name


def test_the_owner_is_asked_for_our_scopes_at_their_own_shop() -> None:
    url = urlsplit(INSTALLER.permission_url(DOMAIN, "https://example.com/back", "sealed"))
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}

    assert (url.scheme, url.netloc, url.path) == ("https", DOMAIN, "/admin/oauth/authorize")
    assert asked == {
        "client_id": CLIENT_ID,
        "scope": ",".join(SCOPES),
        "redirect_uri": "https://example.com/back",
        "state": "sealed",
    }


def test_a_code_is_traded_for_tokens_that_expire(running: Running) -> None:
    installed = ShopifyInstaller(CLIENT_ID, [CLIENT_SECRET], running.url).finish(signed(running.sandbox.shop, "s"), NOW)

    assert installed.account_name == DOMAIN
    assert set(installed.secrets) == {"access_token", "access_expires_at", "refresh_token", "refresh_expires_at"}
    assert dt.datetime.fromisoformat(installed.secrets["access_expires_at"]) == NOW + dt.timedelta(hours=1)
    assert "shpat_" not in repr(installed)


def test_tokens_are_renewed_and_the_old_pair_works_until_the_new_one_is_used(running: Running) -> None:
    installer = ShopifyInstaller(CLIENT_ID, [CLIENT_SECRET], running.url)
    first = installer.finish(signed(running.sandbox.shop, "s"), NOW).secrets
    account = Account("c1", "shopify", DOMAIN, first, {})
    lost, kept = installer.refresh(account, NOW), installer.refresh(account, NOW)

    assert len({pair["access_token"] for pair in (first, lost, kept)}) == 3
    running.sandbox.shop.tokens.is_good(kept["access_token"])
    with pytest.raises(PermanentFailure) as failure:
        installer.refresh(account, NOW)
    assert failure.value.code == "token_revoked"


@responses.activate
def test_a_secret_being_replaced_still_signs() -> None:
    responses.post(TOKENS, json=answer())

    assert INSTALLER.finish(from_the_shop(), NOW).secrets == {"access_token": "shpat_new"}
    assert json.loads(responses.calls[0].request.body)["expiring"] == "1"


@responses.activate
def test_a_shop_that_grants_less_than_is_needed_is_not_connected() -> None:
    responses.post(TOKENS, json=answer(scope="write_orders,read_locations"))
    with pytest.raises(PermanentFailure) as failure:
        INSTALLER.finish(from_the_shop(), NOW)

    assert (failure.value.code, "write_merchant" in failure.value.message) == ("scopes_missing", True)
    assert "read_orders" not in failure.value.message


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": "invalid_request"}, PermanentFailure),
        (401, {}, PermanentFailure),
        (429, {}, TemporaryFailure),
        (503, {}, TemporaryFailure),
        (200, {"scope": "x"}, PermanentFailure),
    ],
)
@responses.activate
def test_each_refusal_of_tokens_has_its_word(status: int, body: dict[str, str], kind: type[Exception]) -> None:
    responses.post(TOKENS, status=status, json=body)
    with pytest.raises(kind):
        INSTALLER.finish(from_the_shop(), NOW)


@responses.activate
def test_a_renewal_may_be_asked_for_again_when_the_line_broke() -> None:
    responses.post(TOKENS, body=requests.ReadTimeout())
    account = Account("c1", "shopify", DOMAIN, {"refresh_token": "old"}, {})
    with pytest.raises(TemporaryFailure):
        INSTALLER.refresh(account, NOW)
    with pytest.raises(OutcomeUnknown):
        INSTALLER.finish(from_the_shop(), NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"hmac": ""},
        {"hmac": "é"},
        {"shop": "other.myshopify.com"},
        {"shop": "evil.example"},
        {"timestamp": "x"},
        {"timestamp": str(10**30)},
        {"extra": "1"},
    ],
)
def test_what_the_shop_did_not_sign_is_not_believed(changes: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        INSTALLER.finish({**from_the_shop(), **changes}, NOW)


def test_a_signature_of_last_week_is_not_believed() -> None:
    with pytest.raises(BadSignature):
        INSTALLER.finish(from_the_shop(), NOW + dt.timedelta(days=7))
