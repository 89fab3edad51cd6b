-- Usage and charges by day (days since the epoch, UTC): the sums of `usage` and `charge`, so that a year is read in a
-- moment. They change in the transaction that changes those; `lts verify` holds them against each other.

CREATE TABLE usage_day (
    handshake_code TEXT NOT NULL,
    day            INTEGER NOT NULL,
    is_verified    INTEGER NOT NULL,
    symbology      TEXT NOT NULL,
    scans          INTEGER NOT NULL,
    PRIMARY KEY (handshake_code, day, is_verified, symbology)
) STRICT, WITHOUT ROWID;

INSERT INTO usage_day
SELECT handshake_code, slot / 480, is_verified, symbology, sum(scans) FROM usage GROUP BY 1, 2, 3, 4;

CREATE TABLE charge_day (
    handshake_code TEXT NOT NULL,
    license_id     TEXT NOT NULL REFERENCES license_item (id),
    day            INTEGER NOT NULL,
    scans          INTEGER NOT NULL,
    PRIMARY KEY (handshake_code, license_id, day)
) STRICT, WITHOUT ROWID;

INSERT INTO charge_day SELECT handshake_code, license_id, slot / 480, sum(scans) FROM charge GROUP BY 1, 2, 3;
