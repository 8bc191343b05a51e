"""The least a worker can do with an order: twenty claimed at once, all statements sent before one is answered.

Of each order it reads the delivery and writes the very rows we write: order, pickup, the smallest free door held,
a grant, two events and a message. That is claimed in its turn, the grant gets its verifier and its bank a new number.
It opens and seals nothing, draws no code, chains no event, holds no store, and looks nothing up.
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
_GRANT = (
    "INSERT INTO grants (id, merchant_id, pickup_id, bank_id, version, state, selector, code_sealed, salt, qr_sealed, "
    "qr_sha256, valid_from, valid_until, lease_until, sync_version, created_at) "
    "VALUES (%s, %s, %s, %s, 1, 'held', %s, '', '', '', %s, %s, %s, %s, 0, %s)"
)
_TIMELINE = (
    "INSERT INTO timeline (pickup_id, number, at, written_at, what, actor, detail, previous_hash, hash) VALUES "
    "(%s, 1, %s, now(), 'waiting', 'platform', '{}', '', ''), (%s, 2, %s, now(), 'reserved', 'system', '{}', '', '')"
)
_OUTBOX = (
    "INSERT INTO outbox (id, merchant_id, kind, subject, fields, created_at, state, outcome, attempts, next_at, "
    "lease_token) VALUES (%s, %s, 'PrepareGrant', %s, %s, %s, 'waiting', '', 0, %s, 0)"
)
_NUMBER = "UPDATE banks SET sync_version = sync_version + 1 WHERE id = ANY(%s)"
_VERIFIER = "UPDATE grants SET verifier = %s, lease_until = %s, sync_version = 1 WHERE id = %s"


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
            connection.execute(_NUMBER, (sorted({fields["bank_id"] for _, fields in entries}),))
            for _, fields in entries:
                connection.execute(_VERIFIER, (b"v" * 32, clock.now(), fields["grant_id"]))
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
    order, pickup, grant, now, run = new_id(), new_id(), new_id(), clock.now(), connection.execute
    turn, number = divmod(order_number, stores)
    store, bank = made("stores", number + 1), made("banks", number + 1)
    run(_ORDER, (order, MERCHANT, CONNECTION, str(order_number), now, now))
    run(_PICKUP, (pickup, MERCHANT, order, str(order_number), store, pickup, now))
    run(_PLACE, (new_id(), MERCHANT, pickup, now, store))
    run(_GRANT, (grant, MERCHANT, pickup, bank, f"{turn % 1000:03d}", grant, now, now, now, now))
    run(_TIMELINE, (pickup, now, pickup, now))
    run(_OUTBOX, (new_id(), MERCHANT, grant, json.dumps({"grant_id": grant, "bank_id": bank}), now, now))
