"""The database and the Redis that someone named, tried before anything starts: what is wrong is said in a sentence."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing

import psycopg
import redis

from bopis.config import BadSetting, Settings

from . import Trouble

PATIENCE = 3
"""Seconds to wait for an answer."""


def check(environment: Mapping[str, str]) -> None:
    """Raise Trouble if the service would refuse this environment, or if its database or its Redis cannot be used."""
    try:
        settings = Settings.from_env(environment)
    except BadSetting as problem:
        raise Trouble(str(problem)) from None
    try:
        _try_database(settings.database_url)
    except (sqlite3.Error, psycopg.Error) as problem:
        raise Trouble(f"Cannot use DATABASE_URL: {_first_line(problem)}.") from None
    if environment["REDIS_URL"] == os.environ.get("REDIS_URL"):  # else it is ours, and does not run yet
        try:
            _try_redis(settings.redis_url)
        except (redis.RedisError, ValueError) as problem:
            raise Trouble(f"Cannot use REDIS_URL: {_first_line(problem)}.") from None


def _try_database(url: str) -> None:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=PATIENCE)) as connection:
            connection.execute("PRAGMA schema_version")
    else:
        psycopg.connect(url.replace("+psycopg", "", 1), connect_timeout=PATIENCE).close()


def _try_redis(url: str) -> None:
    with redis.Redis.from_url(url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE) as connection:
        connection.ping()


def _first_line(problem: Exception) -> str:
    return (str(problem).strip() or type(problem).__name__).splitlines()[0].rstrip(".")
