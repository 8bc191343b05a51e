"""What staff read for the stable words in a pickup's `state` and `reason`."""

from __future__ import annotations

STATES = {
    "waiting": "Waiting",
    "reserved": "To load",
    "ready": "Ready",
    "expired": "Expired",
    "cancelled": "Cancelled",
    "collected": "Collected",
    "returned": "Returned",
}
NEEDS = {
    "frozen": "Keep frozen",
    "chilled": "Keep chilled",
    "upright": "Keep upright",
    "accessible": "Low door",
}
"""What goods need beside room, or their shopper asked for; what spoils soonest comes first."""
KEPT = {
    "bank_silent": "Its time is over, but its lockers were not heard from: it may have been collected",
    "door_open": "Its time is over, but its door stands open",
}
"""Why a pickup is kept beyond its time."""
REASONS = {
    "unpaid": "Not paid yet",
    "on_hold": "On hold on the platform",
    "unknown_location": "Its location is not mapped to a store",
    "no_code_free": "Every pickup code is in use",
    "smallest_fitting": "Smallest door that fits",
    "next_size_up": "The smaller doors are full, so one size up",
    "in_hand_goes_first": "It was in your hands, so it took a door another order was only promised",
    "too_big": "Too big for any door here",
    "nothing_free": "No fitting door is free",
    "in_parcels": "It fits no single door, so it is spread over several",
    "not_all_fit": "It fits no single door, and there are not enough free ones for all of it",
    "no_such_door": "No door here has what it needs",
    "no_lockers": "This store has no lockers",
    "moved_down": "A smaller order moves to a smaller door to make room",
    "stalest_to_counter": "Every fitting door is full, so the order that waited longest makes room",
    "newest_first": "A door became free, and the newest order at the counter gets it",
    "left_at_counter": "It was on its way to another door, and stayed at the counter",
    "made_room": "It waited longest, so it made room for a fresh order",
    "door_taken": "Its door went to an order that was ready first",
    "edited": "The order was changed",
    "asked": "Its shopper asked for another door",
    "cancelled_on_platform": "Called off in the shop",
    "closed_on_platform": "Closed in the shop: moved, refunded or handed over there",
    "cancelled_by_program": "Called off by one of your programs",
    "deleted_on_platform": "Deleted in the shop",
    "moved": "Moved to another store",
    "gone_from_order": "No longer part of the order",
    "door_failed": "Its door did not open",
    "door_changed": "Its door is kept for other goods now",
    "door_out_of_service": "Its door was taken out of service",
    "bank_quarantined": "Its lockers open nothing until they are set up anew",
    "taken_out": "Taken out again",
    "not_loaded": "Nobody loaded it in time, so its door may go to another order",
    "corrected": "It was booked as back with the store, and its shopper has it",
    "kept_longer": "Kept longer than its time",
    "": "",
}
