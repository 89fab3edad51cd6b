-- The first schema. Tables of one handshake code have keys that lead with the code. Times are milliseconds since the
-- epoch on the server's clock (_ms); slots are counted from the epoch. Counters in license_item equal the rows they
-- stand for at every commit.

CREATE TABLE store_info (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE store_key (
    number     INTEGER PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('signing', 'report')),
    id         TEXT NOT NULL UNIQUE,
    secret     BLOB NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE admin_key (
    name       TEXT PRIMARY KEY,
    key_hash   TEXT NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE license_item (
    id                TEXT PRIMARY KEY,
    product           TEXT NOT NULL,
    charge_way        TEXT NOT NULL CHECK (charge_way IN ('per_scan', 'per_device', 'concurrent_device')),
    quota             INTEGER NOT NULL CHECK (quota >= 0),
    valid_from_ms     INTEGER,
    valid_until_ms    INTEGER,
    device_lifetime_s INTEGER NOT NULL CHECK (device_lifetime_s > 0),
    on_exhausted      TEXT NOT NULL CHECK (on_exhausted IN ('refuse-all', 'refuse-new', 'allow')),
    grace_percent     INTEGER NOT NULL CHECK (grace_percent >= 0),
    is_revoked        INTEGER NOT NULL DEFAULT 0,
    seats             INTEGER NOT NULL DEFAULT 0 CHECK (seats >= 0),
    scans             INTEGER NOT NULL DEFAULT 0 CHECK (scans >= 0),
    is_exhausted      INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE handshake (
    code                TEXT PRIMARY KEY,
    origins             TEXT NOT NULL,              -- JSON list
    allow_non_browser   INTEGER NOT NULL,
    password_hash       TEXT,
    password_changed_ms INTEGER NOT NULL,
    is_test             INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE handshake_item (
    handshake_code TEXT NOT NULL REFERENCES handshake (code),
    position       INTEGER NOT NULL,
    license_id     TEXT NOT NULL REFERENCES license_item (id),
    PRIMARY KEY (handshake_code, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX handshake_item_by_license ON handshake_item (license_id);

CREATE TABLE device (
    handshake_code   TEXT NOT NULL,
    device_uuid      TEXT NOT NULL,
    license_id       TEXT REFERENCES license_item (id),   -- the seat; NULL while there is none
    is_unseated      INTEGER NOT NULL,
    product          TEXT,
    first_seen_ms    INTEGER NOT NULL,
    last_seen_ms     INTEGER NOT NULL,
    removal_ms       INTEGER NOT NULL,
    storage          TEXT NOT NULL,
    is_partitioned   INTEGER NOT NULL,
    friendly_name    TEXT,
    is_cloned        INTEGER NOT NULL,
    scans            INTEGER NOT NULL,
    token_issued_ms  INTEGER,
    token_expires_ms INTEGER,
    PRIMARY KEY (handshake_code, device_uuid)
) STRICT, WITHOUT ROWID;

CREATE INDEX device_by_removal ON device (license_id, removal_ms);

CREATE TABLE stream (
    handshake_code  TEXT NOT NULL,
    device_uuid     TEXT NOT NULL,
    stream_id       TEXT NOT NULL,
    is_verified     INTEGER NOT NULL,
    id              TEXT NOT NULL,
    seq             INTEGER NOT NULL,
    version         INTEGER NOT NULL,
    slot            INTEGER NOT NULL,
    booked_slot     INTEGER NOT NULL,
    counts          TEXT NOT NULL,                  -- JSON object: symbology -> scans
    lost            TEXT NOT NULL,                  -- JSON object: reason -> scans
    missing_numbers INTEGER NOT NULL,
    shifted_reports INTEGER NOT NULL,
    clamped_reports INTEGER NOT NULL,
    last_seen_ms    INTEGER NOT NULL,
    PRIMARY KEY (handshake_code, device_uuid, stream_id, is_verified)
) STRICT, WITHOUT ROWID;

CREATE TABLE usage (
    handshake_code TEXT NOT NULL,
    slot           INTEGER NOT NULL,
    is_verified    INTEGER NOT NULL,
    symbology      TEXT NOT NULL,
    scans          INTEGER NOT NULL,
    PRIMARY KEY (handshake_code, slot, is_verified, symbology)
) STRICT, WITHOUT ROWID;

CREATE TABLE lost (
    handshake_code TEXT NOT NULL,
    slot           INTEGER NOT NULL,
    is_verified    INTEGER NOT NULL,
    reason         TEXT NOT NULL,
    scans          INTEGER NOT NULL,
    PRIMARY KEY (handshake_code, slot, is_verified, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE charge (
    handshake_code TEXT NOT NULL,
    license_id     TEXT NOT NULL REFERENCES license_item (id),
    slot           INTEGER NOT NULL,
    scans          INTEGER NOT NULL,
    PRIMARY KEY (handshake_code, license_id, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms   INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL                           -- JSON
) STRICT;
