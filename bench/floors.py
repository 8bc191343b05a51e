"""The least a server can do with a signed delivery: verify, insert, commit, answer. What we measure ourselves against.

Served exactly as we are. Written as a careful person writes it by hand, with no order, no duplicate and no ring.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import queue
import sqlite3
import threading
import uuid

import psycopg
from flask import Flask, Response, request

from bench.machine import plain
from bench.orders import SECRET

TABLE = "CREATE TABLE floor (id TEXT PRIMARY KEY, topic TEXT NOT NULL, body {binary} NOT NULL)"
POOL = 8


def postgresql() -> Flask:
    """With psycopg and a pool as large as the threads, against DATABASE_URL."""
    pool: queue.LifoQueue[psycopg.Connection] = queue.LifoQueue()
    for _ in range(POOL):
        pool.put(psycopg.connect(plain(os.environ["DATABASE_URL"])))

    def insert(row: tuple[str, str, bytes]) -> None:
        connection = pool.get()
        try:
            connection.execute("INSERT INTO floor VALUES (%s, %s, %s)", row)
            connection.commit()
        finally:
            pool.put(connection)

    return _app(insert)


def sqlite() -> Flask:
    """With sqlite3, WAL and synchronous=FULL, a connection a thread, against DATABASE_URL."""
    local = threading.local()
    path = os.environ["DATABASE_URL"].removeprefix("sqlite:///")

    def insert(row: tuple[str, str, bytes]) -> None:
        if not hasattr(local, "connection"):
            local.connection = sqlite3.connect(path, isolation_level=None, timeout=10)
            local.connection.execute("PRAGMA journal_mode=WAL")
            local.connection.execute("PRAGMA synchronous=FULL")
        local.connection.execute("BEGIN IMMEDIATE")
        local.connection.execute("INSERT INTO floor VALUES (?, ?, ?)", row)
        local.connection.execute("COMMIT")

    return _app(insert)


def _app(insert: object) -> Flask:
    app = Flask("floor")

    @app.get("/livez")
    def livez() -> Response:
        return Response(status=204)

    @app.post("/floor")
    def receive() -> Response:
        body = request.get_data()
        signature = base64.b64decode(request.headers["X-Shopify-Hmac-Sha256"])
        if not hmac.compare_digest(hmac.new(SECRET.encode(), body, hashlib.sha256).digest(), signature):
            return Response(status=401)
        insert((str(uuid.uuid4()), request.headers["X-Shopify-Topic"], body))  # type: ignore[operator]
        return Response(status=202)

    return app
