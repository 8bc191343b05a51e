"""One sync of a bridge: what it reports is taken in, and it is answered at once or as soon as there is news.

Thousands of syncs are held open at a time. One that waits holds a thread and its connection to the bridge, nothing
else: no session, no connection to the database.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bopis import clock
from bopis.bell import BankListener
from bopis.bridges import actions, keys
from bopis.bridges.models import Bridge, DoorCommand
from bopis.bridges.people import people, settings
from bopis.bridges.queries import layout, standing, waiting_commands
from bopis.db import Database
from bopis.errors import Forbidden, Unavailable
from bopis.pickups.device_events import act_on
from bopis.pickups.for_bridge import grants_since
from bopis.pickups.work import work_list
from bopis.web.watching import Held, Watch

AT_ONCE = 8
"""So many syncs of one process are worked on at a time; the others wait in line. More would only take each other's
processor and fill the pool of connections, and then be refused."""
PATIENCE = 10.0
"""Seconds in that line after which a bridge is told to come back later."""


@dataclass(frozen=True)
class News:
    """What a bridge is to hear; false when there is nothing. `acked` is its last event stored without a gap."""

    cursor: str
    version: int
    acked: int
    reset: bool
    grants: list[dict[str, Any]]
    layout: dict[str, Any] | None
    commands: list[DoorCommand]
    store: dict[str, Any]
    """Lists of people and of work, and settings, by these names; None where the bridge holds them already."""
    key: dict[str, Any] | None
    """Its new key's name, or that it should offer one."""

    def __bool__(self) -> bool:
        return self.reset or bool(self.grants or self.layout or self.commands or any(self.store.values()))


class Syncs:
    """The syncs of one process."""

    def __init__(self, database: Database, listener: BankListener) -> None:
        self._database, self._listener = database, listener
        self._watch = Watch(database, listener)
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def news(self, key_id: str, nonce: str, sent: dict[str, Any]) -> News | None:
        """Take in what a bridge sent, signed with this key, and tell it what there is, at once or within the seconds it waits.

        None when this bridge may not speak any more. Raises Forbidden (seen before; revoked meanwhile), Unavailable.
        """
        deadline = clock.now().timestamp() + sent["wait"]
        with self._turn() as session:
            bridge = _take_in(session, key_id, nonce, sent, clock.now())
            if bridge is None:
                return None
            sent["key"] = keys.offered(session, bridge, key_id, sent.get("new_key"))
            heard = self._listener.count(bridge.bank_id)
            news = _look(session, bridge, sent)
        # Sixty doors, and a session with all it has read, are much for thousands of syncs that wait.
        sent["doors"] = {}
        del session
        while not news and not _something_to_acknowledge(sent):
            with self._watch.holding(Held(bridge.bank_id, news.version, bridge.id)):
                if not self._listener.wait(bridge.bank_id, heard, deadline - clock.now().timestamp()):
                    break
            with self._turn() as session:
                heard = self._listener.count(bridge.bank_id)
                news = _look(session, bridge, sent)
            del session
        return news

    @contextmanager
    def _turn(self) -> Iterator[Session]:
        if not self._turns.acquire(timeout=PATIENCE):
            raise Unavailable("busy", "Too many bridges speak at once. Please try again.")
        try:
            with self._database.transaction() as session:
                yield session
        finally:
            self._turns.release()


def _take_in(session: Session, key_id: str, nonce: str, sent: dict[str, Any], now: dt.datetime) -> Bridge | None:
    bridge_id = keys.bridge_of_key(key_id)
    actions.remember_nonce(session, bridge_id, nonce, now)
    version = _version(sent["cursor"], bridge_id) or 0
    bridge = actions.greet(
        session,
        bridge_id,
        applied_version=version,
        staff_held=sent.get("staff") or "",
        now=now,
    )
    if bridge is None or not keys.used(session, bridge, key_id, now):
        return None
    keys.booted(session, bridge, sent["boot_id"], now)
    actions.record_doors(session, bridge.bank_id, sent["doors"], now)
    act_on(session, bridge, actions.record_events(session, bridge, sent["events"], now), now)
    for result in sent["results"]:
        actions.settle_command(session, bridge, result, now)
    return bridge


def _look(session: Session, bridge: Bridge, sent: dict[str, Any]) -> News:
    """What there is for a bridge to hear now; its commands count as told. Raises Forbidden when it was revoked."""
    now, version = clock.now(), _version(sent["cursor"], bridge.id)
    # Read before the grants: what changes in between is told again rather than missed.
    newest = standing(session, bridge.id)
    if newest is None:
        raise Forbidden("revoked", "This bridge was replaced or revoked.")
    if version is not None and version > newest:
        version = None  # the database was restored to an earlier time
    shape = layout(session, bridge.bank_id)
    commands = waiting_commands(session, bridge.id, now)
    if commands:
        actions.note_delivery(session, [command.id for command in commands], now)
    return News(
        cursor=f"{bridge.id}:{newest}",
        version=newest,
        acked=bridge.last_seq,
        reset=version is None,
        grants=grants_since(session, bridge.bank_id, version or 0) if version != newest else [],
        layout=shape if shape["hash"] != sent["layout"] else None,
        commands=commands,
        store=_store(session, bridge, sent),
        key=sent["key"],
    )


def _store(session: Session, bridge: Bridge, sent: dict[str, Any]) -> dict[str, Any]:
    """What the bridge asked for by the hash it holds, where ours is another."""
    told = {}
    for name, look in _ASKED_BY_HASH.items():
        if name in sent:
            ours = look(session, bridge.bank_id)
            told[name] = ours if ours["hash"] != sent[name] else None
    return told


_ASKED_BY_HASH = {"staff": people, "work": work_list, "settings": settings}


def _something_to_acknowledge(sent: dict[str, Any]) -> bool:
    return bool(sent["events"] or sent["results"] or sent.get("new_key"))


def _version(cursor: str | None, bridge_id: str) -> int | None:
    """The sync version a cursor stands for; None when it is not one of ours for this bridge."""
    owner, _, version = (cursor or "").partition(":")
    return int(version) if owner == bridge_id and version.isdecimal() else None
