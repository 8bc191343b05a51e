"""Whoever may come with a key, or without one: all that there are to ask the same of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from flask import Flask

from bopis import clock
from bopis.access.actions import revoke
from bopis.access.models import ApiKey
from bopis.access.scopes import SCOPES
from tests.bopis.web.api_v1.developer import Developer
from tests.world import World


@dataclass(frozen=True)
class Holder:
    """One of them. `hidden`: what must stand in no answer to it."""

    name: str
    headers: dict[str, str] = field(repr=False)
    hidden: tuple[str, ...] = ()
    is_let_in: bool = True


def holders(
    web: Flask, world: World, shoppers: tuple[str, ...], store: tuple[str, ...], merchant: tuple[str, ...]
) -> Iterator[Holder]:
    """A key of every scope alone, of all and of all but one, for another store, of another merchant, taken back, none.

    Keys differ in nothing else: who made one is written down and decides nothing, and none ends by itself. Each of the
    words says of whom it is: of shoppers, of the store High Street, of the merchant.
    """

    def headers(*scopes: str, of: World = world, store_id: str | None = None) -> dict[str, str]:
        return Developer(web, of, scopes or tuple(SCOPES), store_id).headers

    yield Holder("every scope", headers())
    for scope in SCOPES:
        yield Holder(f"{scope} alone", headers(scope), shoppers)
    yield Holder("no shoppers", headers(*(scope for scope in SCOPES if scope != "shoppers:read")), shoppers)
    yield Holder("one store", headers(store_id=world.store_id))
    yield Holder("another store", headers(store_id=world.station_id), (*shoppers, *store))
    everything = (*shoppers, *store, *merchant)
    assert world.outsider is not None
    yield Holder("another merchant", headers(of=world.outsider), everything)
    gone = Developer(web, world)
    with world.database.transaction() as session:
        revoke(session, session.get_one(ApiKey, gone.key.id), clock.now(), actor="system")
    yield Holder("taken back", gone.headers, everything, is_let_in=False)
    yield Holder("no key", {}, everything, is_let_in=False)
