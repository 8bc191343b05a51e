"""A database with something in it: a merchant, thousands of stores, a long past; made in SQL, a million rows at once.

PostgreSQL only, but for `merchant`. Ids look like ours: 36 characters, rising, and older than what comes now.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import JSON, Boolean, DateTime, Integer, LargeBinary
from sqlalchemy.types import TypeDecorator, TypeEngine

from bench.machine import plain
from bench.orders import SECRET, SHOP
from bopis import clock, models
from bopis.db import Base, Database
from bopis.lockers.queries import seal_bank_key
from bopis.merchants.models import Connection, Merchant

VENDOR = "shopify"
DOORS = 60
_SIZES = "(ARRAY['S','S','S','M','M','M','M','L','L','XL'])"
_EMPTY = ((Boolean, "false"), (Integer, "0"), (LargeBinary, "'x'::bytea"), (JSON, "'{}'::jsonb"), (DateTime, "now()"))
assert models  # every table is known once they are all imported


def made(kind: str, number: int) -> str:
    """The id of the `number`-th row of a kind; SQL's `made` gives the same."""
    return f"00{kind[:6]:-<6}-0000-7000-8000-{number:012d}"


MERCHANT, CONNECTION = made("merchant", 1), made("connection", 1)


def merchant(database: Database) -> None:
    """The merchant and its shop, on either kind of database."""
    now = clock.now()
    with database.transaction() as session:
        session.add(Merchant(id=MERCHANT, name="Fernhill", created_at=now))
        session.flush()
        shop = Connection(
            id=CONNECTION, merchant_id=MERCHANT, vendor=VENDOR, account_name=SHOP, settings={}, created_at=now
        )
        shop.keep_secrets({"client_secret": SECRET, "access_token": "none"})
        session.add(shop)


@contextmanager
def filling(url: str) -> Iterator[psycopg.Connection]:
    """A connection that may forget a second in a power cut, with SQL's `made`; statistics are true afterwards."""
    with psycopg.connect(plain(url), autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        # What refers to what is right by construction; asking for each of ten million rows would take most of the time.
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "CREATE OR REPLACE FUNCTION made(kind text, n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS "
            "$$ SELECT '00' || rpad(left(kind, 6), 6, '-') || '-0000-7000-8000-' || lpad(n::text, 12, '0') $$"
        )
        _give_defaults(connection)
        yield connection
        connection.execute("VACUUM ANALYZE")


def rows(connection: psycopg.Connection, table: str, first: int, last: int, **columns: str) -> None:
    """Insert the rows `first` to `last` of a table, each column an SQL expression of `n`.

    The id is `made` from the table's name unless given.
    """
    given = {"id": f"made('{table}', n)", "merchant_id": f"'{MERCHANT}'", **columns}
    known = {name: words for name, words in given.items() if name in Base.metadata.tables[table].columns}
    names = ", ".join(f'"{name}"' for name in known)
    connection.execute(
        f"INSERT INTO {table} ({names}) SELECT {', '.join(known.values())} FROM generate_series({first}, {last}) AS n"
    )


def _give_defaults(connection: psycopg.Connection) -> None:
    """Let what must not be null be empty when it is not given, so that a statement here names what matters alone."""
    for table in Base.metadata.tables.values():
        columns = [column for column in table.columns if not column.nullable and not column.primary_key]
        changes = [f'ALTER COLUMN "{column.name}" SET DEFAULT {_empty(column.type)}' for column in columns]
        if changes:
            connection.execute(f"ALTER TABLE {table.name} {', '.join(changes)}")


def _empty(kind: TypeEngine[Any]) -> str:
    plain_kind = kind.impl if isinstance(kind, TypeDecorator) else kind
    return next((empty for of, empty in _EMPTY if isinstance(plain_kind, of)), "''")


def stores(connection: psycopg.Connection, first: int, last: int) -> None:
    """Stores `first` to `last`, each with a bank of sixty doors and an enrolled bridge; needs the merchant."""
    rows(
        connection,
        "stores",
        first,
        last,
        name="'Store ' || n",
        address="n || ' High Street'",
        country="'US'",
        time_zone="'America/New_York'",
        hold_hours="72",
    )
    rows(
        connection,
        "location_mappings",
        first,
        last,
        connection_id=f"'{CONNECTION}'",
        location_id="n::text",
        store_id="made('stores', n)",
    )
    rows(
        connection,
        "banks",
        first,
        last,
        store_id="made('stores', n)",
        name="'Entrance'",
        board="'kerong-cu16'",
        has_item_sensors="true",
    )
    rows(
        connection,
        "bridges",
        first,
        last,
        bank_id="made('banks', n)",
        key_number="1",
        software="'1.0.0'",
        seen_at="now()",
    )
    rows(
        connection,
        "compartments",
        (first - 1) * DOORS + 1,
        last * DOORS,
        bank_id=f"made('banks', (n - 1) / {DOORS} + 1)",
        number=f"(n - 1) % {DOORS} + 1",
        size=f"{_SIZES}[(n - 1) % 10 + 1]",
        inner_mm="'[250, 400, 500]'::jsonb",
        accessible="n % 5 = 0",
        board_address=f"((n - 1) % {DOORS}) / 16",
        channel=f"((n - 1) % {DOORS}) % 16",
        row="n % 10",
        column=f"((n - 1) % {DOORS}) / 10",
        height="1",
        in_service="true",
        door="'shut'",
        item="'absent'",
    )
    keys = [(seal_bank_key(made("banks", n), b"k" * 32), made("banks", n)) for n in range(first, last + 1)]
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE banks SET key_sealed = %s WHERE id = %s", keys)


def waiting(connection: psycopg.Connection, first: int, last: int, store: str) -> None:
    """Orders that came and wait for a place; `store` is an SQL expression of `n`, a store's number."""
    _orders(connection, first, last)
    rows(
        connection,
        "pickups",
        first,
        last,
        order_id="made('orders', n)",
        unit_id="'unit-' || n",
        store_id=f"made('stores', {store})",
        location_name="'High Street'",
        state="'waiting'",
        size="'M'",
        lines="""'[{"title": "Stoneware mug", "sku": "MUG", "quantity": 1}]'::jsonb""",
        link_hash="sha256(n::text::bytea)::text",
    )


def _orders(connection: psycopg.Connection, first: int, last: int) -> None:
    rows(
        connection,
        "orders",
        first,
        last,
        connection_id=f"'{CONNECTION}'",
        platform_order_id="(9000000000 + n)::text",
        name="'#' || n",
        locale="'en'",
        paid="true",
        created_at=_at("n"),
        platform_updated_at=_at("n"),
    )


def history(connection: psycopg.Connection, first: int, last: int, banks: int, busy: int) -> None:
    """Pickups that are over, with all they left behind. The first `busy` of them lie in store 1, the others evenly."""
    bank = f"CASE WHEN n - {first} < {busy} THEN 1 ELSE n % {banks} + 1 END"
    _orders(connection, first, last)
    rows(
        connection,
        "pickups",
        first,
        last,
        order_id="made('orders', n)",
        unit_id="'unit-' || n",
        store_id=f"made('stores', {bank})",
        location_name="'High Street'",
        state="'collected'",
        size="'M'",
        lines="""'[{"title": "Stoneware mug", "sku": "MUG", "quantity": 1}]'::jsonb""",
        link_hash="sha256(n::text::bytea)::text",
        created_at=_at("n"),
        ready_at=_at("n"),
        hold_until=_at("n"),
        closed_at=_at("n"),
    )
    rows(
        connection,
        "placements",
        first,
        last,
        pickup_id="made('pickups', n)",
        compartment_id=f"made('compartments', ({bank} - 1) * {DOORS} + n % {DOORS} + 1)",
        state="'released'",
        created_at=_at("n"),
        loaded_at=_at("n"),
        released_at=_at("n"),
        evidence="'own_opening'",
    )
    rows(
        connection,
        "grants",
        first,
        last,
        pickup_id="made('pickups', n)",
        bank_id=f"made('banks', {bank})",
        state="'closed'",
        version="1",
        selector="lpad((n % 1000)::text, 3, '0')",
        salt="'sixteen bytes...'::bytea",
        verifier="'thirty-two bytes of a verifier...'::bytea",
        qr_sha256="md5(n::text) || md5(n::text)",
        valid_from=_at("n"),
        valid_until=_at("n"),
        lease_until=_at("n"),
        sync_version="n",
        created_at=_at("n"),
        closed_at=_at("n"),
    )
    rows(
        connection,
        "timeline",
        3 * first,
        3 * last + 2,
        pickup_id="made('pickups', n / 3)",
        number="n % 3 + 1",
        at=_at("n / 3"),
        written_at=_at("n / 3"),
        what="'ready'",
        actor="'system'",
        detail="""'{"was": "reserved"}'::jsonb""",
        previous_hash="md5(n::text) || md5(n::text)",
        hash="md5(n::text) || md5(n::text)",
    )
    done = {"state": "'done'", "attempts": "1", "next_at": _at("n")}
    rows(
        connection,
        "inbox",
        first,
        last,
        connection_id=f"'{CONNECTION}'",
        delivery_id="n::text",
        topic="'orders/create'",
        subject="n::text",
        content_hash="md5(n::text) || md5(n::text)",
        received_at=_at("n"),
        **done,
    )
    rows(
        connection,
        "outbox",
        first,
        last,
        kind="'MarkReady'",
        subject="made('pickups', n)",
        created_at=_at("n"),
        fields="jsonb_build_object('pickup_id', made('pickups', n))",
        **done,
    )


def _at(number: str) -> str:
    """A moment at least two days ago, later for higher numbers, a year in all for ten million."""
    start = (dt.datetime.now(dt.UTC) - dt.timedelta(days=367)).date().isoformat()
    return f"timestamptz '{start}' + interval '3 seconds' * ({number})"
