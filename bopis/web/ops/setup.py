"""What a manager sets of a bank: how its boards work, how it chooses doors, how long staff sign in offline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, make_response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock
from bopis.bridges.people import set_staff_offline_hours
from bopis.db import Database
from bopis.errors import Conflict, Invalid
from bopis.lockers.actions import set_knobs
from bopis.lockers.boards import Setting, set_options, settings_of
from bopis.lockers.models import Bank
from bopis.web.associate.guard import wants_page
from bopis.web.ops import banks
from bopis.web.ops.common import actor, done
from firmware_bridge.boards.options import Switch, Whole


def add(routes: Blueprint, database: Database) -> None:
    """`POST /ops/banks/<id>/boards` (one field an option), `.../knobs` (one field a knob), `.../offline-hours`
    (hours)."""

    def deed(path: str, name: str, act: Callable[[Session, Bank], None]) -> None:
        def view(bank_id: str) -> BaseResponse:
            try:
                with database.transaction() as session:
                    act(session, banks.one(session, bank_id))
            except (Invalid, Conflict) as problem:
                if not wants_page():
                    raise
                return make_response(banks.show(database, bank_id, problem=problem), problem.status)
            return done("ops.bank", bank_id=bank_id)

        routes.add_url_rule(f"/banks/<bank_id>/{path}", name, view, methods=["POST"])

    deed("boards", "set_boards", _set_boards)
    deed("knobs", "set_knobs", _set_knobs)
    deed("offline-hours", "set_offline_hours", _set_hours)


def _set_boards(session: Session, bank: Bank) -> None:
    given = {setting.name: _read(setting) for setting in settings_of(bank) if setting.name in request.form}
    set_options(session, bank, given, actor(), clock.now())


def _set_knobs(session: Session, bank: Bank) -> None:
    set_knobs(session, bank, request.form, actor(), clock.now())


def _set_hours(session: Session, bank: Bank) -> None:
    hours = request.form.get("hours", "").strip()
    if not (hours.isascii() and hours.isdecimal() and len(hours) < 6):
        raise Invalid("bad_hours", "Give a whole number of hours.")
    set_staff_offline_hours(session, bank.store, int(hours), actor(), clock.now())


def _read(setting: Setting) -> Any:
    """What was typed as the option has it; what cannot be read goes on as text, for the option to refuse by name."""
    text = request.form[setting.name].strip()[:80]
    if isinstance(setting.option, Switch):
        return {"true": True, "false": False}.get(text, text)
    if isinstance(setting.option, Whole):
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else text
    return next((value for value in setting.option.values if str(value) == text), text)
