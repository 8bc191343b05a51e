"""A demo merchant for the embedded defaults: two stores, one bank of 24 compartments, two people, a phone,
and a shop of every platform.

`python -m sandbox.seed` writes what is missing into the database and into DATA_DIR, and changes nothing that is there.
The merchant and the people are made up.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import clock
from bopis.bell import SilentBell
from bopis.bridges.actions import offer_enrolment
from bopis.bridges.queries import bridge_of
from bopis.config import Settings
from bopis.ids import new_id
from bopis.lockers.models import Bank, ItemSize
from bopis.merchants.models import Connection, Merchant
from bopis.staff.actions import hash_pin
from bopis.staff.models import StaffMember
from bopis.stores.models import LocationMapping, Store
from bopis.wiring import build
from sandbox.seed_bank import add_bank, doors
from sandbox.seed_shops import connect_all, told_to_the_sandbox

SHOP = "fernhill-demo.myshopify.com"
STORES = (("Fernhill High Street", "12 High Street", "1001"), ("Fernhill Station", "1 Station Square", "1002"))
PEOPLE = (("Associate One", "A1001", "246810", "associate"), ("Admin One", "D1001", "975313", "admin"))
ITEM_SIZES = {
    "LIP-ROSE": "S",
    "BOOK-TIDE": "S",
    "MUG-SLATE": "S",
    "SHOE-TRAIL": "M",
    "LAMP-ARC": "L",
    "CASE-CABIN": "XL",
}


def main() -> None:
    """Seed the database named by the environment and write the sandbox's configuration."""
    directory = Path(os.environ["DATA_DIR"])
    settings = Settings.from_env()
    service = build(settings, SilentBell())
    directory.mkdir(parents=True, exist_ok=True)
    with service.database.transaction() as session:
        if session.scalars(select(Merchant).limit(1)).first() is None:
            _create(session)
        _write_files(session, directory, settings)


def _create(session: Session) -> None:
    now = clock.now()
    merchant = Merchant(id=new_id(), name="Fernhill (demo)", created_at=now)
    session.add(merchant)
    keys = {"access_token": "shpat_" + secrets.token_hex(16), "client_secret": secrets.token_hex(16)}
    shop = _connection(session, merchant, "shopify", SHOP, {}, keys)
    token = {"auth_token": secrets.token_hex(16)}
    _connection(session, merchant, "twilio", "AC" + secrets.token_hex(16), {"from": "+12015550100"}, token)
    stores = [_store(session, merchant, shop, *each) for each in STORES]
    add_bank(session, stores[0])
    for name, badge, pin, role in PEOPLE:
        session.add(
            StaffMember(
                id=new_id(),
                merchant_id=merchant.id,
                store_id=stores[0].id,
                name=name,
                badge=badge,
                pin_hash=hash_pin(pin),
                role=role,
                active=True,
                failures=0,
            )
        )
    for sku, size in ITEM_SIZES.items():
        session.add(ItemSize(id=new_id(), merchant_id=merchant.id, sku=sku, size=size))
    session.flush()


def _store(session: Session, merchant: Merchant, shop: Connection, name: str, address: str, location: str) -> Store:
    store = Store(
        id=new_id(),
        merchant_id=merchant.id,
        name=name,
        address=address,
        country="US",
        time_zone="America/New_York",
        hold_hours=72,
        created_at=clock.now(),
    )
    session.add(store)
    session.flush()
    session.add(LocationMapping(id=new_id(), connection_id=shop.id, location_id=location, store_id=store.id))
    return store


def _connection(
    session: Session, merchant: Merchant, vendor: str, name: str, settings: dict[str, str], secret: dict[str, str]
) -> Connection:
    connection = Connection(
        id=new_id(),
        merchant_id=merchant.id,
        vendor=vendor,
        account_name=name,
        settings=settings,
        created_at=clock.now(),
    )
    connection.keep_secrets(secret)
    if vendor == "shopify":
        connection.watch(clock.now())
    elif vendor == "stripe":
        connection.payments_at = clock.now()
    session.add(connection)
    session.flush()
    return connection


def _cards(session: Session) -> Connection:
    keys = {"secret_key": "sk_test_" + secrets.token_hex(16), "webhook_secret": "whsec_" + secrets.token_hex(16)}
    merchant = session.scalars(select(Merchant).order_by(Merchant.created_at).limit(1)).one()
    return _connection(session, merchant, "stripe", "acct_" + secrets.token_hex(8), {}, keys)


def _write_files(session: Session, directory: Path, settings: Settings) -> None:
    bank = session.scalars(select(Bank)).one()
    world = _world(session, settings) | {"bank": {"tty": str((directory / "bank.tty").absolute()), "doors": doors()}}
    _write(directory / "sandbox.json", json.dumps(world, indent=2))
    kiosk = urlsplit(os.environ["KIOSK_URL"])
    _write(
        directory / "bridge.toml",
        f"""data_dir = "bridge"
cloud_url = "{settings.bridges_url}"
port = "{directory.absolute()}/bank.tty"
kiosk_host = "{kiosk.hostname}"
kiosk_port = {kiosk.port}
enrolment_code_file = "enrolment-code"
""",
    )
    if bridge_of(session, bank.id) is None:
        code = secrets.token_hex(5).upper()
        offer_enrolment(session, bank, code, clock.now())
        _write(directory / "enrolment-code", code)


def _world(session: Session, settings: Settings) -> dict[str, Any]:
    """What the sandbox is told of its shops, its cards and its phone."""
    shop = session.scalars(select(Connection).where(Connection.vendor == "shopify")).one()
    phone = session.scalars(select(Connection).where(Connection.vendor == "twilio")).one()
    cards = session.scalars(select(Connection).where(Connection.vendor == "stripe")).first() or _cards(session)
    mapped = session.scalars(select(LocationMapping).where(LocationMapping.connection_id == shop.id))
    stores = {each.location_id: each.store_id for each in mapped if each.store_id}
    others = connect_all(session, shop.merchant_id, stores, settings.stripe_url)
    places = [{"id": location, "name": name} for name, _, location in STORES]
    return {
        "shop": {
            "domain": shop.account_name,
            **shop.account().secrets,
            "webhook_url": f"{settings.public_url}/webhooks/shopify/{shop.id}",
            "locations": places,
        },
        **told_to_the_sandbox(others, settings.public_url, places),
        "twilio": {"account_sid": phone.account_name, **phone.account().secrets, "from": phone.settings["from"]},
        "stripe": {**cards.account().secrets, "webhook_url": f"{settings.public_url}/payments/stripe/{cards.id}"},
    }


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


if __name__ == "__main__":
    main()
