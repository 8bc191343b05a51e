"""What a commissioning keeps: each step, so that a power cut loses none, and in the end the wiring itself."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from firmware_bridge.commission.plan import Coil, Placed, Plan
from firmware_bridge.deeds import Deeds
from firmware_bridge.grants import Grants
from firmware_bridge.held import Held
from firmware_bridge.journal import Journal
from firmware_bridge.quarantine import KEY as QUARANTINE
from firmware_bridge.worklist import occupied

STEPS = "commissioning"
LAYOUT = "layout"
CLOSED = "closed_for_service"


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
    """Doors that hold an order, or may, as far as the bridge knows: by the service's word, and loaded here since."""
    held, deeds = Held(journal), Deeds(journal)
    found = occupied(held, deeds, Grants(journal, deeds, held))
    known = {door.number for door in known_doors(journal).values()}
    return found & known if known else found


def kept(journal: Journal) -> Plan | None:
    """A commissioning that was begun and not ended."""
    text = journal.read(STEPS)
    return Plan.read(json.loads(text)) if text else None


def keep(journal: Journal, plan: Plan) -> None:
    """On the disk when this returns. Raises NotJournaled."""
    journal.write(STEPS, json.dumps(plan.written()))


def note(journal: Journal, step: str, by: str, staff: str | None, held: set[int]) -> None:
    """Tell the service who begins, lets doors with goods be opened, or leaves. Raises NotJournaled."""
    journal.append("commissioning", {"step": step, "by": by, "staff": staff, "goods": sorted(held)})


def is_closed(journal: Journal) -> bool:
    """Whether the bank was closed for service, also before a restart."""
    return journal.read(CLOSED) is not None


def close(journal: Journal, by: str, staff: str | None) -> None:
    """Closed until `reopen` or `finish`, over restarts. Raises NotJournaled."""
    with journal.writing():
        journal.write(CLOSED, "1")
        note(journal, "begun", by, staff, goods(journal))


def reopen(journal: Journal, by: str, staff: str | None) -> None:
    """The bank works as it was wired before; what was found so far is kept. Raises NotJournaled."""
    with journal.writing() as db:
        db.execute("DELETE FROM meta WHERE name = ?", (CLOSED,))
        note(journal, "left", by, staff, goods(journal))


def finish(
    journal: Journal, plan: Plan, *, by: str, staff: str | None, manager: str | None, held: set[int]
) -> dict[str, Any]:
    """Make the plan the bank's wiring, in one transaction with its event, and end a quarantine.

    Returns the layout. It is used until the service has heard of it and sends its own. Raises NotJournaled.
    """
    before = layout(journal)
    body: dict[str, Any] = {
        "bank": before.get("bank", {"id": "", "name": ""}),
        "store": before.get("store", {"name": "", "time_zone": "UTC"}),
        "board": plan.board,
        "board_options": plan.options,
        "doors": [asdict(door) for door in sorted(plan.doors, key=lambda door: door.number)],
    }
    body["hash"] = "commissioned-" + hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:32]
    told = {name: body[name] for name in ("board", "board_options", "doors")}
    told |= {"by": by, "staff": staff, "manager": manager, "goods": sorted(held)}
    with journal.writing() as db:
        journal.append("commissioned", told)
        journal.write(LAYOUT, json.dumps(body))
        db.execute("DELETE FROM doors")  # each was seen to open and to shut: nothing said of it before counts
        db.execute("DELETE FROM meta WHERE name IN (?, ?, ?)", (STEPS, CLOSED, QUARANTINE))
    return body
