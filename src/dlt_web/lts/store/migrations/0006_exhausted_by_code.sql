-- Whose refusal has put a `refuse-all` mark on an item: codes that share the item may have room elsewhere, or may not.

CREATE TABLE exhausted (
    handshake_code TEXT NOT NULL,
    license_id     TEXT NOT NULL REFERENCES license_item (id),
    PRIMARY KEY (handshake_code, license_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX exhausted_by_license ON exhausted (license_id);

-- Whose it was so far is not known; a code's mark on an item that is not its last one is taken off when it matters.

INSERT INTO exhausted
SELECT DISTINCT handshake_code, license_id FROM handshake_item
JOIN license_item ON license_item.id = handshake_item.license_id WHERE is_exhausted;

ALTER TABLE license_item DROP COLUMN is_exhausted;
