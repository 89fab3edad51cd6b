-- Alerts: what was told, to which webhooks, with what success; what is told already (lts/alerts.py). None names a device.

CREATE TABLE webhook (
    id           TEXT PRIMARY KEY,
    url          TEXT NOT NULL,
    secret       BLOB NOT NULL,
    created_ms   INTEGER NOT NULL,
    old_secret   BLOB,                              -- signs beside the new one until then
    old_until_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_threshold (
    license_id TEXT PRIMARY KEY REFERENCES license_item (id),
    percents   TEXT NOT NULL                        -- JSON list
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_state (
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    levels  TEXT NOT NULL,                          -- JSON list of those that were told and not fallen below since
    at_ms   INTEGER NOT NULL,
    PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE alert (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    id      TEXT NOT NULL UNIQUE,                   -- the webhook-id of every try to deliver it
    at_ms   INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    level   INTEGER,
    detail  TEXT NOT NULL                           -- JSON
) STRICT;

CREATE TABLE delivery (
    alert_number INTEGER NOT NULL REFERENCES alert (number),
    webhook_id   TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts     INTEGER NOT NULL,
    next_ms      INTEGER NOT NULL,
    PRIMARY KEY (alert_number, webhook_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX delivery_waiting ON delivery (webhook_id, next_ms) WHERE state = 'waiting';

CREATE TABLE delivery_attempt (
    number       INTEGER PRIMARY KEY AUTOINCREMENT,
    alert_number INTEGER NOT NULL REFERENCES alert (number),
    webhook_id   TEXT NOT NULL,
    at_ms        INTEGER NOT NULL,
    took_ms      INTEGER NOT NULL,
    status       INTEGER,                           -- NULL where there was no answer
    outcome      TEXT NOT NULL
) STRICT;

CREATE INDEX delivery_attempt_by_alert ON delivery_attempt (alert_number);

-- Devices with report numbers that never came, and copies of one database: written as such a report is booked, which is
-- seldom, so that nobody has to look for them among all devices.

CREATE TABLE oddity (
    handshake_code TEXT NOT NULL,
    kind           TEXT NOT NULL CHECK (kind IN ('gap', 'clone')),
    device_uuid    TEXT NOT NULL,
    first_ms       INTEGER NOT NULL,
    last_ms        INTEGER NOT NULL,
    times          INTEGER NOT NULL,
    PRIMARY KEY (handshake_code, kind, device_uuid)
) STRICT, WITHOUT ROWID;

CREATE INDEX oddity_by_time ON oddity (last_ms);

INSERT INTO oddity
SELECT handshake_code, 'clone', device_uuid, last_seen_ms, last_seen_ms, 1 FROM device WHERE is_cloned;

INSERT INTO oddity
SELECT handshake_code, 'gap', device_uuid, min(last_seen_ms), max(last_seen_ms), count(*) FROM stream
WHERE missing_numbers > 0 AND is_verified GROUP BY handshake_code, device_uuid;
