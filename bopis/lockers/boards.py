"""How a bank's lock boards are set: the options its kind of board takes, checked as its bridge will check them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from bopis import changes
from bopis.errors import Conflict, Invalid
from bopis.lockers.actions import next_sync_version
from bopis.lockers.models import Bank
from bopis.stores.queries import lock
from firmware_bridge.boards import BOARDS, SENSOR, BadOptions
from firmware_bridge.boards.options import Option, read_options


class Setting(NamedTuple):
    """One option of a bank's boards, and its value, which is the usual one unless somebody set it."""

    name: str
    option: Option
    value: Any


def settings_of(bank: Bank) -> list[Setting]:
    """Every option this bank's boards take; none for a kind of board that we do not know."""
    takes = _takes(bank) if bank.board in BOARDS else {}
    return [
        Setting(name, option, bank.board_options.get(name, option.default)) for name, option in sorted(takes.items())
    ]


def set_options(session: Session, bank: Bank, given: Mapping[str, Any], actor: str, now: dt.datetime) -> None:
    """Set some of the boards' options; its bridge hears of it at once. What is not given stays as it is.

    Raises Conflict for a kind of board that we do not know; Invalid for an option or a value that it does not take, or
    one with which doors would hang on coils it does not have.
    """
    if bank.board not in BOARDS:
        raise Conflict("unknown_board", "These lockers have boards of a kind that is not known here.")
    takes = _takes(bank)
    try:
        values = read_options(bank.board, takes, {**bank.board_options, **given})
        channels = BOARDS[bank.board]({name: value for name, value in values.items() if name != "sensor"}).channels
    except BadOptions as problem:
        raise Invalid("bad_board_option", str(problem)) from None
    beyond = sorted(box.number for box in bank.compartments if box.channel is not None and box.channel >= channels)
    if beyond:
        raise Invalid("bad_board_option", f"Door {beyond[0]} hangs on a channel that such boards would not have.")
    options = {name: value for name, value in values.items() if value != takes[name].default}
    if options == bank.board_options:
        return
    lock(session, bank.store_id)
    before, bank.board_options = bank.board_options, options
    changes.note(session, bank.merchant_id, bank.id, "board_options", before, options, actor=actor, now=now)
    next_sync_version(session, bank.id)
    session.flush()


def _takes(bank: Bank) -> dict[str, Option]:
    return {**BOARDS[bank.board].takes, "sensor": SENSOR}
