"""A pickup's timeline in words that staff read."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from bopis.pickups.words import KEPT, REASONS, STATES
from bopis.staff.queries import names
from bopis.timeline import TimelineEntry

WORDS = {
    "waiting": "Waits for a place",
    "reserved": "Has a place",
    "ready": "Ready for its shopper",
    "expired": "Not collected in time",
    "cancelled": "Called off",
    "collected": "Handed over",
    "returned": "Back with the store",
    "load_asked": "Asked door {door} to open, to load",
    "unload_asked": "Asked door {door} to open, to take it out again",
    "reclaim_asked": "Asked door {door} to open, to take it back",
    "assist_asked": "Asked door {door} to open, to help",
    "another_box": "Added door {door}",
    "loaded_at_kiosk": "Put into door {door} at the kiosk",
    "place_given_up": "Did not go into door {door}",
    "door_chosen": "Door {door} chosen: {reason}",
    "room_planned": "To go into door {door}: {reason}",
    "carry_planned": "To be carried from door {door} to {place}: {reason}",
    "carried_out": "Out of its door, in somebody’s hands",
    "moved_to_locker": "Carried into door {door}",
    "carrying_stopped": "Not carried after all",
    "put_back": "To be put back into door {door}",
    "to_counter": "To be carried from door {door} to the counter",
    "moved_to_counter": "Carried to the counter",
    "too_small": "Door {was} was too small, took door {door}",
    "outgrown": "Door {door} was too small, and no larger one is free",
    "outgrown_all": "Door {door} was too small, and there is no larger size",
    "set_aside": "Set aside at the counter",
    "all_in": "All of it went into one door less",
    "tapped_fits": "Found that it fits door {door}",
    "tapped_could_be_smaller": "Found that a door smaller than {door} would do",
    "tapped_back": "Took back what was said of door {door}",
    "low_door_asked": "Asked for a low door",
    "low_door_dropped": "Any door will do again",
    "taken_out_by_hand": "Taken out of door {door} by hand: {reason}",
    "right_as_it_lies": "Found right as it lies",
    "confirmed_empty": "Confirmed that nothing is left",
    "qr_scanned": "Scanned the shopper’s QR code",
    "door_opened_load": "Door {door} opened",
    "door_opened_unload": "Door {door} opened",
    "door_opened_reclaim": "Door {door} opened",
    "door_opened_assist": "Door {door} opened",
    "door_opened_grant": "Door {door} opened with the shopper’s code",
    "door_shut_load": "Door {door} shut",
    "door_shut_unload": "Door {door} shut",
    "door_shut_reclaim": "Door {door} shut",
    "door_shut_assist": "Door {door} shut",
    "door_shut_grant": "Door {door} shut",
    "door_left_open": "Door {door} was left open",
    "door_failed": "Door {door} did not open",
    "called_off_too_late": "Called off in the shop after it was collected",
    "changed_after_loading": "Changed in the shop after it was loaded",
    "door_unknown": "Nobody saw whether door {door} opened: the lockers were interrupted",
    "door_opened_unasked": "Door {door} opened although nobody asked",
    "door_opened_wrongly": "Door {door} opened by mistake: another one was meant",
    "wrong_door": "Door {moved} opened instead of door {door}",
    "door_not_found": "Door {door} was not found when the lockers were set up",
    "arrived_at_counter": "The shopper came to the counter",
    "problem_reported": "The shopper asked for help at the lockers",
    "code_locked": "The code was typed wrong ten times and is locked",
    "code_unlocked": "The code was unlocked",
    "code_renewed": "The code was made anew: the bridge that knew the old one was stolen",
    "shopper_told": "The shopper was told by {channel}",
    "text_failed": "The text reached nobody; an e-mail follows",
    "money_authorised": "{sum} held on the shopper’s card",
    "money_captured": "{sum} taken",
    "money_released": "{sum} let go, nothing was taken",
    "money_lapsed": "{sum} lapsed, nothing was taken",
    "money_refunded": "{sum} given back",
    "money_refund_failed": "{sum} given back came back",
    "money_disputed": "The shopper’s bank took {sum} back",
    "money_capture_asked": "Decided to take {sum}",
    "money_release_asked": "Decided to let {sum} go",
    "money_refund_asked": "Decided to give {sum} back",
    "to_be_paid": "To be paid before it opens",
    "paid_for": "Nothing is left to pay: the code opens the door",
    "paid_at_counter": "{sum} paid at the counter: {reason}",
    "fee_due": "{sum} to pay for storage",
    "fee_waived": "{sum} for storage waived",
    "extended": "Held longer",
    "on_my_way": "The shopper is on the way",
    "expiry_waits": "{why}",
    "platform_told_returned": "The shop knows that it is in stock again",
    "platform_told_ready": "The shop knows that it is ready",
    "platform_told_collected": "The shop knows that it was handed over",
}
_ACTORS = {"platform": "the shop", "shopper": "the shopper", "system": ""}
_KINDS = {"bridge": "the lockers", "api": "one of your programs"}


@dataclass(frozen=True)
class Told:
    """One line of the story."""

    entry: TimelineEntry
    words: str
    who: str


def tell(session: Session, merchant_id: str, entries: list[TimelineEntry]) -> list[Told]:
    """The story, newest first."""
    people = {entry.actor.removeprefix("staff:") for entry in entries if entry.actor.startswith("staff:")}
    known = names(session, merchant_id, people) if people else {}
    return [Told(entry, _words(entry), _who(entry.actor, known)) for entry in reversed(entries)]


def _words(entry: TimelineEntry) -> str:
    detail = {"door": "?", "was": "?", "channel": "text"} | entry.detail
    detail["why"] = KEPT.get(detail.get("why", ""), "")
    detail["place"] = f"door {detail['to']}" if detail.get("to") else "the counter"
    detail["reason"] = REASONS.get(detail.get("reason", ""), detail.get("reason", ""))
    words = WORDS.get(entry.what, entry.what.replace("_", " ").capitalize()).format_map(detail)
    if entry.what in STATES:
        why = REASONS.get(entry.detail.get("reason", ""), "")
        why = why[:1].lower() + why[1:]
        place = f"door {entry.detail['door']}" if entry.detail.get("door") else ""
        if entry.detail.get("because"):
            why = f"{why} (“{entry.detail['because']}”)"
        words = ": ".join([words, ", ".join(part for part in (place, why) if part)]) if place or why else words
    if entry.what.startswith("door_shut") and entry.detail.get("item") in ("present", "absent"):
        words += ", something inside" if entry.detail["item"] == "present" else ", empty"
    return words


def _who(actor: str, known: dict[str, str]) -> str:
    kind, _, staff_id = actor.partition(":")
    if kind == "staff":
        return known.get(staff_id, "someone")
    return _KINDS.get(kind) or _ACTORS.get(actor, "")
