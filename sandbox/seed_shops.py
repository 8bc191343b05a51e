"""One pretend shop of every platform beside the first, connected to the demo merchant."""

from __future__ import annotations

import secrets
from base64 import b64encode
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import clock
from bopis.ids import new_id
from bopis.merchants.models import Connection
from bopis.stores.models import LocationMapping
from sandbox.bigcommerce import state as bigcommerce
from sandbox.magento import state as magento
from sandbox.square import state as square

WOOCOMMERCE = "woo.fernhill.example"


def connect_all(session: Session, merchant_id: str, locations: dict[str, str], sandbox_url: str) -> list[Connection]:
    """The connection of each of them, made where it is missing. `locations`: a place's id → our store's."""
    found = []
    for vendor, (name, keys, settings) in _accounts(sandbox_url).items():
        there = session.scalars(select(Connection).where(Connection.vendor == vendor)).first()
        found.append(there or _connect(session, merchant_id, vendor, name, keys, locations))
        found[-1].settings = settings  # the sandbox may answer at another port than the last time
    return found


def told_to_the_sandbox(connections: list[Connection], public_url: str, places: list[dict[str, str]]) -> dict[str, Any]:
    """What its configuration says of them: keys, secrets, and where each sends its news."""
    found = {each.vendor: each for each in connections}
    urls = {vendor: f"{public_url}/webhooks/{vendor}/{each.id}" for vendor, each in found.items()}
    shop = found["woocommerce"]
    return {
        "woocommerce": {"site": f"https://{shop.account_name}", "locations": places, **shop.account().secrets},
        "standard": {**found["standard"].account().secrets, "webhook_url": urls["standard"]},
        "webhook_urls": urls,
    }


def _accounts(sandbox_url: str) -> dict[str, tuple[str, dict[str, str], dict[str, str]]]:
    """Platform → name, secrets and settings of its account."""
    keys = {
        "consumer_key": "ck_" + secrets.token_hex(20),
        "consumer_secret": "cs_" + secrets.token_hex(20),
        "webhook_secret": secrets.token_hex(32),
    }
    signing = {
        "signing_secret": "whsec_" + b64encode(secrets.token_bytes(32)).decode(),
        "access_token": secrets.token_hex(16),
    }
    addresses = {"orders_url": f"{sandbox_url}/standard/orders", "callback_url": f"{sandbox_url}/standard/news"}
    token = {"access_token": bigcommerce.ACCESS_TOKEN, "client_secret": bigcommerce.CLIENT_SECRET}
    seller = {"access_token": square.ACCESS_TOKEN, "signature_key": square.SIGNATURE_KEY}
    return {
        "woocommerce": (WOOCOMMERCE, keys, {}),
        "bigcommerce": (bigcommerce.STORE_HASH, token, {}),
        "square": (square.MERCHANT_ID, seller, {}),
        "magento": (magento.SITE, {"access_token": magento.ACCESS_TOKEN}, {"client_id": magento.CLIENT_ID}),
        "standard": ("fernhill-tills", signing, addresses),
    }


def _connect(
    session: Session,
    merchant_id: str,
    vendor: str,
    name: str,
    keys: dict[str, str],
    locations: dict[str, str],
) -> Connection:
    now = clock.now()
    made = Connection(
        id=new_id(), merchant_id=merchant_id, vendor=vendor, account_name=name, settings={}, created_at=now
    )
    made.keep_secrets(keys)
    made.watch(now)
    session.add(made)
    session.flush()
    for location, store_id in locations.items():
        session.add(LocationMapping(id=new_id(), connection_id=made.id, location_id=location, store_id=store_id))
    session.flush()
    return made
