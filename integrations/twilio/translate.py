"""Twilio's words for where a text is, made ours. Pure."""

from __future__ import annotations

from bopis.ports import Receipt

_STATES = {
    "accepted": "accepted",
    "scheduled": "accepted",
    "queued": "accepted",
    "sending": "accepted",
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "partially_delivered": "delivered",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}


def receipt(sid: str, status: str, error: str = "") -> Receipt | None:
    """Our receipt; None for a status that is not an outgoing text's. `error` counts only when the text failed."""
    state = _STATES.get(status)
    if state is None:
        return None
    return Receipt(sid, state, (error or "not_delivered") if state == "failed" else "")
