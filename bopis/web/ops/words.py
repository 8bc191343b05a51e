"""What operators read for stable words that only they meet."""

from __future__ import annotations

EFFECTS = {
    "MarkReady": "Tell the shop that it is ready",
    "MarkCollected": "Tell the shop that it was handed over",
    "TellShopper": "Text the shopper",
    "MailShopper": "E-mail the shopper",
    "PrepareGrant": "Prepare the code",
    "Reconcile": "Ask the shop for orders we have not heard of",
    "WatchSubscriptions": "Make sure that the shop tells us",
}
BOX_STATES = {"all": "All", "waiting": "Waiting", "done": "Done", "dead": "Dead letters"}
DOORS = {"shut": "Shut", "open": "Open", "unknown": "Unknown"}
ITEMS = {"present": "Something inside", "absent": "Empty", "unknown": "Sensor silent", "unsupported": ""}
