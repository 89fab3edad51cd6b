-- How often each handshake code was granted or refused an authorization, by day (days since the epoch, UTC). One row for
-- each outcome and day whoever asks, and none for codes that do not exist: nobody fills the disk by asking.

CREATE TABLE authorization_count (
    handshake_code TEXT NOT NULL,
    day            INTEGER NOT NULL,
    outcome        TEXT NOT NULL,                   -- GRANTED, or the problem code
    requests       INTEGER NOT NULL,
    PRIMARY KEY (handshake_code, day, outcome)
) STRICT, WITHOUT ROWID;
