"""What others ask about banks and sizes."""

from __future__ import annotations

import base64
from collections.abc import Collection

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bopis import sealing
from bopis.among import among
from bopis.lockers.fit import Item
from bopis.lockers.models import Bank, Compartment, ItemSize
from bopis.prepared import Prepared


def banks_in(session: Session, store_id: str) -> list[Bank]:
    """A store's banks, oldest first."""
    return list(session.scalars(select(Bank).where(Bank.store_id == store_id).order_by(Bank.created_at, Bank.id)))


def compartment(session: Session, bank_id: str, number: int) -> Compartment | None:
    """One compartment of a bank by the number on its door."""
    return session.scalars(
        select(Compartment).where(Compartment.bank_id == bank_id, Compartment.number == number)
    ).first()


def item_sizes(session: Session, merchant_id: str, skus: Collection[str]) -> dict[str, Item]:
    """What is known of the room that these SKUs need."""
    return dict(_ITEMS.read(session, _item, of=merchant_id, skus=skus)) if skus else {}


def _item(
    sku: str,
    size: str,
    high: int | None,
    wide: int | None,
    deep: int | None,
    grams: int | None,
    category: str,
    confirmed: str,
    needs: str,
) -> tuple[str, Item]:
    sides = (high, wide, deep) if high and wide and deep else None
    return sku, Item(size, sides, grams, category, confirmed, frozenset(needs.split()))


_ITEMS = Prepared(
    select(
        ItemSize.sku,
        ItemSize.size,
        ItemSize.high_mm,
        ItemSize.wide_mm,
        ItemSize.deep_mm,
        ItemSize.grams,
        ItemSize.category,
        ItemSize.confirmed,
        ItemSize.needs,
    ).where(ItemSize.merchant_id == bindparam("of"), among(ItemSize.sku, "skus"))
)


def seal_bank_key(bank_id: str, key: bytes) -> bytes:
    """A bank's 32-byte key as it is stored."""
    return sealing.seal(base64.b64encode(key).decode(), to=f"banks.key:{bank_id}")


def bank_key(bank: Bank) -> bytes:
    """The 32-byte key that verifiers of this bank's grants are made with."""
    return open_bank_key(bank.id, bank.key_sealed)


def open_bank_key(bank_id: str, sealed: bytes) -> bytes:
    """What `seal_bank_key` was given."""
    return base64.b64decode(sealing.unseal(sealed, to=f"banks.key:{bank_id}"))
