"""One sync of a bridge: what it reports is taken in, and it is answered at once or as soon as there is news.

Thousands of syncs are held open at a time. One that waits holds a thread and its connection to the bridge, and of what
was asked a few words: no request, no session, no connection to the database.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from bopis import clock
from bopis.bell import BankListener
from bopis.bridges import actions, keys
from bopis.bridges.models import Bridge, DoorCommand
from bopis.bridges.people import people, settings
from bopis.bridges.queries import layout, standing, waiting_commands
from bopis.db import Database
from bopis.errors import Forbidden
from bopis.pickups.device_events import act_on
from bopis.pickups.for_bridge import grants_since
from bopis.pickups.work import work_list
from bopis.web.watching import Held, Watch


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


class Asker(NamedTuple):
    """What a look must know of a bridge."""

    id: str
    bank_id: str
    last_seq: int


class HeldSync:
    """A sync that waits for news. As little as possible: there are thousands."""

    __slots__ = ("_syncs", "asker", "deadline", "heard", "news", "nonce", "rang", "sent")

    def __init__(self, syncs: Syncs, asker: Asker, sent: dict[str, Any], nonce: str, deadline: float) -> None:
        self._syncs, self.asker, self.sent, self.nonce, self.deadline = syncs, asker, sent, nonce, deadline
        self.heard, self.rang = 0, False
        self.news: News

    def pause(self) -> None:
        """Return when there may be news, or it waited as long as it wanted."""
        self.rang = self._syncs.heard_of(self)


class Syncs:
    """The syncs of one process."""

    def __init__(self, database: Database, listener: BankListener) -> None:
        self._database, self._listener = database, listener
        self._watch = Watch(database, listener)

    def begin(self, key_id: str, nonce: str, sent: dict[str, Any]) -> News | HeldSync | None:
        """Take in what a bridge sent, signed with this key, and look what it is to hear; when nothing, hold it.

        None when this bridge may not speak any more. Raises Forbidden (seen before; revoked meanwhile), Unavailable.
        """
        deadline = clock.now().timestamp() + sent["wait"]
        with self._database.transaction() as session:
            bridge = _take_in(session, key_id, nonce, sent, clock.now())
            if bridge is None:
                return None
            sent["key"] = keys.offered(session, bridge, key_id, sent.get("new_key"))
            # Sixty doors are much for thousands of syncs that wait.
            asker, rest = Asker(bridge.id, bridge.bank_id, bridge.last_seq), {**sent, "doors": {}}
            held = HeldSync(self, asker, rest, nonce, deadline)
            news = self._look(session, held)
        return news if news or _something_to_acknowledge(sent) else held

    def go_on(self, held: HeldSync) -> News | HeldSync:
        """Look again for a sync that was held; one that heard nothing ends. Raises Forbidden (revoked), Unavailable."""
        if not held.rang:
            return held.news
        with self._database.transaction() as session:
            return self._look(session, held) or held

    def _look(self, session: Session, held: HeldSync) -> News:
        held.heard = self._listener.count(held.asker.bank_id)
        held.news = _look(session, held.asker, held.sent)
        return held.news

    def heard_of(self, held: HeldSync) -> bool:
        """Wait as long as it wants; whether there may be news."""
        asker = held.asker
        with self._watch.holding(Held(asker.bank_id, held.news.version, asker.id)):
            return self._listener.wait(asker.bank_id, held.heard, held.deadline - clock.now().timestamp())


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


def _look(session: Session, bridge: Asker, sent: dict[str, Any]) -> News:
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


def _store(session: Session, bridge: Asker, sent: dict[str, Any]) -> dict[str, Any]:
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
