-- Counts of devices that would otherwise be taken by reading every row, and how many devices were active at once.
-- Both change in the transaction that changes the rows they stand for; `lts verify` holds them against those rows.

CREATE TABLE device_count (
    handshake_code TEXT NOT NULL,
    license_id     TEXT NOT NULL,                   -- the item that they sit at; '' for unseated devices
    devices        INTEGER NOT NULL,
    in_memory      INTEGER NOT NULL,
    partitioned    INTEGER NOT NULL,
    PRIMARY KEY (handshake_code, license_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX device_count_by_license ON device_count (license_id);

-- Active devices of a code, or of an item, as a series (lts/activity.py). `net` is by how much the number changed in the
-- slot, so that all rows together are the number now; `start`, the number as the slot began, and `peak`, the largest one
-- in it, stand in the slots in which a device became active.

CREATE TABLE code_activity (
    handshake_code TEXT NOT NULL,
    slot           INTEGER NOT NULL,
    start          INTEGER,
    net            INTEGER NOT NULL,
    peak           INTEGER,
    PRIMARY KEY (handshake_code, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE item_activity (
    license_id TEXT NOT NULL REFERENCES license_item (id),
    slot       INTEGER NOT NULL,
    start      INTEGER,
    net        INTEGER NOT NULL,
    peak       INTEGER,
    PRIMARY KEY (license_id, slot)
) STRICT, WITHOUT ROWID;

-- Up to when the devices of an item that ceased to be active are taken off both series.

CREATE TABLE activity_mark (
    license_id TEXT PRIMARY KEY REFERENCES license_item (id),
    counted_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO device_count
SELECT handshake_code, coalesce(license_id, ''), count(*), sum(storage = 'memory'), sum(is_partitioned)
FROM device WHERE license_id IS NOT NULL OR is_unseated GROUP BY handshake_code, coalesce(license_id, '');

-- What is known of the time before: who was active when a device was last seen.

INSERT INTO activity_mark
SELECT id, coalesce((SELECT max(last_seen_ms) FROM device), 0) FROM license_item
WHERE EXISTS (SELECT 1 FROM device WHERE license_id = license_item.id);

CREATE TEMP TABLE active_then AS
SELECT handshake_code, device.license_id, counted_ms / 180000 AS slot, count(*) AS devices
FROM device JOIN license_item ON license_item.id = device.license_id JOIN activity_mark USING (license_id)
WHERE removal_ms > counted_ms + iif(charge_way = 'concurrent_device', 0, max(0, device_lifetime_s - 180)) * 1000
GROUP BY handshake_code, device.license_id;

INSERT INTO code_activity
SELECT handshake_code, slot, 0, sum(devices), sum(devices) FROM active_then GROUP BY handshake_code, slot;

INSERT INTO item_activity
SELECT license_id, slot, 0, sum(devices), sum(devices) FROM active_then GROUP BY license_id, slot;

DROP TABLE active_then;
