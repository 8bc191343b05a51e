"""The tables of a bridge's journal."""

SCHEMA_VERSION = 1
# Whatever a loading or a handing-out asks is answered by an index: 30 days of history must cost it nothing.
SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE events (seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, at TEXT NOT NULL,
    boot_id TEXT NOT NULL, clock TEXT NOT NULL, data TEXT NOT NULL);
CREATE TABLE grants (id TEXT PRIMARY KEY, version INTEGER NOT NULL, selector TEXT, qr_sha256 TEXT, body TEXT,
    active INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX grants_selector ON grants (selector);
CREATE INDEX grants_qr ON grants (qr_sha256);
CREATE INDEX grants_active ON grants (id) WHERE active = 1;
CREATE TABLE spent (placement TEXT PRIMARY KEY, grant_id TEXT NOT NULL, at REAL NOT NULL,
    reopened INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX spent_grant ON spent (grant_id);
CREATE INDEX spent_at ON spent (at);
CREATE TABLE doors (number INTEGER PRIMARY KEY, wiring TEXT NOT NULL, last TEXT, errand TEXT,
    left_open INTEGER NOT NULL, in_service INTEGER NOT NULL, suspect INTEGER NOT NULL DEFAULT 0,
    unmoved INTEGER NOT NULL DEFAULT 0);
CREATE TABLE attempts (id TEXT PRIMARY KEY, grant_id TEXT NOT NULL, at REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX attempts_at ON attempts (at);
CREATE TABLE openings (id TEXT PRIMARY KEY, door INTEGER NOT NULL, errand TEXT NOT NULL, pulses INTEGER NOT NULL,
    outcome TEXT, at REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX openings_pending ON openings (id) WHERE outcome IS NULL;
CREATE INDEX openings_at ON openings (at);
CREATE TABLE intents (opening TEXT NOT NULL, pulse INTEGER NOT NULL, at REAL NOT NULL, PRIMARY KEY (opening, pulse))
    WITHOUT ROWID;
CREATE INDEX intents_at ON intents (at);
CREATE TABLE tries (id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL);
CREATE TABLE grant_tries (grant_id TEXT PRIMARY KEY, version INTEGER NOT NULL, wrong INTEGER NOT NULL,
    paused_until REAL NOT NULL, told INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE commands (id TEXT PRIMARY KEY, body TEXT NOT NULL, received_at REAL NOT NULL, started_at REAL,
    result TEXT, reported INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX commands_due ON commands (received_at, id) WHERE started_at IS NULL AND result IS NULL;
CREATE INDEX commands_begun ON commands (id) WHERE started_at IS NOT NULL AND result IS NULL;
CREATE INDEX commands_to_report ON commands (received_at) WHERE result IS NOT NULL AND reported = 0;
CREATE INDEX commands_reported ON commands (received_at) WHERE reported = 1;
CREATE TABLE remote_opens (id INTEGER PRIMARY KEY, mono REAL NOT NULL);
CREATE TABLE staff_sessions (id TEXT PRIMARY KEY, staff TEXT NOT NULL, until REAL NOT NULL, ended INTEGER NOT NULL
    DEFAULT 0) WITHOUT ROWID;
CREATE INDEX staff_sessions_until ON staff_sessions (until);
"""
