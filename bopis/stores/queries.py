"""What others ask about stores."""

from __future__ import annotations

import difflib

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bopis.stores.models import LocationMapping, Store

_NEAR = 0.6


def lock(session: Session, store_id: str) -> Store:
    """The store, with everything that moves in it held still until the transaction ends.

    Whatever changes a pickup, a placement or a grant takes this lock first, so that two changes in one store come one
    after the other and never wait for each other in a circle. (SQLite has one writer anyway.)
    """
    return session.scalars(_LOCK, {"of": store_id}).one()


# Statements on the way of every order are built once: building takes longer than sending.
_LOCK = select(Store).where(Store.id == bindparam("of")).with_for_update().execution_options(populate_existing=True)


def store_for_location(session: Session, connection_id: str, location_id: str) -> Store | None:
    """The store a platform's location is mapped to."""
    return session.scalars(
        select(Store)
        .join(LocationMapping, LocationMapping.store_id == Store.id)
        .where(LocationMapping.connection_id == connection_id, LocationMapping.location_id == location_id)
    ).first()


def nearest_by_name(session: Session, merchant_id: str, name: str) -> Store | None:
    """The merchant's store that a platform's name for a location most probably means; None when none is near."""
    wanted = name.casefold().strip()
    stores = session.scalars(select(Store).where(Store.merchant_id == merchant_id).order_by(Store.created_at, Store.id))
    scored = [(_likeness(wanted, store.name.casefold()), store) for store in stores] if wanted else []
    likeness, nearest = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    return nearest if likeness >= _NEAR else None


def _likeness(one: str, other: str) -> float:
    if one in other or other in one:
        return 1.0
    return difflib.SequenceMatcher(None, one, other).ratio()
