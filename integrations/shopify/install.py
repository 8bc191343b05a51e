"""Installing our app on a shop: the authorization code grant with offline tokens that expire, and their renewal.

The SDK builds the address of the merchant's yes and checks the signature of what comes back; the exchange goes
through our own session, because the SDK's knows nothing of expiring tokens. Source: shopify.dev, "Authorization code
grant" and "Offline access tokens".
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence

from shopify.session import Session
from shopify.utils.shop_url import sanitize_shop_domain

from bopis.errors import PermanentFailure, TemporaryFailure
from bopis.ports import ACCESS_REFUSED, Account, BadSignature, Installed
from integrations import http
from integrations.shopify import failures, schemas
from integrations.shopify.client import API_VERSION
from integrations.shopify.orders import read

SCOPES = (
    "read_orders",
    "write_orders",
    "read_merchant_managed_fulfillment_orders",
    "write_merchant_managed_fulfillment_orders",
    "read_locations",
)
_OLDEST = dt.timedelta(hours=24)


class ShopifyInstaller:
    """`secrets` are the app's, newest first; `base_url`, when given, stands in for every shop's own address."""

    def __init__(self, client_id: str, secrets: Sequence[str], base_url: str = "") -> None:
        self._client_id = client_id
        self._secrets = tuple(secrets)
        self._base_url = base_url.rstrip("/")

    def account_name(self, text: str) -> str:
        """The shop's `….myshopify.com` domain, or "" when the text cannot be one."""
        # The SDK's pattern ends with `$`, which lets a line break pass.
        return sanitize_shop_domain(text) or "" if text.isascii() and text.isprintable() and len(text) < 100 else ""

    def permission_url(self, account_name: str, redirect_uri: str, state: str) -> str:
        """Where the shop's owner says yes to our scopes."""
        session = self._sdk(self._secrets[0])(account_name, API_VERSION)
        url: str = session.create_permission_url(list(SCOPES), redirect_uri, state)
        return self._base_url + url.removeprefix(f"https://{account_name}") if self._base_url else url

    def finish(self, parameters: Mapping[str, str], now: dt.datetime) -> Installed:
        """Check the callback's signature, age and shop, and trade its code. Raises BadSignature or the three."""
        given = dict(parameters)
        shop = self.account_name(given.get("shop", ""))
        if not shop or not self._is_signed(given):
            raise BadSignature("the shop did not sign this")
        try:
            age = now - dt.datetime.fromtimestamp(int(given.get("timestamp", "")), dt.UTC)
        except (ValueError, OverflowError, OSError):
            raise BadSignature("the timestamp is no time") from None
        if abs(age) > _OLDEST:
            raise BadSignature("the signature is more than a day old")
        tokens = self._trade(shop, {"code": given.get("code", ""), "expiring": "1"}, now)
        missing = _missing(tokens.pop("scope"))
        if missing:
            raise PermanentFailure("scopes_missing", f"the shop did not grant {', '.join(missing)}")
        return Installed(shop, tokens)

    def refresh(self, account: Account, now: dt.datetime) -> Mapping[str, str]:
        """A new pair of tokens; the old refresh token works until the new pair is first used. Raises the three."""
        shop = self.account_name(account.name)
        renewal = {"grant_type": "refresh_token", "refresh_token": account.secrets.get("refresh_token", "")}
        tokens = self._trade(shop, renewal, now)
        tokens.pop("scope")
        return tokens

    def _is_signed(self, parameters: Mapping[str, str]) -> bool:
        return any(self._sdk(secret).validate_hmac(parameters) for secret in self._secrets)

    def _sdk(self, secret: str) -> type[Session]:
        # The SDK keeps key and secret on the class: one of our own for each, so that none is global.
        return type("_App", (Session,), {"api_key": self._client_id, "secret": secret})

    def _trade(self, shop: str, grant: Mapping[str, str], now: dt.datetime) -> dict[str, str]:
        if not shop:
            raise PermanentFailure("bad_shop", "the connection's name is not a myshopify.com domain")
        body = {"client_id": self._client_id, "client_secret": self._secrets[0], **grant}
        answer = http.call(
            "POST",
            f"{self._base_url or f'https://{shop}'}/admin/oauth/access_token",
            # Asking twice is allowed: the code or the old refresh token works until what it gave is used.
            safe="refresh_token" in grant,
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            data=json.dumps(body).encode(),
        )
        if answer.status in (400, 401, 403):
            raise PermanentFailure(ACCESS_REFUSED, "Shopify refused to renew or grant our access")
        failure = failures.of_status(answer)
        if failure:
            raise failure
        try:
            payload = answer.json()
        except ValueError:
            raise TemporaryFailure("unexpected_answer", "Shopify's answer is not JSON") from None
        return _kept(read(schemas.NewTokens(), payload, "access_token"), now)


def _kept(tokens: Mapping[str, object], now: dt.datetime) -> dict[str, str]:
    kept = {"access_token": str(tokens["access_token"]), "scope": str(tokens["scope"])}
    if tokens["refresh_token"]:
        kept["refresh_token"] = str(tokens["refresh_token"])
    for name, seconds in (("access", tokens["expires_in"]), ("refresh", tokens["refresh_expires_in"])):
        if isinstance(seconds, int):
            kept[f"{name}_expires_at"] = (now + dt.timedelta(seconds=seconds)).isoformat()
    return kept


def _missing(scope: str) -> list[str]:
    granted = set(scope.replace(" ", "").split(","))
    writes = {name.replace("write_", "read_", 1) for name in granted if name.startswith("write_")}
    return [name for name in SCOPES if name not in granted | writes]
