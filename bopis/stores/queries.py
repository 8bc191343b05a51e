"""What others ask about stores."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bopis.among import among
from bopis.memory import memory
from bopis.prepared import Prepared
from bopis.stores.models import LocationMapping, Store

_NEAR = 0.6


def lock(session: Session, *store_ids: str) -> None:
    """Hold everything that moves in these stores still until the transaction ends.

    Whatever changes a pickup, a placement or a grant takes this lock first, so that two changes in one store come one
    after the other and never wait for each other in a circle: several at once are taken in the order of their ids.
    (SQLite has one writer anyway.)
    """
    held = memory(session, "locks")
    wanted = sorted(set(store_ids) - held.keys())
    if len(wanted) == 1:
        _LOCK.put_off(session, of=wanted[0])
    elif wanted:
        _LOCK_ALL.put_off(session, these=wanted)
    held.update(dict.fromkeys(wanted, True))


# The gentler of the two locks: a row elsewhere that refers to a store need not wait.
_LOCK = Prepared(select(Store.id).where(Store.id == bindparam("of")).with_for_update(key_share=True))
_LOCK_ALL = Prepared(
    select(Store.id).where(among(Store.id, "these")).order_by(Store.id).with_for_update(key_share=True)
)


def stores_at(session: Session, places: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The ids of the stores that platforms' locations are mapped to, by (connection, location)."""
    connections, locations = {place[0] for place in places}, {place[1] for place in places}
    found = _MAPPED.run(session, connections=connections, locations=locations) if places else ()
    return {(connection_id, location_id): store_id for connection_id, location_id, store_id in found}


_MAPPED = Prepared(
    select(LocationMapping.connection_id, LocationMapping.location_id, LocationMapping.store_id).where(
        among(LocationMapping.connection_id, "connections"), among(LocationMapping.location_id, "locations")
    )
)


def store_for_location(session: Session, connection_id: str, location_id: str) -> Store | None:
    """The store a platform's location is mapped to."""
    return session.scalars(
        select(Store)
        .join(LocationMapping, LocationMapping.store_id == Store.id)
        .where(LocationMapping.connection_id == connection_id, LocationMapping.location_id == location_id)
    ).first()


def nearest_by_name(session: Session, merchant_id: str, name: str) -> Store | None:
    """The merchant's store that a platform's name for a location most probably means; None when none is near."""
    stores = select(Store).where(Store.merchant_id == merchant_id).order_by(Store.created_at, Store.id)
    return nearest(session.scalars(stores), name)


def nearest(stores: Iterable[Store], name: str) -> Store | None:
    """That one of these stores whose name is most like this; None when none is."""
    wanted = name.casefold().strip()
    scored = [(_likeness(wanted, store.name.casefold()), store) for store in stores] if wanted else []
    likeness, found = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    return found if likeness >= _NEAR else None


def _likeness(one: str, other: str) -> float:
    if one in other or other in one:
        return 1.0
    return difflib.SequenceMatcher(None, one, other).ratio()
