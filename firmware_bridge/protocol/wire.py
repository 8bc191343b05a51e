"""The words and shapes of the conversation between bridge and cloud, version 1.

The bridge dials out only. Every body is JSON; times are ISO 8601 in UTC (`2026-11-22T11:37:11.123456+00:00`); bytes
are base64. Unknown fields are ignored, an unknown command kind is refused and reported, so either side may be newer.

`POST /bridge/v1/enrol`, not signed, proves possession of the key instead:
    request   {"code", "public_key", "proof": signature over the code, "protocol": 1, "software": "1.0.0"}
    response  {"bridge_id", "key_id", "cloud_key", "bank_key", "time"}

`POST /bridge/v1/sync`, signed both ways (`signatures`), held open up to `wait` seconds until there is news:
    request   {"protocol": 1, "cursor": str|null, "boot_id", "time", "clock": one of CLOCKS, "wait": seconds,
               "layout": hash of the layout held or null,
               "doors": {"7": {"door": one of DOOR_STATES, "item": one of ITEM_STATES, "in_service": bool}},
               "events": [Event, at most EVENTS_A_SYNC, oldest first], "results": [Result]}
    response  {"cursor", "reset": bool, "acked": highest seq stored without a gap, "time",
               "grants": [Grant], "layout": Layout or null when the bridge holds it already, "commands": [Command]}
    `reset` means: `grants` is the whole list, forget every other grant. A cursor the cloud does not know gets a reset.

Event    {"seq": 1.., "kind": one of EVENTS, "at", "boot_id", "clock", "data": {...}}; data per kind is in EVENTS.
         (bridge, seq) is unique and contiguous; the bridge keeps an event until `acked` covers it.
Grant    {"id", "version", "revoked": true}, or
         {"id", "version", "revoked": false, "active": bool, "selector": "047", "salt", "verifier", "qr_sha256": hex,
          "valid_from", "valid_until", "lease_until",
          "placements": [{"id", "kind": "compartment"|"counter", "door": 7|null}]}
         Inactive grants are known but open nothing. No personal data, no order number.
Layout   {"hash", "bank": {"id", "name"}, "store": {"name", "time_zone"}, "board": name in the board registry,
          "board_options": {} or absent: how this bank's boards differ from the usual, by option name,
          "doors": [{"number": 7, "board": 0, "channel": 6, "size": "M", "row": 0, "column": 2, "height": 1,
                     "accessible": bool}]}
         `row` counts from the top, `column` from the left, `height` is in rows; doors of one column share its width.
Command  {"id", "kind": one of COMMANDS, "issued_at", "expires_at", "actor", ...}
         open            + {"door", "cause": one of CAUSES, "placement": id|null, "session": id|null}
         take_presence   + {"code": six digits from the kiosk's screen, "staff": id}
         end_presence    + {"session": id}
Result   {"command": id, "status": one of RESULTS, "code": reason or null, "data": {...}}
         A command is obeyed at most once; the same id gets the stored result again.
         take_presence done: data {"session": id, "until"}
"""

from __future__ import annotations

PROTOCOL = 1
LONGEST_WAIT_SECONDS = 25
EVENTS_A_SYNC = 200
PRESENCE_MINUTES = 10
REMOTE_OPENS_AN_HOUR = 10

DOOR_STATES = ("shut", "open", "unknown")
ITEM_STATES = ("present", "absent", "unsupported")
CLOCKS = ("synced", "uncertain")

# Why a door moved: a shopper's code, or staff loading, taking out again, reclaiming, or helping at the bank.
CAUSES = ("grant", "load", "unload", "reclaim", "assist")

EVENTS = {
    "bridge_started": "software, protocol",
    "door_opened": "door, cause or 'unexpected', attempt, grant, placement, command, pulses",
    "door_shut": "door, item, and the cause, attempt, grant, placement of its opening",
    "door_left_open": "door, seconds, and the cause, attempt, grant, placement of its opening",
    "door_failed": "door, cause, attempt, grant, placement, command, pulses: pulsed, never seen to open",
    "door_unknown": "door: its sensor or board went silent; or, with all of door_failed and reading 'shut' | 'open': "
    "a restart or a silence hid what an opening came to",
    "code_refused": "reason, grant or null; never the code",
    "grant_locked": "grant",
    "counter_arrived": "grant, placement",
    "presence_taken": "staff, session",
    "problem_reported": "grant, placement, door, problem: 'empty' | 'not_open' | 'help'",
}

COMMANDS = ("open", "take_presence", "end_presence")
RESULTS = ("done", "refused", "failed", "expired", "unknown")
# Stable reasons in a Result's `code`: not_present, wrong_presence_code, presence_paused, remote_limit, unknown_door,
# out_of_service, board_silent, busy, not_journaled, unknown_command, door_did_not_open.
