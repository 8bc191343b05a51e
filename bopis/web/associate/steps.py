"""What is to be carried, step by step, as the pages show it: for one order, and for all of a store in walking order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bopis.lockers.allocation import Decision
from bopis.lockers.models import Compartment
from bopis.pickups import carrying, waitlist
from bopis.pickups.carry import DONE, LEFT, OUT, Carry
from bopis.pickups.deciding import decide_for
from bopis.pickups.models import Pickup
from bopis.pickups.words import REASONS
from bopis.web.associate.situation import DoorView, Situation, situation_of

_IDLE = ("planned", "loaded")
_MAY_NOT = ("unpaid", "on_hold")


@dataclass(frozen=True)
class StepView:
    """One step. `stage`: done, left, now or later."""

    order: str
    words: str
    stage: str


@dataclass(frozen=True)
class PlanView:
    """What is to be carried for one order. `begun`: it is written down, and staff go on with it.

    `do` says what is next, `button` what opens for it, empty while a door moves, and `bank_id` where. `doors` are those
    that move or are in trouble; `in_hand` is the order that is out of its door, `back` the door it came from;
    `failed_door` did not open a moment ago and was given up.
    """

    steps: tuple[StepView, ...]
    begun: bool
    why: str
    do: str
    button: str
    order: str
    bank_id: str
    doors: tuple[DoorView, ...] = ()
    in_hand: str = ""
    back: int | None = None
    failed_door: int | None = None


@dataclass(frozen=True)
class CarryRow:
    """One thing to carry in a store: the page it is done on, and what it is."""

    pickup: str
    order: str
    words: str
    why: str


def look(session: Session, pickup: Pickup, now: dt.datetime) -> PlanView | None:
    """The plan that an order has a part in, or the one that would be made for it now; None when nothing is carried."""
    if pickup.state in ("waiting", "reserved") and any(place.compartment_id for place in pickup.wanted_placements()):
        return None
    plan = carrying.plan_of(session, pickup.id, now)
    if plan:
        return _begun(session, plan, now)
    decision = _would_be(session, pickup, now)
    return _proposed(session, pickup, decision) if decision is not None and decision.door is not None else None


def headline(plan: PlanView) -> str:
    """What is new, in one sentence, for whoever listens instead of looking."""
    for door in plan.doors:
        if door.phase in ("open", "opening"):
            return f"Door {door.number} is {door.phase}."
        if door.trouble():
            return door.trouble()
    return plan.do


def to_carry(session: Session, store_id: str, now: dt.datetime) -> list[CarryRow]:
    """What is being carried and what may come in, in walking order."""
    found: list[tuple[tuple[object, ...], CarryRow]] = []
    for step in carrying.under_way(session, store_id, now):
        if not step.is_way_in():
            door = step.to if step.stage == OUT or step.start is None else step.start
            page = step.room_for or step.pickup_id
            words = f"In your hands → {_name(step.to)}" if _is_in_hand(step) else _words(step)
            found.append((walk(door), CarryRow(page, step.pickup.order.name, words, REASONS.get(step.why, ""))))
    for pickup, decision in waitlist.offers(session, store_id, now):
        assert decision.door is not None
        box = session.get_one(Compartment, decision.door.compartment_id)
        words = f"Door {box.number} {'can be freed' if decision.moves else 'is free'}: bring it in from the counter"
        found.append((walk(box), CarryRow(pickup.id, pickup.order.name, words, REASONS.get(decision.reason, ""))))
    return [row for _, row in sorted(found, key=lambda each: each[0])]


def _would_be(session: Session, pickup: Pickup, now: dt.datetime) -> Decision | None:
    if pickup.store_id is None or not pickup.size or pickup.parcels or pickup.reason in _MAY_NOT:
        return None
    if pickup.state in ("waiting", "reserved"):
        return decide_for(session, pickup, now)
    if pickup.state != "ready" or not pickup.is_at_counter():
        return None
    offers = waitlist.offers(session, pickup.store_id, now)
    return next((decision for offered, decision in offers if offered.id == pickup.id), None)


def _begun(session: Session, plan: Sequence[Carry], now: dt.datetime) -> PlanView | None:
    step = next((step for step in plan if not step.is_over()), None)
    if step is None:
        return None
    steps = tuple(StepView(each.pickup.order.name, _words(each), _stage(each, step)) for each in plan)
    view, doors = situation_of(session, step.pickup, now), list[DoorView]()
    for door in view.doors:
        if door.phase not in _IDLE and not door.abandoned:
            doors.append(door)
    moving = any(door.phase in ("opening", "open") for door in doors)
    in_hand = step.pickup.order.name if _is_in_hand(step) else ""
    button = "" if moving else _button(step, view)
    back = step.start.number if in_hand and step.start is not None and step.to_id != step.start_id else None
    why = REASONS.get(plan[-1].why, "")
    return PlanView(
        steps,
        True,
        why,
        _do(step),
        button,
        step.pickup.order.name,
        _bank_of(step),
        tuple(doors),
        in_hand,
        back,
        view.failed_door,
    )


def _proposed(session: Session, pickup: Pickup, decision: Decision) -> PlanView:
    """As it would be if it were begun now."""
    assert decision.door is not None
    lines = []
    for move in decision.moves:
        order = session.get_one(Pickup, move.goods.pickup_id).order.name
        to = f"door {move.to.number}" if move.to else "the counter"
        lines.append((order, f"Door {move.start.number} → {to}", move.start.number))
    order, into = pickup.order.name, decision.door.number
    lines.append((order, f"Counter → door {into}" if pickup.state == "ready" else f"Into door {into}", into))
    steps = tuple(StepView(name, words, "later") for name, words, _ in lines)
    first = f"Take {lines[0][0]} out of door {lines[0][2]} first." if decision.moves else f"Door {into} is free for it."
    why, button = REASONS.get(decision.reason, ""), f"Open door {lines[0][2]}"
    return PlanView(steps, False, why, first, button, lines[0][0], decision.door.bank_id)


def _is_in_hand(step: Carry) -> bool:
    return step.stage == OUT and step.start_id is not None


def _words(step: Carry) -> str:
    if step.is_way_in():
        return f"Into {_name(step.to)}"
    words = f"{_name(step.start)} → {_name(step.to)}"
    return words[:1].upper() + words[1:]


def _name(box: Compartment | None) -> str:
    return f"door {box.number}" if box is not None else "the counter"


def _stage(step: Carry, current: Carry) -> str:
    if step.is_over():
        return DONE if step.stage == DONE else LEFT
    return "now" if step is current else "later"


def _do(step: Carry) -> str:
    order = step.pickup.order.name
    if step.stage == OUT or step.is_way_in():
        return f"Put {order} into {_name(step.to)}."
    return f"Take {order} out of {_name(step.start)}."


def _button(step: Carry, view: Situation) -> str:
    box = step.to if step.stage == OUT or step.is_way_in() else step.start
    if box is None:
        return ""
    again = any(door.number == box.number and door.phase == "shut" for door in view.doors)
    return f"Open door {box.number}{' again' if again else ''}"


def _bank_of(step: Carry) -> str:
    box = step.to or step.start
    return box.bank_id if box is not None else ""


def walk(box: Compartment | None) -> tuple[object, ...]:
    """Along the bank from one side to the other, each column from the top."""
    return (box.bank_id, box.column, box.row, box.number) if box is not None else ("", 0, 0, 0)
