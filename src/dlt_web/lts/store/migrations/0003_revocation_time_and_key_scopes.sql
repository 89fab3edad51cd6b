-- When an item was taken back decides which late scans it is still charged with; the audit log knows it of old ones.
-- An administration key reads, or manages; the keys so far could do both.

ALTER TABLE license_item ADD COLUMN revoked_ms INTEGER;

UPDATE license_item SET revoked_ms = coalesce(
    (SELECT max(at_ms) FROM audit WHERE action = 'license.revoke' AND subject = license_item.id), 0)
WHERE is_revoked;

ALTER TABLE license_item DROP COLUMN is_revoked;

ALTER TABLE admin_key ADD COLUMN scope TEXT NOT NULL DEFAULT 'manage' CHECK (scope IN ('read', 'manage'));
