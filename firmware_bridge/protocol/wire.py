"""The words and shapes of the conversation between bridge and cloud, version 1.

The bridge dials out only. Every body is JSON; times are ISO 8601 in UTC (`2026-11-22T11:37:11.123456+00:00`); bytes
are base64. Unknown fields are ignored, an unknown command kind is refused and reported, so either side may be newer.

`POST /bridge/v1/enrol`, not signed, proves possession of the key instead:
    request   {"code", "public_key", "proof": signature over the code, "protocol": 1, "software": "1.0.0"}
    response  {"bridge_id", "key_id", "cloud_key", "bank_key", "time"}

`POST /bridge/v1/sync`, signed both ways (`signatures`), held open up to `wait` seconds until there is news:
    request   {"protocol": 1, "cursor": str|null, "boot_id", "time", "clock": one of CLOCKS, "wait": seconds,
               "layout", "staff", "work", "settings": hash of the one held or null,
               "doors": {"7": {"door": one of DOOR_STATES, "item": one of ITEM_STATES, "in_service": bool}},
               "events": [Event, at most EVENTS_A_SYNC, oldest first], "results": [Result]}
    response  {"cursor", "reset": bool, "acked": highest seq stored without a gap, "time",
               "grants": [Grant], "layout": Layout or null when the bridge holds it already, "commands": [Command],
               "staff": Staff, "work": Work, "settings": Settings, each null when held already or not asked for,
               "lease_until": until when all that is held after this answer may be used without another one}
               "new_key": {"public_key", "proof": the new key's signature over `proof_of_key`} or absent
               "key": {"id": the name of the new key}: taken, sign with it from now on; or {"wanted": true}: offer one
    `reset` means: `grants` is the whole list, forget every other grant. A cursor the cloud does not know gets a reset.

Event    {"seq": 1.., "kind": one of EVENTS, "at", "boot_id", "clock", "data": {...}}; data per kind is in EVENTS.
         (bridge, seq) is unique and contiguous; the bridge keeps an event until `acked` covers it.
Grant    {"id", "version", "revoked": true}, or
         {"id", "version", "revoked": false, "active": bool, "unpaid": bool, "selector": "047", "salt",
          "verifier", "qr_sha256": hex, "valid_from", "valid_until", "lease_until",
          "placements": [{"id", "kind": "compartment"|"counter", "door": 7|null}]}
         Inactive grants are known but open nothing; unpaid ones neither, whatever was loaded for them here, and the
         kiosk says why. Absent means paid. No personal data, no order number.
Layout   {"hash", "bank": {"id", "name"}, "store": {"name", "time_zone"}, "board": name in the board registry,
          "board_options": {} or absent: how this bank's boards differ from the usual, by option name,
          "doors": [{"number": 7, "board": 0, "channel": 6, "size": "M", "row": 0, "column": 2, "height": 1,
                     "accessible": bool, "cold": "" or absent|"chilled"|"frozen"}]}
         Every kind of board takes the option `sensor`: "door", or "hook" where it only tells what is locked.
         `row` counts from the top, `column` from the left, `height` is in rows; doors of one column share its width.
Staff    {"hash", "people": [{"id", "version", "badge_hmac": hex, see `codes.badge_hmac`, "pin": Argon2id, encoded,
                              "role"}]}
         Active people of this store, no names and no badge numbers. Who is gone from the list is refused at once; a
         person's new version forgets their wrong PINs.
Work     {"hash", "items": [Item], "taken": [numbers of doors that hold goods, or may, or must not be loaded]}
Item     {"pickup", "grant": id|null, "name": "#1001", "size": "M" or "" (fits no door), "accessible": bool,
          "needs": [of NEEDS], "parcels": how many doors it is spread over, absent: 1,
          "action": "load"|"reclaim", "why": stable word,
          "placements": [{"id", "door": 7|null, "loaded": bool}]}
         Only doors of this bank; null is the counter. No personal data.
Settings {"hash", "hold_hours", "staff_offline_hours", "kiosk": {}}
Command  {"id", "kind": one of COMMANDS, "issued_at", "expires_at", "actor", ...}
         open            + {"door", "cause": one of CAUSES, "placement": id|null, "session": id|null}
         take_presence   + {"code": six digits from the kiosk's screen, "staff": id}
         end_presence    + {"session": id}
         end_quarantine  + {"by": staff id, "reason"}: an admin says that the wires are right
Result   {"command": id, "status": one of RESULTS, "code": reason or null, "data": {...}}
         A command is obeyed at most once; the same id gets the stored result again.
         take_presence done: data {"session": id, "until"}
         open, once pulsed: data {"door": one of DOOR_STATES, "item": one of ITEM_STATES, "pulses"}
"""

from __future__ import annotations

PROTOCOL = 1
KEY_LIFE_DAYS = 90
LONGEST_WAIT_SECONDS = 25
EVENTS_A_SYNC = 200
PRESENCE_MINUTES = 10
LONGEST_STAFF_OFFLINE_HOURS = 168
"""A week: no setting lets staff sign in for longer at a kiosk that hears nothing."""
REMOTE_OPENS_AN_HOUR = 10

DOOR_STATES = ("shut", "open", "unknown")
ITEM_STATES = ("present", "absent", "unsupported")
CLOCKS = ("synced", "uncertain")

# What goods need beside room. `chilled` and `frozen` lie behind such doors alone, and nothing else does; `upright` is
# for whoever loads them.
NEEDS = ("upright", "chilled", "frozen", "accessible")

# Why a door moved: a shopper's code, or staff loading, taking out again, reclaiming, or helping at the bank.
CAUSES = ("grant", "load", "unload", "reclaim", "assist")

EVENTS = {
    "bridge_started": "software, protocol",
    # An errand is: cause or 'unexpected', attempt, grant, placement, pickup, staff. Who loads at the kiosk into a door
    # the cloud did not name makes a new placement: its id, with its pickup, is first heard of here.
    "door_opened": "door, command, pulses, and its errand",
    "door_shut": "door, item, sensor, and the errand of its opening",
    # sensor: what that rests on: 'door'; 'hook', which is open when the door is unlocked; or a 'suspect' sensor
    "door_left_open": "door, seconds, sensor, and the errand of its opening",
    "door_failed": "door, command, pulses, and its errand; reason 'failed': pulsed, never seen to open; 'rejected': "
    "the board would not",
    "door_unknown": "door: its sensor or board went silent; or, with all of door_failed and reading 'shut' | 'open': "
    "what an opening came to is hidden, reason 'interrupted' | 'silent' | 'unseen' by a suspect sensor",
    "sensor_suspect": "door, reading 'shut' | 'open', openings it said nothing of: no longer believed",
    "sensor_sound": "door: it moved, and is believed again",
    "wiring_mismatch": "all of door_failed, moved: the door that opened instead of it, or, with both, beside it; "
    "nothing is opened in this bank any more",
    "quarantine_ended": "by, reason",
    "commissioning": "step 'begun': closed for service, 'goods_may_move': a manager lets doors be opened that hold "
    "some, 'left': open again as it was; by: a name, staff: id or null, goods: doors that hold some",
    "commissioned": "board, board_options, by: a name, staff: id or null, doors as in Layout, goods: doors that held "
    "some, manager who let them be opened, or null: that bank is open again",
    "code_refused": "reason, grant or null; never the code",
    "grant_locked": "grant",
    "counter_arrived": "grant, placement",
    "presence_taken": "staff, session",
    "staff_signed_in": "staff, session: with badge and PIN at the kiosk",
    "staff_refused": "reason, staff or null; never the badge or the PIN",
    "staff_locked": "staff: ten wrong PINs at the kiosk",
    "staff_signed_out": "staff, session",
    "place_given_up": "placement, pickup, door, staff: the goods did not go in there",
    "set_aside": "pickup, staff: the goods go to the counter instead",
    "all_in": "pickup, staff: everything went into fewer doors than it was to be spread over",
    "confirmed_empty": "placement, pickup, door, staff: a person looked",
    "journal_damaged": "saved: rows by table, lost: tables: the journal was damaged and begun anew",
    "disk_tight": "free: bytes: nothing is opened by code until there is room",
    "disk_roomy": "free: bytes",
    "clock_moved": "clock: 'computer' | 'bridge', seconds: forwards, or backwards when negative",
    "problem_reported": "grant, placement, door, problem: 'empty' | 'not_open' | 'help'",
}

COMMANDS = ("open", "take_presence", "end_presence", "end_quarantine")
RESULTS = ("done", "refused", "failed", "expired", "unknown")
# Stable reasons in a Result's `code`: not_present, wrong_presence_code, presence_paused, remote_limit, unknown_door,
# out_of_service, closed_for_service, board_silent, busy, not_journaled, unknown_command, door_did_not_open,
# board_busy, wrong_door, sensor_suspect, quarantined.


def proof_of_key(bridge_id: str, public_key: bytes) -> bytes:
    """What a bridge's new key signs, so that nobody offers a key that is not theirs."""
    return b"bopis-new-key\x1f" + bridge_id.encode() + b"\x1f" + public_key
