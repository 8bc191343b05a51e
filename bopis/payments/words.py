"""What staff read for the stable words of money."""

from __future__ import annotations

STATES = {"authorised": "Held", "captured": "Taken", "released": "Let go", "expired": "Lapsed"}
WHY = {
    "": "",
    "under_way": "The provider was asked and has not answered yet",
    "refused": "The provider refused; a person decides",
    "until_loaded": "Is taken once the order is in its place",
    "until_collected": "Is taken once the order is handed over",
    "no_pickup": "Waits for the order it is for",
    "loaded": "The order is in its place",
    "collected": "The order was handed over",
    "lapses": "The authorisation is about to lapse",
    "called_off": "The order was called off",
    "returned": "The goods are back with the store",
    "less_is_due": "The order became cheaper",
    "more_is_due": "More is due than was taken",
    "nothing_due": "Nothing is due any more",
    "part_called_off": "Part of the order was called off, and the shop does not say what the rest costs",
    "several_payments": "Several payments are for this order, and the shop does not say what it costs",
    "paid_on_platform": "The shop says that it is paid already",
    "lapsed_unpaid": "The authorisation lapsed, and nothing pays for the order any more",
    "left_unpaid": "The goods left, and no money is held for them any more",
    "captured": "All is settled",
    "given_back": "All was given back",
    "released": "Nothing was taken",
    "expired": "It lapsed, and nothing was taken",
    "by_hand": "Somebody decided so",
    "elsewhere": "Done at the provider, not here",
}
MOMENTS = {"loaded": "as soon as the order is in its place", "collected": "when the order is handed over"}
