-- Usage by day (days since the epoch, UTC): the sums of `usage`, so that a year is read in a moment. Both change in one
-- transaction; `lts verify` holds them against each other.

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
