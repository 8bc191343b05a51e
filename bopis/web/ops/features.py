"""What a door is beside its size: how cold, and whether everybody can reach it."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response as BaseResponse

from bopis import changes, clock
from bopis.db import Database
from bopis.errors import Invalid
from bopis.lockers.actions import set_features
from bopis.lockers.fit import COLD
from bopis.lockers.models import Compartment
from bopis.stores.queries import lock
from bopis.web.ops.banks import door, give_another_place
from bopis.web.ops.common import actor, done


def add(routes: Blueprint, database: Database) -> None:
    """`POST /ops/doors/<door>/features` (cold: chilled, frozen or nothing; accessible: yes)."""

    @routes.post("/doors/<compartment_id>/features")
    def door_features(compartment_id: str) -> BaseResponse:
        cold, accessible = request.form.get("cold", ""), request.form.get("accessible") == "yes"
        if cold not in ("", *COLD):
            raise Invalid("bad_cold", "A door is as warm as the room, chilled or frozen.")
        with database.transaction() as session:
            box = door(session, compartment_id)
            lock(session, box.bank.store_id)
            before = _features(box)
            set_features(session, box, accessible=accessible, cold=cold)
            about = (box.merchant_id, box.bank_id, f"door {box.number}", before, _features(box))
            changes.note(session, *about, actor=actor(), now=clock.now())
            give_another_place(session, box, only_if_wrong=True)
        return done("ops.bank", bank_id=box.bank_id)


def _features(box: Compartment) -> str:
    """What a door is beside its size, in words."""
    return ", ".join(word for word in (box.cold, "low" if box.accessible else "") if word) or "nothing special"
