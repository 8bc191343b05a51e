"""The bank's page: doors to pull open and push shut by hand, and everything that can be made to go wrong."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

import flask

from sandbox.lockbank.bank import LockBank

SHOWN_PULSES = 12
ACTIONS = {"open": LockBank.open_door, "shut": LockBank.shut_door, "put": LockBank.put_item, "take": LockBank.take_item}
OPEN_REPLIES = ("none", "status", "garbled")
CHANCES = ("garbage", "corrupt", "half", "lie")


class BadRequest(Exception):
    """What was asked cannot be done; the text says why."""


def bank_page(bank: LockBank) -> flask.Blueprint:
    """The page and its JSON routes; mount it where you like, `/bank` for example."""
    page = flask.Blueprint("lockbank", __name__, template_folder="templates", static_folder="static")

    @page.errorhandler(BadRequest)
    def refused(problem: BadRequest) -> tuple[dict[str, str], int]:
        return {"code": "bad_request", "message": str(problem)}, 400

    @page.get("/")
    def show() -> str:
        return flask.render_template("lockbank.html")

    @page.get("/api/state")
    def state() -> dict[str, Any]:
        return describe(bank)

    page.add_url_rule("/api/ledger", "ledger", lambda: ledger(bank))

    @page.post("/api/doors/<int:number>/<action>")
    def move(number: int, action: str) -> dict[str, Any]:
        if number not in bank.compartments or action not in ACTIONS:
            raise BadRequest("There is no such door, or nothing like that can be done to one.")
        try:
            ACTIONS[action](bank, number)
        except ValueError as problem:
            raise BadRequest(str(problem)) from problem
        return describe(bank)

    @page.post("/api/behaviour")
    def behave() -> dict[str, Any]:
        change = flask.request.get_json(silent=True)
        if not isinstance(change, dict):
            raise BadRequest("Send a JSON object.")
        if change == {"healthy": True}:
            bank.behave()
        else:
            bank.misbehave(**_habits(bank, change))
        return describe(bank)

    return page


def describe(bank: LockBank) -> dict[str, Any]:
    """Everything there is to see, doors by number and the newest pulses first."""
    with bank.lock:
        return {
            "doors": [{**asdict(box), "pulses": bank.pulses_of(box.number)} for box in bank.compartments.values()],
            "boards": [{"address": board.address, **asdict(board.behaviour)} for board in bank.boards.values()],
            "pulses": [
                {
                    "at": dt.datetime.fromtimestamp(pulse.at, dt.UTC).isoformat(),
                    "door": pulse.door,
                    "board": pulse.board,
                    "channel": pulse.channel,
                }
                for pulse in bank.pulses[: -SHOWN_PULSES - 1 : -1]
            ],
        }


def ledger(bank: LockBank) -> dict[str, Any]:
    """Every pulse and every move so far, oldest first."""
    with bank.lock:
        return {"pulses": [asdict(pulse) for pulse in bank.pulses], "moves": [asdict(move) for move in bank.moves]}


def _habits(bank: LockBank, change: dict[str, Any]) -> dict[str, Any]:
    """A checked change: of one door (`DOOR_HABITS`), or of one board or all (see `Behaviour`). Raises BadRequest."""
    door, board = change.get("door"), change.get("board")
    if door is not None and door not in bank.compartments:
        raise BadRequest("There is no such door.")
    if board is not None and board not in bank.boards:
        raise BadRequest("There is no such board.")
    rules = (
        {"stuck": _is_flag, "jam": _is_count, "bounce": _is_count}
        if door is not None
        else {
            "silent": _is_flag,
            "paced": _is_flag,
            "brownout": _is_flag,
            "late": lambda value: _is_number(value, 10),
            "open_reply": lambda value: value in OPEN_REPLIES,
            **dict.fromkeys(CHANCES, lambda value: _is_number(value, 1)),
        }
    )
    habits = {name: value for name, value in change.items() if name not in ("door", "board")}
    for name, value in habits.items():
        if name not in rules or not rules[name](value):
            raise BadRequest(f"{name} cannot be set to that.")
    return {"door": door, "board": board, **habits}


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= 9


def _is_number(value: Any, most: float) -> bool:
    return type(value) in (int, float) and 0 <= value <= most
