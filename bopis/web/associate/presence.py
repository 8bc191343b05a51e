"""Showing that one stands at the lockers: the six digits on their screen, checked by the bridge that shows them."""

from __future__ import annotations

import datetime as dt
import re

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock
from bopis.bridges.actions import command_take_presence
from bopis.bridges.models import DoorCommand
from bopis.db import Database
from bopis.errors import BopisError, Conflict, Invalid, NotFound
from bopis.lockers.models import Bank
from bopis.lockers.queries import banks_in
from bopis.staff.models import StaffSession
from bopis.web.associate import home, pickup
from bopis.web.associate.guard import staff, wants_page
from bopis.web.associate.holding import Holding
from bopis.web.associate.lockers import PRESENCE, require_online

PATIENCE = 5.0
_REFUSALS = {
    "wrong_presence_code": "Those are not the digits on the screen now. They change every half minute: "
    "type the new ones.",
    "presence_paused": "Too many wrong digits. The lockers take new ones in five minutes.",
}
_SILENT = "The lockers did not answer. Check that their screen is on, then type the digits it shows now."


def add(routes: Blueprint, database: Database, holding: Holding) -> None:
    """`POST /associate/presence` (code, and bank when the store has several, and pickup to come back to)."""

    @routes.post("/presence")
    def presence() -> BaseResponse:
        try:
            until = _take(database, holding)
        except BopisError as problem:
            if not wants_page():
                raise
            return _show_again(database, problem)
        if not wants_page():
            return jsonify(ok=True, present_until=until.isoformat())
        return redirect(_back(), 303)


def _take(database: Database, holding: Holding) -> dt.datetime:
    digits = re.sub(r"[ -]", "", request.form.get("code", ""))
    if not re.fullmatch(r"[0-9]{6}", digits):
        raise Invalid("bad_presence_code", "Type the six digits on the locker’s screen.")
    with database.transaction() as session:
        bank = _bank(session, request.form.get("bank", ""))
        require_online(session, bank.id)
        command = command_take_presence(session, bank.id, digits, staff().staff_id, clock.now())
    settled = holding.until_settled(database, bank.id, command.id, PATIENCE)
    if settled.status != "done":
        raise Conflict(settled.code or "bridge_silent", _REFUSALS.get(settled.code, _SILENT))
    return _note(database, bank, settled)


def _note(database: Database, bank: Bank, settled: DoorCommand) -> dt.datetime:
    with database.transaction() as session:
        mine = session.get_one(StaffSession, staff().id)
        mine.bank_id, mine.bridge_session = bank.id, settled.result["session"]
        mine.present_until = clock.now() + PRESENCE
        return mine.present_until


def _bank(session: Session, bank_id: str) -> Bank:
    me = staff().staff
    if not bank_id:
        banks = banks_in(session, me.store_id)
        if len(banks) != 1:
            raise Conflict("which_bank", "Say which lockers you stand at.")
        return banks[0]
    found = session.scalars(
        select(Bank).where(Bank.id == bank_id, Bank.merchant_id == me.merchant_id, Bank.store_id == me.store_id)
    ).first()
    if found is None:
        raise NotFound("unknown_bank", "There are no such lockers in this store.")
    return found


def _back() -> str:
    wanted = request.form.get("pickup", "")
    return url_for("associate.pickup", pickup_id=wanted) if wanted else url_for("associate.home")


def _show_again(database: Database, problem: BopisError) -> Response:
    wanted = request.form.get("pickup", "")
    return pickup.show(database, wanted, problem) if wanted else home.show(database, problem)
