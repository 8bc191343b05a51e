"""What a bridge reports, taken at its word: the cloud never refuses reality, and what does not fit becomes a task."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable

from sqlalchemy.orm import Session

from bopis import tasks
from bopis.bridges.models import Bridge, DeviceEvent
from bopis.lockers.actions import DID_NOT_OPEN, take_out_of_service
from bopis.lockers.queries import compartment
from bopis.logs import about
from bopis.pickups import actions, carried, places
from bopis.pickups.device_loading import (
    adopt,
    all_in,
    back_from,
    confirmed_empty,
    place_given_up,
    set_aside,
    shut_after_loading,
)
from bopis.pickups.device_machine import clock_moved, disk_roomy, disk_tight, journal_damaged
from bopis.pickups.device_reports import counter_arrived, grant_locked, opened_unasked, problem_reported, staff_locked
from bopis.pickups.device_wiring import (
    commissioned,
    commissioning,
    quarantine_ended,
    sensor_sound,
    sensor_suspect,
    wiring_mismatch,
)
from bopis.pickups.device_words import actor, ask, evidence, placement_of, say
from bopis.pickups.models import Pickup, Placement
from bopis.stores.queries import lock

log = logging.getLogger(__name__)


def act_on(session: Session, bridge: Bridge, events: list[DeviceEvent], now: dt.datetime) -> None:
    """Carry out what each event means for pickups, each by itself: one that we cannot understand stops no other.

    A store that was away tells of a whole day at once: each event gets a moment of its own, so that whoever reads our
    records later sees a door given back before it was given anew.
    """
    if events:
        lock(session, bridge.bank.store_id)
    for number, event in enumerate(events):
        moment = now + dt.timedelta(microseconds=number)
        handler = _HANDLERS.get(event.kind)
        if handler is None:
            continue
        try:
            with session.begin_nested(), about(bridge=bridge.id, event=event.seq):
                handler(session, bridge, event, moment)
        except Exception as problem:
            log.exception("device event %s of bridge %s could not be acted on", event.kind, bridge.id)
            event.trouble = type(problem).__name__
            ask(session, bridge, "odd_event", event.id, f"“{event.kind}” could not be taken over by itself.", now)
            session.flush()


def _door_opened(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    data = event.data
    if data["cause"] == "unexpected":
        opened_unasked(session, bridge, event, now)
        return
    placement = adopt(session, bridge, event, now) if data["cause"] == "load" else placement_of(session, bridge, event)
    if placement is None:
        return
    say(session, placement.pickup, f"door_opened_{data['cause']}", bridge, event, door=data["door"])
    if data["cause"] == "unload":
        carried.opened(session, placement, data.get("command"), now)
    if data["cause"] == "grant" and placement.collected_at is None:
        placement.collected_at = event.at
        session.flush()


def _door_shut(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    box = compartment(session, bridge.bank_id, event.data["door"])
    if box is not None:
        tasks.settle(session, "door_left_open", box.id, actor=actor(bridge, event), now=now)
    placement = placement_of(session, bridge, event)
    if placement is None or placement.state == "released":
        return
    say(
        session,
        placement.pickup,
        f"door_shut_{event.data['cause']}",
        bridge,
        event,
        door=event.data["door"],
        item=event.data.get("item", "unsupported"),
    )
    _AFTER_SHUT[event.data["cause"]](session, bridge, placement, event, now)


def _shut_after_unloading(
    session: Session, bridge: Bridge, placement: Placement, event: DeviceEvent, now: dt.datetime
) -> None:
    if event.data.get("item") == "present":
        return
    pickup = placement.pickup
    places.release(session, placement, evidence(event, "staff"), now)
    if not carried.came_out(session, placement, now, actor=actor(bridge, event)):
        back_from(session, bridge, pickup, event, now)


def _shut_after_reclaiming(
    session: Session, bridge: Bridge, placement: Placement, event: DeviceEvent, now: dt.datetime
) -> None:
    if event.data.get("item") == "absent":
        places.release(session, placement, "item_sensor", now)
        back_from(session, bridge, placement.pickup, event, now)
    # Without a sensor's word a person says that it is empty (`loading.confirm_empty`).


def _shut_after_collecting(
    session: Session, bridge: Bridge, placement: Placement, event: DeviceEvent, now: dt.datetime
) -> None:
    pickup = placement.pickup
    placement.collected_at = placement.collected_at or event.at
    if event.data.get("item") == "present":
        ask(
            session,
            bridge,
            "left_uncertain",
            pickup.id,
            f"Door {event.data['door']} was opened by its shopper and "
            "shut again, but its sensor still sees something inside.",
            now,
        )
    else:
        places.release(session, placement, evidence(event, "own_opening"), now)
    _collected_if_all(session, bridge, pickup, event, now)


def _shut_after_helping(
    session: Session, bridge: Bridge, placement: Placement, event: DeviceEvent, now: dt.datetime
) -> None:
    """Staff looked inside; what they found they say themselves."""


def _door_left_open(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    placement, sure = placement_of(session, bridge, event), event.data.get("sensor", "door") == "door"
    box = compartment(session, bridge.bank_id, event.data["door"])
    if box is not None:
        text = "stands open" if sure else "is unlocked, and nobody knows whether it moved"
        ask(session, bridge, "door_left_open", box.id, f"Door {box.number} {text}.", now)
    if placement is not None and event.data["cause"] == "grant":
        say(session, placement.pickup, "door_left_open", bridge, event, door=event.data["door"])
    # A hook that is open, or a sensor nobody believes, hands nothing over: the door may never have moved.
    if placement is not None and event.data["cause"] == "grant" and sure:
        _collected_if_all(session, bridge, placement.pickup, event, now)


def _door_failed(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    box = compartment(session, bridge.bank_id, event.data["door"])
    if box is not None and event.data.get("reason") != "rejected":
        take_out_of_service(session, box, DID_NOT_OPEN)
        ask(session, bridge, "door_failed", box.id, f"Door {box.number} did not open.", now)
    placement = placement_of(session, bridge, event)
    if placement is None:
        return
    pickup = placement.pickup
    say(session, pickup, "door_failed", bridge, event, door=event.data["door"])
    if event.data["cause"] == "load" and placement.state == "held":
        # It never opened, so nothing can be inside: another door is chosen and shown to the associate.
        places.release(session, placement, "never_opened", now)
        if pickup.state == "reserved" and not pickup.wanted_placements():
            actions.give_up_place(session, pickup, now, reason="door_failed", actor=actor(bridge, event))
    elif event.data["cause"] == "grant":
        ask(
            session,
            bridge,
            "shopper_needs_help",
            pickup.id,
            f"Door {event.data['door']} did not open for its shopper.",
            now,
        )


def _door_unknown(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    """A restart or a silence hid what an opening came to: perhaps the goods are gone, and nobody saw it."""
    loading = event.data.get("cause") == "load"
    placement = adopt(session, bridge, event, now) if loading else placement_of(session, bridge, event)
    if placement is None or placement.state == "released":
        return
    pickup, door = placement.pickup, event.data["door"]
    say(session, pickup, "door_unknown", bridge, event, door=door)
    if event.data.get("cause") == "grant":
        why = "its sensor does not move" if event.data.get("reason") == "unseen" else "the lockers were interrupted"
        text = f"Nobody saw whether door {door} opened for the shopper of {pickup.order.name}: {why}."
        ask(session, bridge, "shopper_needs_help", pickup.id, text, now)


def _collected_if_all(session: Session, bridge: Bridge, pickup: Pickup, event: DeviceEvent, now: dt.datetime) -> None:
    waiting = [place for place in pickup.wanted_placements() if place.collected_at is None]
    if not waiting and pickup.state in ("ready", "expired", "cancelled"):
        actions.make_collected(session, pickup, now, actor=actor(bridge, event))


_AFTER_SHUT: dict[str, Callable[[Session, Bridge, Placement, DeviceEvent, dt.datetime], None]] = {
    "load": shut_after_loading,
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
    "wiring_mismatch": wiring_mismatch,
    "quarantine_ended": quarantine_ended,
    "sensor_suspect": sensor_suspect,
    "sensor_sound": sensor_sound,
    "commissioning": commissioning,
    "commissioned": commissioned,
    "counter_arrived": counter_arrived,
    "problem_reported": problem_reported,
    "grant_locked": grant_locked,
    "staff_locked": staff_locked,
    "place_given_up": place_given_up,
    "set_aside": set_aside,
    "all_in": all_in,
    "confirmed_empty": confirmed_empty,
    "journal_damaged": journal_damaged,
    "disk_tight": disk_tight,
    "disk_roomy": disk_roomy,
    "clock_moved": clock_moved,
}
