"""The webhooks we want, and what is done when some are missing or at rest: BigCommerce deactivates one that failed for
48 hours, or that had nothing to say for 90 days, and removes all when the app is uninstalled.
"""

from __future__ import annotations

from typing import Any

from bopis.errors import PermanentFailure
from bopis.ports import Account
from integrations.bigcommerce import schemas
from integrations.bigcommerce.client import StoreClient
from integrations.bigcommerce.schemas import read
from integrations.bigcommerce.webhooks import UNINSTALLED

SCOPES = (
    "store/order/created",
    "store/order/updated",
    "store/order/statusUpdated",
    "store/order/archived",
    "store/order/refund/created",
    "store/order/transaction/created",
    "store/order/transaction/updated",
    UNINSTALLED,
)
_MOST_PAGES = 20


def ensure(client: StoreClient, account: Account, callback_url: str) -> list[str]:
    """See to it that each of SCOPES has a live webhook to this address; returns those that had none.

    Raises the three effect errors.
    """
    ours = [hook for hook in _hooks(client, account) if hook["destination"] == callback_url]
    live = {hook["scope"] for hook in ours if hook["is_active"]}
    resting = {hook["scope"]: hook for hook in ours if not hook["is_active"]}
    missing = [scope for scope in SCOPES if scope not in live]
    for scope in missing:
        wanted = {"scope": scope, "destination": callback_url, "is_active": True}
        if scope in resting:
            client.write("PUT", account, f"v3/hooks/{resting[scope]['id']}", wanted)
        else:
            client.write("POST", account, "v3/hooks", wanted)
    return missing


def _hooks(client: StoreClient, account: Account) -> list[dict[str, Any]]:
    hooks: dict[str, dict[str, Any]] = {}
    for page in range(1, _MOST_PAGES + 1):
        found = client.get(account, "v3/hooks", page=page, limit=250) or {}
        rows = found.get("data") if isinstance(found, dict) else None
        if not isinstance(rows, list):
            raise PermanentFailure("unexpected_answer", "BigCommerce's answer is no list of webhooks")
        fresh = [hook for row in rows if (hook := read(schemas.Hook(), row, "hooks"))["id"] not in hooks]
        if not fresh:
            break
        hooks |= {hook["id"]: hook for hook in fresh}
        if page >= _pages(found):
            break
    return list(hooks.values())


def _pages(found: dict[str, Any]) -> int:
    try:
        return int(found["meta"]["pagination"]["total_pages"])
    except (KeyError, TypeError, ValueError):
        return _MOST_PAGES
