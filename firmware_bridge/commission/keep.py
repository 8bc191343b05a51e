"""What a commissioning keeps: each step, so that a power cut loses none, and in the end the wiring itself."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from firmware_bridge.commission.plan import Coil, Placed, Plan
from firmware_bridge.journal import Journal
from firmware_bridge.quarantine import KEY as QUARANTINE

STEPS = "commissioning"
LAYOUT = "layout"


def layout(journal: Journal) -> dict[str, Any]:
    """The bank as it was last wired; empty when it never was."""
    return json.loads(journal.read(LAYOUT) or "{}")


def known_doors(journal: Journal) -> dict[Coil, Placed]:
    """The doors as they were last wired, by coil."""
    fields = Placed.__dataclass_fields__
    doors = [
        Placed(**{name: door[name] for name in fields if name in door}) for door in layout(journal).get("doors", [])
    ]
    return {door.coil: door for door in doors}


def goods(journal: Journal) -> set[int]:
    """Doors that hold an order, or may, as far as the bridge knows."""
    found = {int(number) for number in json.loads(journal.read("work") or "{}").get("taken", [])}
    spent = {row["placement"] for row in journal.rows("SELECT placement FROM spent")}
    for row in journal.rows("SELECT body FROM grants WHERE body IS NOT NULL"):
        body = json.loads(row["body"])
        if body.get("active"):
            found |= {place["door"] for place in body["placements"] if place["door"] and place["id"] not in spent}
    return found & {door.number for door in known_doors(journal).values()}


def kept(journal: Journal) -> Plan | None:
    """A commissioning that was begun and not ended."""
    text = journal.read(STEPS)
    return Plan.read(json.loads(text)) if text else None


def keep(journal: Journal, plan: Plan) -> None:
    """On the disk when this returns. Raises NotJournaled."""
    journal.write(STEPS, json.dumps(plan.written()))


def forget(journal: Journal) -> None:
    with journal.writing() as db:
        db.execute("DELETE FROM meta WHERE name = ?", (STEPS,))


def finish(
    journal: Journal, plan: Plan, *, board: str, options: dict[str, Any], by: str, held: set[int]
) -> dict[str, Any]:
    """Make the plan the bank's wiring, in one transaction with its event, and end a quarantine.

    Returns the layout. It is used until the service has heard of it and sends its own. Raises NotJournaled.
    """
    before = layout(journal)
    body: dict[str, Any] = {
        "bank": before.get("bank", {"id": "", "name": ""}),
        "store": before.get("store", {"name": "", "time_zone": "UTC"}),
        "board": board,
        "board_options": options,
        "doors": [asdict(door) for door in sorted(plan.doors, key=lambda door: door.number)],
    }
    body["hash"] = "commissioned-" + hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:32]
    told = {"board": board, "board_options": options, "by": by, "doors": body["doors"], "goods": sorted(held)}
    with journal.writing() as db:
        journal.append("commissioned", told)
        journal.write(LAYOUT, json.dumps(body))
        db.execute("DELETE FROM doors")  # each was seen to open and to shut: nothing said of it before counts
        db.execute("DELETE FROM meta WHERE name IN (?, ?)", (STEPS, QUARANTINE))
    return body
