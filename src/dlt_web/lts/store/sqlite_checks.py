"""What can be held against each other inside a SQLite store, each as one statement that finds what does not fit."""

from __future__ import annotations

import apsw

# (sentence, statement that yields the sentence's values). Counters must equal their rows; where rows are forgotten
# after 400 days or were never kept, the part must not pass the whole.
CHECKS = (
    (
        "License {}: counts {} seats, but {} devices hold one.",
        """SELECT id, seats, held FROM
           (SELECT id, seats, (SELECT count(*) FROM device WHERE license_id = license_item.id) AS held
            FROM license_item) WHERE seats <> held ORDER BY id""",
    ),
    (
        "License {}: counts {} scans, but its charges add up to {}.",
        """SELECT id, license_item.scans, coalesce(charged, 0) FROM license_item
           LEFT JOIN (SELECT license_id, sum(scans) AS charged FROM charge GROUP BY license_id) ON license_id = id
           WHERE license_item.scans <> coalesce(charged, 0) ORDER BY id""",
    ),
    (
        "Handshake code {}: its devices have {} scans, but its usage only {}.",
        """SELECT handshake_code, booked, coalesce(used, 0) FROM
           (SELECT handshake_code, sum(scans) AS booked FROM device GROUP BY handshake_code) LEFT JOIN
           (SELECT handshake_code, sum(scans) AS used FROM usage WHERE is_verified GROUP BY handshake_code)
           USING (handshake_code) WHERE booked > coalesce(used, 0) ORDER BY handshake_code""",
    ),
    (
        "Handshake code {}: {} scans of slot {} are charged, but its usage there has only {}.",
        """SELECT handshake_code, charged, slot, coalesce(used, 0) FROM
           (SELECT handshake_code, slot, sum(scans) AS charged FROM charge GROUP BY handshake_code, slot) LEFT JOIN
           (SELECT handshake_code, slot, sum(scans) AS used FROM usage WHERE is_verified
            GROUP BY handshake_code, slot)
           USING (handshake_code, slot) WHERE charged > coalesce(used, 0) ORDER BY handshake_code, slot""",
    ),
    (
        "Table device: {} under handshake code {} is both seated and marked as unseated.",
        """SELECT device_uuid, handshake_code FROM device WHERE license_id IS NOT NULL AND is_unseated
           ORDER BY handshake_code, device_uuid""",
    ),
    *(
        (
            f"Table {table}: {{}} rows belong to the handshake code {{}}, which does not exist.",
            f"""SELECT count(*), handshake_code FROM {table}
                WHERE handshake_code NOT IN (SELECT code FROM handshake) GROUP BY handshake_code""",
        )
        for table in ("device", "stream", "usage", "lost", "charge", "authorization_count")
    ),
)


def find_faults(connection: apsw.Connection) -> list[str]:
    """Return one sentence for each fault; after damage to the file itself nothing else is looked at."""
    try:
        damage = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
        if damage != ["ok"]:
            return [f"Database file: {line}." for text in damage for line in text.splitlines()]
        return [*_orphans(connection), *_misfits(connection)]
    except (apsw.CorruptError, apsw.NotADBError) as error:
        return [f"Database file: {error}."]


def _orphans(connection: apsw.Connection) -> list[str]:
    found: dict[tuple[str, str], int] = {}
    for table, _rowid, parent, _number in connection.execute("PRAGMA foreign_key_check"):
        names = str(table), str(parent)
        found[names] = found.get(names, 0) + 1
    return [
        f"Table {table}: {count} rows name a {parent} that does not exist."
        for (table, parent), count in sorted(found.items())
    ]


def _misfits(connection: apsw.Connection) -> list[str]:
    return [sentence.format(*row) for sentence, sql in CHECKS for row in connection.execute(sql)]
