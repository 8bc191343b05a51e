"""What others ask about banks and sizes."""

from __future__ import annotations

import base64
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import sealing
from bopis.lockers.models import Bank, Compartment, ItemSize


def banks_in(session: Session, store_id: str) -> list[Bank]:
    """A store's banks, oldest first."""
    return list(session.scalars(select(Bank).where(Bank.store_id == store_id).order_by(Bank.created_at, Bank.id)))


def compartment(session: Session, bank_id: str, number: int) -> Compartment | None:
    """One compartment of a bank by the number on its door."""
    return session.scalars(
        select(Compartment).where(Compartment.bank_id == bank_id, Compartment.number == number)
    ).first()


def item_sizes(session: Session, merchant_id: str, skus: Collection[str]) -> dict[str, str]:
    """The sizes a merchant has given for these SKUs."""
    statement = select(ItemSize.sku, ItemSize.size).where(ItemSize.merchant_id == merchant_id, ItemSize.sku.in_(skus))
    return {row.sku: row.size for row in session.execute(statement)}


def seal_bank_key(bank_id: str, key: bytes) -> bytes:
    """A bank's 32-byte key as it is stored."""
    return sealing.seal(base64.b64encode(key).decode(), to=f"banks.key:{bank_id}")


def bank_key(bank: Bank) -> bytes:
    """The 32-byte key that verifiers of this bank's grants are made with."""
    return base64.b64decode(sealing.unseal(bank.key_sealed, to=f"banks.key:{bank.id}"))
