"""Letting us in with a browser: the owner says yes in the shop, which posts a key to us and sends the browser back.

What is posted is signed by nobody. A key is believed only after the shop itself has taken it. Source: WooCommerce's
REST API documentation, "Authentication over HTTPS: auto generating API keys".
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from urllib.parse import urlencode

from bopis.errors import PermanentFailure
from bopis.ports import ACCESS_REFUSED, Account, BadSignature, Installed
from integrations.public import PublicCaller
from integrations.woocommerce import schemas
from integrations.woocommerce.address import site_of
from integrations.woocommerce.client import RestClient

APP_NAME = "Lockers"


class WooCommerceInstaller:
    """`base_url`, when given, stands in for every shop's own address."""

    def __init__(self, caller: PublicCaller, base_url: str = "") -> None:
        self._client = RestClient(caller, base_url)
        self._base_url = base_url.rstrip("/")

    def account_name(self, text: str) -> str:
        """The shop's address without `https://`, or "" when the text cannot be one."""
        return site_of(text)

    def permission_url(self, account_name: str, redirect_uri: str, state: str) -> str:
        """Where the owner says yes. The key is posted to the same address that the browser comes back to.

        The shop decodes both addresses once more than it should: the state must have no sign that this changes.
        """
        back = f"{redirect_uri}?{urlencode({'state': state})}"
        wanted = {
            "app_name": APP_NAME,
            "scope": "read_write",
            "user_id": account_name,
            "return_url": back,
            "callback_url": back,
        }
        return f"{self._base_url or f'https://{account_name}'}/wc-auth/v1/authorize?{urlencode(wanted)}"

    def finish(self, parameters: Mapping[str, str], now: dt.datetime) -> Installed | None:
        """The key that was posted, tried; or None when this is the browser coming back from a yes.

        `shop` is the account that the state was made for. Raises BadSignature, or the three.
        """
        if "consumer_key" not in parameters:
            if parameters.get("success") != "1":
                raise PermanentFailure("refused", "its owner said no")
            return None
        shop = self.account_name(parameters.get("shop", ""))
        given = schemas.read(schemas.NewKey(), dict(parameters), "key")
        if given["permissions"] != "read_write":
            raise PermanentFailure("scopes_missing", "the key may not both read and write")
        kept = {
            "consumer_key": given["consumer_key"],
            "consumer_secret": given["consumer_secret"],
            # Plain signs alone: the shop keeps `&amp;` for what was `&`.
            "webhook_secret": secrets.token_hex(32),
        }
        try:
            self._client.page(Account("", "woocommerce", shop, kept, {}), "webhooks", 1)
        except PermanentFailure as problem:
            if problem.code == ACCESS_REFUSED:
                raise BadSignature("this key is not the shop's") from None
            raise
        return Installed(shop, kept)

    def refresh(self, account: Account, now: dt.datetime) -> Mapping[str, str]:
        """The same secrets: a key lasts until somebody takes it away."""
        return account.secrets
