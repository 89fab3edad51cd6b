-- Each entry of the audit log is chained to the one before by a hash, and the head is kept apart (lts/audit.py).
-- audit_hash is given to SQLite by migrate.py while steps are applied.

ALTER TABLE audit ADD COLUMN hash TEXT NOT NULL DEFAULT '';

WITH RECURSIVE
    ordered AS (SELECT *, row_number() OVER (ORDER BY number) AS place FROM audit),
    chain (place, number, hash) AS (
        SELECT place, number, audit_hash('', number, at_ms, actor, action, subject, detail)
        FROM ordered WHERE place = 1
        UNION ALL
        SELECT next.place, next.number,
               audit_hash(chain.hash, next.number, next.at_ms, next.actor, next.action, next.subject, next.detail)
        FROM chain JOIN ordered AS next ON next.place = chain.place + 1
    )
UPDATE audit SET hash = chain.hash FROM chain WHERE chain.number = audit.number;

INSERT INTO store_info (name, value)
SELECT 'audit_head', number || ':' || hash FROM audit ORDER BY number DESC LIMIT 1;
