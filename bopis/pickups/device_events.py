"""What a bridge reports, taken at its word: the cloud never refuses reality, and what does not fit becomes a task."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import tasks, timeline
from bopis.bridges.models import Bridge, DeviceEvent
from bopis.lockers.actions import take_out_of_service
from bopis.lockers.queries import compartment
from bopis.logs import about
from bopis.pickups import actions, grants, later, places
from bopis.pickups.models import Grant, Pickup, Placement
from bopis.stores.queries import lock

log = logging.getLogger(__name__)


def act_on(session: Session, bridge: Bridge, events: list[DeviceEvent], now: dt.datetime) -> None:
    """Carry out what each event means for pickups, each by itself: one that we cannot understand stops no other."""
    if events:
        lock(session, bridge.bank.store_id)
    for event in events:
        handler = _HANDLERS.get(event.kind)
        if handler is None:
            continue
        try:
            with session.begin_nested(), about(bridge=bridge.id, event=event.seq):
                handler(session, bridge, event, now)
        except Exception as problem:
            log.exception("device event %s of bridge %s could not be acted on", event.kind, bridge.id)
            event.trouble = type(problem).__name__
            _ask(session, bridge, "odd_event", event.id, f"“{event.kind}” could not be taken over by itself.", now)
            session.flush()


def _door_opened(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    data = event.data
    if data["cause"] == "unexpected":
        _opened_unasked(session, bridge, event, now)
        return
    placement = _placement(session, bridge, event)
    if placement is None:
        return
    _say(session, placement.pickup, f"door_opened_{data['cause']}", bridge, event, door=data["door"])
    if data["cause"] == "grant" and placement.collected_at is None:
        placement.collected_at = event.at
        session.flush()


def _door_shut(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    placement = _placement(session, bridge, event)
    if placement is None or placement.state == "released":
        return
    _say(
        session,
        placement.pickup,
        f"door_shut_{event.data['cause']}",
        bridge,
        event,
        door=event.data["door"],
        item=event.data.get("item", "unsupported"),
    )
    _AFTER_SHUT[event.data["cause"]](session, bridge, placement, event, now)


def _shut_after_loading(
    session: Session, bridge: Bridge, placement: Placement, event: DeviceEvent, now: dt.datetime
) -> None:
    pickup, item = placement.pickup, event.data.get("item")
    if placement.abandoned:
        if item == "present":
            _ask(
                session,
                bridge,
                "left_uncertain",
                pickup.id,
                f"Door {event.data['door']} was given up, but its sensor sees something inside.",
                now,
            )
        else:
            places.release(session, placement, "item_sensor" if item == "absent" else "staff", now)
            actions.make_returned_if_empty(session, pickup, now, actor=_actor(bridge))
        return
    if item == "absent":
        return  # shut empty: it stays to be loaded, and the associate sees why
    placement.state, placement.loaded_at = "loaded", event.at
    session.flush()
    if pickup.state == "reserved" and all(place.state == "loaded" for place in pickup.wanted_placements()):
        actions.make_ready(session, pickup, now, actor=_actor(bridge))


def _shut_after_unloading(
    session: Session, bridge: Bridge, placement: Placement, event: DeviceEvent, now: dt.datetime
) -> None:
    if event.data.get("item") == "present":
        return
    pickup = placement.pickup
    places.release(session, placement, _evidence(event, "staff"), now)
    if pickup.state == "cancelled":
        actions.make_returned_if_empty(session, pickup, now, actor=_actor(bridge))
    elif pickup.state in ("ready", "reserved") and not pickup.live_placements():
        actions.move(session, pickup, "waiting", actor=_actor(bridge), now=now, reason="taken_out")
        grant = grants.open_grant(session, pickup.id)
        if grant is not None:
            grants.suspend(session, grant, now)
        actions.reserve(session, pickup, now)
        later.taken_out(session, pickup, now, actor=_actor(bridge))


def _shut_after_reclaiming(
    session: Session, bridge: Bridge, placement: Placement, event: DeviceEvent, now: dt.datetime
) -> None:
    if event.data.get("item") == "absent":
        places.release(session, placement, "item_sensor", now)
        actions.make_returned_if_empty(session, placement.pickup, now, actor=_actor(bridge))
    # Without a sensor's word a person says that it is empty (`loading.confirm_empty`).


def _shut_after_collecting(
    session: Session, bridge: Bridge, placement: Placement, event: DeviceEvent, now: dt.datetime
) -> None:
    pickup = placement.pickup
    placement.collected_at = placement.collected_at or event.at
    if event.data.get("item") == "present":
        _ask(
            session,
            bridge,
            "left_uncertain",
            pickup.id,
            f"Door {event.data['door']} was opened by its shopper and "
            "shut again, but its sensor still sees something inside.",
            now,
        )
    else:
        places.release(session, placement, _evidence(event, "own_opening"), now)
    _collected_if_all(session, bridge, pickup, now)


def _shut_after_helping(
    session: Session, bridge: Bridge, placement: Placement, event: DeviceEvent, now: dt.datetime
) -> None:
    """Staff looked inside; what they found they say themselves."""


def _door_left_open(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    placement = _placement(session, bridge, event)
    if placement is not None and event.data["cause"] == "grant":
        _say(session, placement.pickup, "door_left_open", bridge, event, door=event.data["door"])
        _collected_if_all(session, bridge, placement.pickup, now)


def _door_failed(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    box = compartment(session, bridge.bank_id, event.data["door"])
    if box is not None:
        take_out_of_service(session, box, "did not open")
        _ask(session, bridge, "door_failed", box.id, f"Door {box.number} did not open.", now)
    placement = _placement(session, bridge, event)
    if placement is None:
        return
    pickup = placement.pickup
    _say(session, pickup, "door_failed", bridge, event, door=event.data["door"])
    if event.data["cause"] == "load" and placement.state == "held":
        # It never opened, so nothing can be inside: another door is chosen and shown to the associate.
        places.release(session, placement, "never_opened", now)
        if pickup.state == "reserved" and not pickup.wanted_placements():
            actions.give_up_place(session, pickup, now, reason="door_failed", actor=_actor(bridge))
    elif event.data["cause"] == "grant":
        _ask(
            session,
            bridge,
            "shopper_needs_help",
            pickup.id,
            f"Door {event.data['door']} did not open for its shopper.",
            now,
        )


def _door_unknown(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    """A restart or a silence hid what an opening came to: perhaps the goods are gone, and nobody saw it."""
    placement = _placement(session, bridge, event)
    if placement is None or placement.state == "released":
        return
    pickup, door = placement.pickup, event.data["door"]
    _say(session, pickup, "door_unknown", bridge, event, door=door)
    if event.data.get("cause") == "grant":
        _ask(
            session,
            bridge,
            "shopper_needs_help",
            pickup.id,
            f"Nobody saw whether door {door} opened for the shopper "
            f"of {pickup.order.name}: the lockers were interrupted.",
            now,
        )


def _counter_arrived(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    grant = _grant(session, bridge, event)
    if grant is not None:
        _say(session, grant.pickup, "arrived_at_counter", bridge, event)
        _ask(
            session,
            bridge,
            "shopper_at_counter",
            grant.pickup_id,
            f"The shopper of {grant.pickup.order.name} is at the counter.",
            now,
        )


def _problem_reported(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    words = {
        "empty": "says that the locker was empty",
        "not_open": "says that the door did not open",
        "help": "asks for help at the lockers",
    }
    grant = _grant(session, bridge, event)
    if grant is not None:
        problem = event.data["problem"]
        _say(session, grant.pickup, "problem_reported", bridge, event, problem=problem)
        _ask(
            session,
            bridge,
            "shopper_needs_help",
            grant.pickup_id,
            f"The shopper of {grant.pickup.order.name} {words[problem]}.",
            now,
        )


def _grant_locked(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    grant = _grant(session, bridge, event)
    if grant is not None:
        _say(session, grant.pickup, "code_locked", bridge, event)
        _ask(
            session,
            bridge,
            "code_locked",
            grant.pickup_id,
            f"The code of {grant.pickup.order.name} was typed wrong ten times and is locked. Its QR still works.",
            now,
        )


def _opened_unasked(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    box = compartment(session, bridge.bank_id, event.data["door"])
    if box is None:
        return
    inside = session.scalars(
        select(Placement).where(Placement.compartment_id == box.id, Placement.state == "loaded")
    ).first()
    if inside is not None:
        _say(session, inside.pickup, "door_opened_unasked", bridge, event, door=box.number)
    _ask(session, bridge, "odd_event", box.id, f"Door {box.number} opened although nobody asked for it.", now)


def _collected_if_all(session: Session, bridge: Bridge, pickup: Pickup, now: dt.datetime) -> None:
    waiting = [place for place in pickup.wanted_placements() if place.collected_at is None]
    if not waiting and pickup.state in ("ready", "expired", "cancelled"):
        actions.make_collected(session, pickup, now, actor=_actor(bridge))


def _placement(session: Session, bridge: Bridge, event: DeviceEvent) -> Placement | None:
    placement_id = event.data.get("placement")
    placement = session.get(Placement, placement_id) if placement_id else None
    return placement if placement and placement.merchant_id == bridge.merchant_id else None


def _grant(session: Session, bridge: Bridge, event: DeviceEvent) -> Grant | None:
    grant_id = event.data.get("grant")
    grant = session.get(Grant, grant_id) if grant_id else None
    return grant if grant and grant.bank_id == bridge.bank_id else None


def _evidence(event: DeviceEvent, otherwise: str) -> str:
    return "item_sensor" if event.data.get("item") == "absent" else otherwise


def _actor(bridge: Bridge) -> str:
    return f"bridge:{bridge.id}"


def _say(session: Session, pickup: Pickup, what: str, bridge: Bridge, event: DeviceEvent, **detail: Any) -> None:
    timeline.write(session, pickup.id, what, actor=_actor(bridge), at=event.at, **detail)


def _ask(session: Session, bridge: Bridge, kind: str, subject_id: str, reason: str, now: dt.datetime) -> None:
    tasks.ask(
        session, kind, subject_id, merchant_id=bridge.merchant_id, store_id=bridge.bank.store_id, reason=reason, now=now
    )


_AFTER_SHUT: dict[str, Callable[[Session, Bridge, Placement, DeviceEvent, dt.datetime], None]] = {
    "load": _shut_after_loading,
    "unload": _shut_after_unloading,
    "reclaim": _shut_after_reclaiming,
    "grant": _shut_after_collecting,
    "assist": _shut_after_helping,
}
_HANDLERS: dict[str, Callable[[Session, Bridge, DeviceEvent, dt.datetime], None]] = {
    "door_opened": _door_opened,
    "door_shut": _door_shut,
    "door_left_open": _door_left_open,
    "door_failed": _door_failed,
    "door_unknown": _door_unknown,
    "counter_arrived": _counter_arrived,
    "problem_reported": _problem_reported,
    "grant_locked": _grant_locked,
}
