"""What must hold whatever happens, asked of parties that are not our code: the shop's ledger, the phone's ledger, the
lock boards' own pulses and moves, and the tables by plain SQL.

`violations` asks everybody about a running copy; `of_database` needs a database alone. Both return sentences, none when
all is well. The canaries, what may stand nowhere in clear, are in `tests.canaries`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import requests
import sqlalchemy as sa

MOVES = {
    "waiting": {"reserved", "ready", "cancelled"},
    "reserved": {"ready", "waiting", "cancelled"},
    "ready": {"collected", "expired", "cancelled", "ready", "waiting"},
    "expired": {"ready", "collected", "cancelled", "returned"},
    "cancelled": {"returned", "collected"},
    "collected": {"returned"},
    "returned": {"collected"},
}
"""The life of a pickup as the design draws it, written down a second time on purpose."""
PULSE_AFTER_INTENT = 15.0
"""Seconds; a bridge's clock follows the service's and may be late by as long as an answer took."""


@dataclass(frozen=True)
class Evidence:
    """Where the parties of a running copy keep what they know."""

    database_url: str
    sandbox: str
    journal: Path

    def ask(self, path: str) -> Any:
        """One of the sandbox's ledgers."""
        return requests.get(self.sandbox + path, timeout=20).json()


class Tables:
    """The tables read by plain SQL, all in one transaction, times as epoch seconds and JSON as values."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """What a query finds."""
        return [
            {name: _plain(value) for name, value in row.items()}
            for row in self._connection.execute(sa.text(sql)).mappings()
        ]


def violations(evidence: Evidence) -> list[str]:
    """Everything that is wrong with a running copy now. What is still on its way counts: ask again until it arrived."""
    engine = sa.create_engine(evidence.database_url)
    with engine.connect() as connection:
        tables = Tables(connection)
        found = [
            *of_database(tables),
            *_orders(evidence, tables),
            *_texts(evidence, tables),
            *_pulses(evidence, tables),
            *_goods(evidence, tables),
            *_events(evidence, tables),
        ]
    engine.dispose()
    return found


def of_database(tables: Tables) -> list[str]:
    """What a database alone tells: I2, I6, I8."""
    return [*_placements(tables), *_gaps(tables), *_timelines(tables)]


def _placements(tables: Tables) -> Iterator[str]:
    """I2: no compartment is given to two at once, now or at any time since."""
    by_box = defaultdict(list)
    for row in tables.rows(
        "SELECT compartment_id, pickup_id, state, created_at, released_at FROM placements"
        " WHERE compartment_id IS NOT NULL ORDER BY created_at, id"
    ):
        by_box[row["compartment_id"]].append(row)
        if (row["state"] == "released") != (row["released_at"] is not None):
            yield f"I2: a placement of {row['pickup_id']} is {row['state']}, released at {row['released_at']}"
    for box, rows in by_box.items():
        for earlier, later in pairwise(rows):
            if earlier["released_at"] is None or earlier["released_at"] > later["created_at"]:
                yield f"I2: compartment {box} was given to {earlier['pickup_id']} and {later['pickup_id']} at once"


def _gaps(tables: Tables) -> Iterator[str]:
    """I6: the events of each bridge are numbered from 1 without a gap, and none stands twice."""
    for row in tables.rows(
        "SELECT b.id, b.last_seq, count(e.id) AS events, count(DISTINCT e.seq) AS numbers,"
        " coalesce(max(e.seq), 0) AS last FROM bridges b LEFT JOIN device_events e"
        " ON e.bridge_id = b.id GROUP BY b.id, b.last_seq"
    ):
        if not row["events"] == row["numbers"] == row["last"] == row["last_seq"]:
            yield f"I6: bridge {row['id']} has {row['events']} events, the last is {row['last']} of {row['last_seq']}"


def _timelines(tables: Tables) -> Iterator[str]:
    """I8: each pickup's entries are a chain that holds, and tell every state it went through by legal moves."""
    entries = defaultdict(list)
    for row in tables.rows("SELECT * FROM timeline ORDER BY pickup_id, number"):
        entries[row["pickup_id"]].append(row)
    for pickup in tables.rows("SELECT id, state FROM pickups"):
        for problem in _history(entries[pickup["id"]], pickup["state"]):
            yield f"I8: pickup {pickup['id']}: {problem}"


def _history(entries: list[dict[str, Any]], state: str) -> Iterator[str]:
    previous, now = "", None
    for number, entry in enumerate(entries, start=1):
        at = dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(microseconds=round(entry["at"] * 1_000_000))
        facts = [entry["pickup_id"], number, at.isoformat(), entry["what"], entry["actor"], entry["detail"], previous]
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        if (entry["number"], entry["previous_hash"], entry["hash"]) != (number, previous, digest):
            yield f"the chain breaks at entry {number}"
            return
        previous = digest
        if entry["what"] in MOVES:
            if now is not None and (entry["detail"].get("was") != now or entry["what"] not in MOVES[now]):
                yield f"entry {number} goes from {now} to {entry['what']}"
            now = entry["what"]
    if now != state:
        yield f"it is {state}, its timeline ends with {now}"


def _orders(evidence: Evidence, tables: Tables) -> Iterator[str]:
    """I1: one pickup for each unit of each paid order, a state as the shop's, and a row for each thanked delivery."""
    shop = evidence.ask("/shop/api/orders")["orders"]
    pickups = Counter(
        (row["platform_order_id"], row["unit_id"])
        for row in tables.rows(
            "SELECT o.platform_order_id, p.unit_id FROM pickups p JOIN orders o ON o.id = p.order_id"
        )
    )
    units = {
        (order["order_id"], unit["unit_id"])
        for order in shop
        for unit in order["units"]
        if order["state"] != "cancelled"
    }
    for unit in units:
        if pickups[unit] != 1:
            yield f"I1: order {unit[0]} has {pickups[unit]} pickups"
    stored = {row["delivery_id"] for row in tables.rows("SELECT delivery_id FROM inbox")}
    about = {(row["topic"], row["subject"]) for row in tables.rows("SELECT topic, subject FROM inbox")}
    for sent in evidence.ask("/shop/api/ledger")["deliveries"]:
        thanked = any(200 <= attempt["status"] < 300 for attempt in sent["attempts"])
        if thanked and sent["webhook_id"] not in stored and (sent["topic"], sent["order_id"]) not in about:
            yield f"I1: delivery {sent['webhook_id']} was thanked for and is nowhere"


def _texts(evidence: Evidence, tables: Tables) -> Iterator[str]:
    """I5: of each notice at most one text was taken by the provider, and no text is without its notice."""
    notices = Counter(
        row["name"]
        for row in tables.rows(
            "SELECT o.name FROM notices n JOIN pickups p ON p.id = n.pickup_id JOIN orders o ON o.id = p.order_id"
        )
    )
    texts = Counter(
        word
        for message in evidence.ask("/phone/api/messages")["messages"]
        for word in message["body"].split()
        if word.startswith("#")
    )
    for name, count in texts.items():
        if count > notices[name]:
            yield f"I5: {count} texts about {name} for {notices[name]} notices"


def _pulses(evidence: Evidence, tables: Tables) -> Iterator[str]:
    """I3: every pulse of the boards was meant before it was given, by one attempt with a grant, or by one command."""
    openings = {
        row["id"]: {**row, "errand": json.loads(row["errand"])} for row in _journal(evidence, "SELECT * FROM openings")
    }
    meant = defaultdict(list)
    for intent in _journal(evidence, "SELECT * FROM intents ORDER BY at"):
        meant[openings[intent["opening"]]["door"]].append(intent["at"])
    for pulse in evidence.ask("/bank/api/ledger")["pulses"]:
        intents = meant[pulse["door"]]
        while intents and intents[0] < pulse["at"] - PULSE_AFTER_INTENT:
            intents.pop(0)
        if not intents or intents[0] > pulse["at"] + 0.5:
            yield f"I3: door {pulse['door']} was pulsed at {pulse['at']}, and nobody had meant it"
        else:
            intents.pop(0)
    yield from _authorisations(openings.values(), evidence, tables)


def _authorisations(openings: Any, evidence: Evidence, tables: Tables) -> Iterator[str]:
    doors = {
        row["id"]: row
        for row in tables.rows(
            "SELECT p.id, p.pickup_id, c.number FROM placements p JOIN compartments c ON c.id = p.compartment_id"
        )
    }
    grants = {row["id"]: row["pickup_id"] for row in tables.rows("SELECT id, pickup_id FROM grants")}
    commands = {
        row["id"]: row["details"] for row in tables.rows("SELECT id, details FROM door_commands WHERE kind = 'open'")
    }
    attempts = {row["id"]: row["grant_id"] for row in _journal(evidence, "SELECT * FROM attempts")}
    obeyed = Counter(opening["errand"]["command"] for opening in openings if opening["errand"]["command"])
    for opening in openings:
        errand, door = opening["errand"], opening["door"]
        place = doors.get(errand["placement"], {})
        if opening["pulses"] > 3:
            yield f"I3: door {door} was pulsed {opening['pulses']} times for one opening"
        if errand["cause"] == "grant":
            pickup = grants.get(attempts.get(errand["attempt"], ""))
            if pickup is None or (place.get("pickup_id"), place.get("number")) != (pickup, door):
                yield f"I3: door {door} was opened by a code that is not its own"
        elif commands.get(errand["command"], {}).get("door") != door or obeyed[errand["command"]] != 1:
            yield f"I3: door {door} was opened {obeyed[errand['command']]} times by a command, or by none of its own"


def _goods(evidence: Evidence, tables: Tables) -> Iterator[str]:
    """I13: no compartment is given anew, or let go by what a sensor said, while there are goods inside."""
    inside: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for move in evidence.ask("/bank/api/ledger")["moves"]:
        if move["what"] == "goods":
            inside[move["door"]].append((move["at"], move["now"]))

    def full(door: int, at: float) -> bool:
        return ([False] + [now for moved, now in inside.get(door, ()) if moved <= at])[-1]

    for row in tables.rows(
        "SELECT c.number, p.pickup_id, p.state, p.evidence, p.created_at, p.released_at"
        " FROM placements p JOIN compartments c ON c.id = p.compartment_id"
    ):
        if full(row["number"], row["created_at"]):
            yield f"I13: door {row['number']} was given to {row['pickup_id']} with goods inside"
        if row["released_at"] and row["evidence"] != "staff" and full(row["number"], row["released_at"]):
            yield f"I13: door {row['number']} was let go by {row['pickup_id']} with goods inside"
    live = {
        row["number"]
        for row in tables.rows(
            "SELECT c.number FROM placements p JOIN compartments c"
            " ON c.id = p.compartment_id WHERE p.state <> 'released'"
        )
    }
    for door, moves in inside.items():
        if moves[-1][1] and door not in live:
            yield f"I13: there are goods behind door {door}, and they are nobody's"


def _events(evidence: Evidence, tables: Tables) -> Iterator[str]:
    """I6: what the bridge wrote down has reached us, and we believe of each door what the boards know of it."""
    if waiting := _journal(evidence, "SELECT count(*) AS events FROM events")[0]["events"]:
        yield f"I6: {waiting} events have not reached the service"
    believed = {
        row["number"]: (row["door"], row["item"]) for row in tables.rows("SELECT number, door, item FROM compartments")
    }
    for door in evidence.ask("/bank/api/state")["doors"]:
        true = ("shut" if door["shut"] else "open", "present" if door["goods"] else "absent")
        if believed[door["number"]] != true:
            yield f"I6: door {door['number']} is {true}, and we believe {believed[door['number']]}"


def _journal(evidence: Evidence, sql: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(f"file:{evidence.journal}?mode=ro", uri=True, timeout=5)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(sql)]


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.timestamp()
    if isinstance(value, str) and value[:1] in ("{", "["):
        return json.loads(value)
    if isinstance(value, str) and len(value) == 26 and value[10] == " " and value[19] == ".":
        return dt.datetime.fromisoformat(value).replace(tzinfo=dt.UTC).timestamp()
    return value
