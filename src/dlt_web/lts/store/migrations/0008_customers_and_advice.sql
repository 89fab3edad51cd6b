-- To whom a handshake code belongs: from a slot on, up to the code's next row. '' is nobody.

CREATE TABLE handshake_owner (
    handshake_code TEXT NOT NULL REFERENCES handshake (code),
    first_slot     INTEGER NOT NULL,
    customer       TEXT NOT NULL,
    PRIMARY KEY (handshake_code, first_slot)
) STRICT, WITHOUT ROWID;

-- What a handshake code is for, likewise; before its first row it is for real use.

CREATE TABLE handshake_purpose (
    handshake_code TEXT NOT NULL REFERENCES handshake (code),
    first_slot     INTEGER NOT NULL,
    is_test        INTEGER NOT NULL,
    PRIMARY KEY (handshake_code, first_slot)
) STRICT, WITHOUT ROWID;

INSERT INTO handshake_purpose SELECT code, 0, 1 FROM handshake WHERE is_test;

-- The month's figures of a customer as they were frozen, each form to the byte. Late usage is what the counters say now
-- of a frozen month and the figures do not (lts/statements.py).

CREATE TABLE statement (
    customer   TEXT NOT NULL,
    month      TEXT NOT NULL,                       -- such as 2026-11
    time_zone  TEXT NOT NULL,
    first_slot INTEGER NOT NULL,
    end_slot   INTEGER NOT NULL,
    frozen_ms  INTEGER NOT NULL,
    json       TEXT NOT NULL,
    csv        TEXT NOT NULL,
    html       TEXT NOT NULL,
    PRIMARY KEY (customer, month)
) STRICT;

CREATE TABLE usage_credit (
    number         INTEGER NOT NULL,                -- over all codes
    booked_ms      INTEGER NOT NULL,
    actor          TEXT NOT NULL,
    customer       TEXT NOT NULL,
    handshake_code TEXT NOT NULL REFERENCES handshake (code),
    unit           TEXT NOT NULL CHECK (unit IN ('scans', 'devices')),
    quantity       INTEGER NOT NULL,
    month          TEXT,                            -- what it is for, if for a month
    reason         TEXT NOT NULL,
    stated_month   TEXT,                            -- the statement that shows it
    id             TEXT NOT NULL,                   -- what it is known by to whoever booked it
    PRIMARY KEY (handshake_code, number)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX usage_credit_by_id ON usage_credit (id);

-- Seats of a handshake code at an item: `seats` as the slot ended, `peak` the most after a change in it. Rows stand in
-- the slots in which the number changed.

CREATE TABLE seat_series (
    handshake_code TEXT NOT NULL,
    license_id     TEXT NOT NULL REFERENCES license_item (id),
    slot           INTEGER NOT NULL,
    seats          INTEGER NOT NULL,
    peak           INTEGER NOT NULL,
    PRIMARY KEY (handshake_code, license_id, slot)
) STRICT, WITHOUT ROWID;

INSERT INTO seat_series
SELECT handshake_code, license_id, (SELECT max(last_seen_ms) FROM device) / 180000, devices, devices
FROM device_count WHERE license_id <> '' AND devices > 0;

-- What the license advisor needs to know of devices, by day (days since the epoch, UTC), whatever they are charged by.
-- `devices`: how many had their last sign of life then; `joined_366` and `joined_90`: how many came that had none for so
-- many days before, or ever; `left_366` and `left_90`: how many of those that came back had been away so long by then.

CREATE TABLE device_day (
    handshake_code TEXT NOT NULL,
    day            INTEGER NOT NULL,
    devices        INTEGER NOT NULL,
    joined_366     INTEGER NOT NULL,
    left_366       INTEGER NOT NULL,
    joined_90      INTEGER NOT NULL,
    left_90        INTEGER NOT NULL,
    PRIMARY KEY (handshake_code, day)
) STRICT, WITHOUT ROWID;

INSERT INTO device_day
SELECT handshake_code, day, sum(devices), sum(joined), 0, sum(joined), 0 FROM (
    SELECT handshake_code, last_seen_ms / 86400000 AS day, count(*) AS devices, 0 AS joined FROM device GROUP BY 1, 2
    UNION ALL
    SELECT handshake_code, first_seen_ms / 86400000, 0, count(*) FROM device GROUP BY 1, 2
) GROUP BY handshake_code, day;

-- When a device was last seen that was forgotten with its seat, because it never scanned.

CREATE TABLE gone_device (
    handshake_code TEXT NOT NULL,
    device_uuid    TEXT NOT NULL,
    last_seen_ms   INTEGER NOT NULL,
    PRIMARY KEY (handshake_code, device_uuid)
) STRICT, WITHOUT ROWID;

CREATE INDEX gone_device_by_seen ON gone_device (last_seen_ms);

-- How often a device became active as the so many-th one of its code, by day; above 256, `devices` is rounded up by
-- less than 1 % (lts/device_days.py).

CREATE TABLE arrival_count (
    handshake_code TEXT NOT NULL,
    day            INTEGER NOT NULL,
    devices        INTEGER NOT NULL,
    arrivals       INTEGER NOT NULL,
    PRIMARY KEY (handshake_code, day, devices)
) STRICT, WITHOUT ROWID;

-- Since when seats and devices are followed like that; a new store follows them from the beginning.

INSERT INTO store_info (name, value)
SELECT 'devices_followed_from_ms', max(last_seen_ms) FROM device HAVING count(*) > 0;

-- How many devices of a code its customer may release in how many seconds; none where there is no limit.

ALTER TABLE handshake ADD COLUMN release_limit INTEGER;
ALTER TABLE handshake ADD COLUMN release_term_s INTEGER;

CREATE TABLE customer_release (
    handshake_code TEXT NOT NULL REFERENCES handshake (code),
    customer       TEXT NOT NULL,
    number         INTEGER NOT NULL,
    at_ms          INTEGER NOT NULL,
    PRIMARY KEY (handshake_code, customer, number)
) STRICT, WITHOUT ROWID;

-- A key of a customer reads and releases that customer's devices, and nothing else.

CREATE TABLE admin_key_with_customer (
    name       TEXT PRIMARY KEY,
    key_hash   TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    scope      TEXT NOT NULL CHECK (scope IN ('read', 'manage', 'customer')),
    customer   TEXT CHECK ((scope = 'customer') = (customer IS NOT NULL))
) STRICT, WITHOUT ROWID;

INSERT INTO admin_key_with_customer SELECT name, key_hash, created_ms, scope, NULL FROM admin_key;
DROP TABLE admin_key;
ALTER TABLE admin_key_with_customer RENAME TO admin_key;
