"""The least a worker can do with an order: twenty claimed at once, all statements sent before one is answered.

Of each order it reads the delivery's body, writes order and pickup, holds the smallest free door, and adds one event
and one message, which is claimed and settled in its turn. It opens and seals nothing, works out no code, and looks
nothing up.
"""

from __future__ import annotations

import json

import psycopg
from psycopg.rows import TupleRow

from bench.filled import CONNECTION, MERCHANT, made
from bench.orders import body
from bopis import clock
from bopis.ids import new_id

BATCH = 20
_CLAIM = (
    "UPDATE {box} SET lease_until = %s, lease_token = lease_token + 1, attempts = attempts + 1 WHERE id IN (SELECT id "
    "FROM {box} WHERE state = 'waiting' AND next_at <= %s AND lease_until IS NULL ORDER BY next_at LIMIT 20 "
    "FOR UPDATE SKIP LOCKED) RETURNING id, {wanted}"
)
_SETTLE = "UPDATE {box} SET state = 'done', lease_until = NULL WHERE id = ANY(%s)"
_ORDER = (
    "INSERT INTO orders (id, merchant_id, connection_id, platform_order_id, name, locale, paid, platform_updated_at, "
    "created_at) VALUES (%s, %s, %s, %s, '#1', '', true, %s, %s)"
)
_PICKUP = (
    "INSERT INTO pickups (id, merchant_id, order_id, unit_id, store_id, location_name, state, reason, size, lines, "
    "link_hash, link_sealed, created_at) VALUES (%s, %s, %s, %s, %s, '', 'reserved', '', 'S', '[]', %s, '', %s)"
)
_PLACE = (
    "INSERT INTO placements (id, merchant_id, pickup_id, compartment_id, state, created_at) "
    "SELECT %s, %s, %s, c.id, 'held', %s FROM compartments c JOIN banks b ON b.id = c.bank_id "
    "WHERE b.store_id = %s AND NOT EXISTS (SELECT 1 FROM placements p WHERE p.compartment_id = c.id AND "
    "p.state <> 'released') ORDER BY c.size = 'XL', c.size = 'L', c.size = 'M', c.number LIMIT 1"
)
_TIMELINE = (
    "INSERT INTO timeline (pickup_id, number, at, what, actor, detail, previous_hash, hash) "
    "VALUES (%s, 1, %s, 'reserved', 'system', '{}', '', '')"
)
_OUTBOX = (
    "INSERT INTO outbox (id, merchant_id, kind, subject, fields, created_at, state, outcome, attempts, next_at, "
    "lease_token) VALUES (%s, %s, 'PrepareGrant', %s, '{}', %s, 'waiting', '', 0, %s, 0)"
)


def work_off(connection: psycopg.Connection, stores: int) -> None:
    """Work off the inbox, then the outbox, until both are empty."""
    while entries := _claimed(connection, "inbox", "delivery_id"):
        with connection.pipeline():
            for _, number in entries:
                _place(connection, json.loads(_body(number))["id"], stores)
            _settle(connection, "inbox", entries)
        connection.commit()
    while entries := _claimed(connection, "outbox", "fields"):
        with connection.pipeline():
            _settle(connection, "outbox", entries)
        connection.commit()
    connection.commit()


_MARK = "0123456789012345"
_BEFORE, _AFTER = body(_MARK).split(_MARK.encode())


def _body(number: str) -> bytes:
    """What was delivered under this number; to build it anew would take longer than all the rest."""
    return _BEFORE + f"{int(number):016d}".encode() + _AFTER


def _claimed(connection: psycopg.Connection, box: str, wanted: str) -> list[TupleRow]:
    now = clock.now()
    return connection.execute(_CLAIM.format(box=box, wanted=wanted), (now, now)).fetchall()


def _settle(connection: psycopg.Connection, box: str, entries: list[TupleRow]) -> None:
    connection.execute(_SETTLE.format(box=box), ([entry[0] for entry in entries],))


def _place(connection: psycopg.Connection, order_number: int, stores: int) -> None:
    order, pickup, now, run = new_id(), new_id(), clock.now(), connection.execute
    store = made("stores", order_number % stores + 1)
    run(_ORDER, (order, MERCHANT, CONNECTION, str(order_number), now, now))
    run(_PICKUP, (pickup, MERCHANT, order, str(order_number), store, pickup, now))
    run(_PLACE, (new_id(), MERCHANT, pickup, now, store))
    run(_TIMELINE, (pickup, now))
    run(_OUTBOX, (new_id(), MERCHANT, new_id(), now, now))
