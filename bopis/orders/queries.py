"""What others ask about orders."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis.stores.models import Store


def country_of(session: Session, merchant_id: str) -> str:
    """The country a merchant's phone numbers are read in when nothing better is known: that of its first store."""
    statement = select(Store.country).where(Store.merchant_id == merchant_id).order_by(Store.created_at).limit(1)
    return session.scalars(statement).first() or ""
