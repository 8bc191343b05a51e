"""What others ask about keys."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis.access.actions import key_hash
from bopis.access.models import ApiKey
from bopis.errors import NotFound

_LONGEST = 200
AT_MOST = 200
"""Keys of one list: more than any merchant keeps in mind."""


def live_key(session: Session, text: str) -> ApiKey | None:
    """The key that a program shows, unless it was taken back."""
    if not text or len(text) > _LONGEST:
        return None
    return session.scalars(select(ApiKey).where(ApiKey.key_hash == key_hash(text), ApiKey.revoked_at.is_(None))).first()


def keys_of(session: Session, merchant_id: str) -> list[ApiKey]:
    """A merchant's keys, those in use first, newest first."""
    statement = select(ApiKey).where(ApiKey.merchant_id == merchant_id)
    in_order = statement.order_by(ApiKey.revoked_at.is_not(None), ApiKey.id.desc())
    return list(session.scalars(in_order.limit(AT_MOST)))


def one(session: Session, merchant_id: str, key_id: str) -> ApiKey:
    """A merchant's key by its id. Raises NotFound."""
    found = session.scalars(select(ApiKey).where(ApiKey.id == key_id, ApiKey.merchant_id == merchant_id)).first()
    if found is None:
        raise NotFound("unknown_key", "There is no such key.")
    return found
