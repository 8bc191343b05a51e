"""Every code a program may meet, and what to do about it. The reference page prints this; a test holds it complete."""

from __future__ import annotations

CODES: dict[str, str] = {
    "not_signed_in": "There is no key, or it was taken back. Send one that is in use.",
    "missing_scope": "The key is good and may not do this. Ask for one with the scope that `detail` names.",
    "store_key": "A key that is bound to one store may not do that, since it concerns all of them.",
    "not_found": "There is no such thing, or it belongs to somebody else: the answer is the same on purpose.",
    "method_not_allowed": "This address takes other methods; the header `Allow` names them.",
    "bad_parameter": "A parameter of the address is unknown, given twice, or not written as it must be; see `errors`.",
    "bad_cursor": "The cursor is none of ours. Begin the list without one.",
    "bad_json": "The body is not a JSON object.",
    "bad_field": "A field is unknown, missing, or not what it must be; `errors` says which, as a JSON pointer.",
    "bad_idempotency_key": "An Idempotency-Key is 1 to 255 printable ASCII signs.",
    "idempotency_key_in_use": "The same request is being worked on. Wait `Retry-After` seconds and ask again.",
    "idempotency_key_reused": "This Idempotency-Key was used for another request. Make up a new one for each deed.",
    "too_large": "The body is larger than 256 KiB.",
    "unsupported_media_type": "Send JSON, with `Content-Type: application/json`.",
    "too_many_requests": "The key asks too often. Wait `Retry-After` seconds.",
    "held_longer": "The pickup is held until later than that already; nothing changed.",
    "not_there": "Nothing of this order lies in its place, so there is nothing to keep longer.",
    "no_code_free": "Every pickup code of these lockers is in use. Try again later.",
    "over": "It was handed over or is back with the store: there is nothing left to call off.",
    "which_connection": "Several connections take orders here. Name one with `connection_id`.",
    "internal_error": "Something went wrong on our side, and we know of it. Ask again, with the same Idempotency-Key.",
    "database_unavailable": "We cannot reach our database. Wait `Retry-After` seconds and ask again.",
}
