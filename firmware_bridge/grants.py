"""The grants this bank holds, as the cloud last sent them, and which of their placements are spent."""

from __future__ import annotations

import base64
import json
import logging
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from firmware_bridge.access import Grant, Spent, read_placements
from firmware_bridge.clock import from_iso
from firmware_bridge.deeds import Deeds
from firmware_bridge.held import Held
from firmware_bridge.journal import Journal

log = logging.getLogger(__name__)

SPENT_KEPT_SECONDS = 30 * 24 * 3600
_UNSPENT = """
SELECT json_extract(place.value, '$.id') AS placement, json_extract(place.value, '$.door') AS door
FROM grants, json_each(grants.body, '$.placements') AS place
WHERE grants.active = 1 AND json_extract(place.value, '$.door') IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM spent WHERE spent.placement = json_extract(place.value, '$.id'))
"""


class Grants:
    """Lookups by what a shopper shows, and the changes a sync brings."""

    def __init__(self, journal: Journal, deeds: Deeds | None = None, held: Held | None = None) -> None:
        """`deeds` are what was loaded here since the cloud last spoke; it decides which held grants open already."""
        self._journal = journal
        self._deeds = deeds or Deeds(journal)
        self._held = held or Held(journal)

    def by_selector(self, selector: str) -> Grant | None:
        """The grant a code's first three digits mean; of several, the one that is active."""
        found = [self._grant(row) for row in self._journal.rows("SELECT * FROM grants WHERE selector = ?", selector)]
        return max(found, key=lambda grant: grant.active, default=None)

    def by_qr(self, sha256: str) -> Grant | None:
        found = self._journal.rows("SELECT * FROM grants WHERE qr_sha256 = ?", sha256)
        return self._grant(found[0]) if found else None

    def get(self, grant_id: str) -> Grant | None:
        """A grant by its id; None when it is unknown or revoked."""
        found = self._journal.rows("SELECT * FROM grants WHERE id = ? AND body IS NOT NULL", grant_id)
        return self._grant(found[0]) if found else None

    def unspent_doors(self) -> set[int]:
        """Doors behind which goods wait that the cloud knows of: of active grants, not handed out, nor taken out here.
        What was loaded here since, `Deeds` knows."""
        return {row["door"] for row in self._journal.rows(_UNSPENT) if not self._deeds.is_empty(row["placement"])}

    def _grant(self, row: sqlite3.Row) -> Grant:
        """As the cloud sent it, with the lease of the last sync, and with what was loaded here since."""
        read = _read(json.loads(row["body"]))
        leased = replace(read, lease_until=max(read.lease_until, self._held.lease_until()))
        return self._deeds.on(leased, self._held.hold_seconds())

    def spent(self, grant: Grant) -> dict[str, Spent]:
        rows = self._journal.rows("SELECT * FROM spent WHERE grant_id = ?", grant.id)
        return {row["placement"]: Spent(row["at"], bool(row["reopened"])) for row in rows}

    def apply(self, db: sqlite3.Connection, changes: Iterable[Mapping[str, Any]], reset: bool) -> None:
        """Take a sync's grants inside its transaction. One that cannot be read is dropped and named in the log: the
        others must not wait for it."""
        if reset:
            db.execute("DELETE FROM grants")
        for body in changes:
            try:
                row = _row(body)
            except (KeyError, TypeError, ValueError, AttributeError) as problem:
                log.error("grant %r cannot be read (%s): it opens nothing", _name(body), type(problem).__name__)
                continue
            db.execute(
                "INSERT INTO grants VALUES (:id, :version, :selector, :qr, :body, :active) ON CONFLICT (id) DO UPDATE"
                " SET version = :version, selector = :selector, qr_sha256 = :qr, body = :body, active = :active"
                " WHERE version <= :version",
                row,
            )
        now = self._journal.clock.now()
        db.execute(
            "DELETE FROM spent WHERE at < ? AND grant_id NOT IN (SELECT id FROM grants)", (now - SPENT_KEPT_SECONDS,)
        )
        db.execute("DELETE FROM grant_tries WHERE grant_id NOT IN (SELECT id FROM grants)")


def _name(body: Any) -> Any:
    return body.get("id") if isinstance(body, Mapping) else None


def _row(body: Mapping[str, Any]) -> dict[str, Any]:
    """A revoked grant leaves its number behind and nothing that could open anything."""
    row: dict[str, Any] = {"id": str(body["id"]), "version": int(body["version"]), "active": False}
    row |= {"selector": None, "qr": None, "body": None}
    if not body["revoked"]:
        row["active"] = _read(body).active
        row |= {"selector": str(body["selector"]), "qr": str(body["qr_sha256"]), "body": json.dumps(dict(body))}
    return row


def _read(body: Mapping[str, Any]) -> Grant:
    return Grant(
        id=str(body["id"]),
        version=int(body["version"]),
        active=body["active"] is True,
        unpaid=body.get("unpaid") is True,
        salt=base64.b64decode(body["salt"], validate=True),
        verifier=base64.b64decode(body["verifier"], validate=True),
        valid_from=from_iso(body["valid_from"]),
        valid_until=from_iso(body["valid_until"]),
        lease_until=from_iso(body["lease_until"]),
        placements=read_placements(body["placements"]),
    )
