"""The webhooks we want, and what is done when some are missing or at rest: BigCommerce deactivates one that failed for
48 hours, or that had nothing to say for 90 days, and removes all when the app is uninstalled.
"""

from __future__ import annotations

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


def ensure(client: StoreClient, account: Account, callback_url: str) -> list[str]:
    """See to it that each of SCOPES has a live webhook to this address; returns those that had none.

    Raises the three effect errors.
    """
    hooks = [read(schemas.Hook(), row, "hooks") for row in client.listed(account, "v3/hooks")]
    ours = [hook for hook in hooks if hook["destination"] == callback_url]
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
