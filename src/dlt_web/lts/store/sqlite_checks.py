"""What can be held against each other inside a SQLite store, each as one statement that finds what does not fit."""

from __future__ import annotations

import apsw

from .sqlite_activity import LISTED_ONLY_MS
from .sqlite_ledger import SERIES


def series_checks(kind: str, words: str) -> list[tuple[str, str]]:
    """Return the checks of a kind of series of active devices: against the rows now, and each slot against the others.

    What a peak was made of is gone; but no number before or after may be larger than the peak between.
    """
    table, name = SERIES[kind]
    return [
        (
            f"{words} {{}}: its series of active devices comes to {{}}, but {{}} are active by their rows.",
            f"""SELECT name, sum(net), sum(devices) FROM
                (SELECT {name} AS name, net, 0 AS devices FROM {table} UNION ALL
                 SELECT device.{name}, 0, 1 FROM device
                 JOIN license_item ON license_item.id = device.license_id
                 JOIN activity_mark ON activity_mark.license_id = device.license_id
                 WHERE removal_ms > counted_ms + {LISTED_ONLY_MS})
                GROUP BY name HAVING sum(net) <> sum(devices) ORDER BY name""",
        ),
        (
            f"{words} {{}}: slot {{}} begins with {{}} active devices, but the slots before come to {{}}.",
            f"""SELECT name, slot, start, carried FROM (SELECT {name} AS name, slot, start, coalesce(sum(net) OVER
                (PARTITION BY {name} ORDER BY slot ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS carried
                FROM {table}) WHERE start <> carried ORDER BY name, slot""",
        ),
        (
            f"{words} {{}}: slot {{}} has a peak of {{}} active devices, but begins with {{}} and ends with {{}}.",
            f"""SELECT {name}, slot, peak, start, start + net FROM {table} WHERE peak < max(start, start + net)
                ORDER BY {name}, slot""",
        ),
    ]


# (sentence, statement that yields the sentence's values). Counters must equal their rows; where rows are forgotten
# after 400 days or were never kept, the part must not pass the whole. Two tables that must agree are added up side by
# side (UNION ALL, GROUP BY): SQLite runs a FULL JOIN without an index, row against row, which a year of days takes an
# hour for.
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
        "Handshake code {}: counts {} scans of day {} since the epoch ({}, {}), but its slots add up to {}.",
        """SELECT handshake_code, sum(counted), day, symbology, iif(is_verified, 'verified', 'unverified'), sum(used)
           FROM (SELECT handshake_code, day, is_verified, symbology, scans AS counted, 0 AS used FROM usage_day
                 UNION ALL SELECT handshake_code, slot / 480, is_verified, symbology, 0, scans FROM usage)
           GROUP BY handshake_code, day, is_verified, symbology HAVING sum(counted) <> sum(used)
           ORDER BY 1, 3, 5, 4""",
    ),
    (
        "Handshake code {}: counts {} scans of day {} since the epoch as charged to {}, but its charges add up to {}.",
        """SELECT handshake_code, sum(counted), day, license_id, sum(charged)
           FROM (SELECT handshake_code, day, license_id, scans AS counted, 0 AS charged FROM charge_day
                 UNION ALL SELECT handshake_code, slot / 480, license_id, 0, scans FROM charge)
           GROUP BY handshake_code, day, license_id HAVING sum(counted) <> sum(charged) ORDER BY 1, 3, 4""",
    ),
    (
        "Table device: {} under handshake code {} is both seated and marked as unseated.",
        """SELECT device_uuid, handshake_code FROM device WHERE license_id IS NOT NULL AND is_unseated
           ORDER BY handshake_code, device_uuid""",
    ),
    (
        "Handshake code {}: counts {} devices ({} in memory, {} partitioned) {}, but its rows are {} ({}, {}).",
        """SELECT handshake_code, sum(devices), sum(in_memory), sum(partitioned),
                  iif(item = '', 'as unseated', 'at license ' || item), sum(held), sum(memory), sum(frames)
           FROM (SELECT handshake_code, license_id AS item, devices, in_memory, partitioned,
                        0 AS held, 0 AS memory, 0 AS frames FROM device_count
                 UNION ALL
                 SELECT handshake_code, coalesce(license_id, ''), 0, 0, 0, 1, storage = 'memory', is_partitioned
                 FROM device WHERE license_id IS NOT NULL OR is_unseated)
           GROUP BY handshake_code, item
           HAVING (sum(devices), sum(in_memory), sum(partitioned)) <> (sum(held), sum(memory), sum(frames))
           ORDER BY 1, 5""",
    ),
    (
        "Handshake code {}: {} devices hold a seat at license {}, but its seats over time come to {}.",
        """SELECT handshake_code, sum(devices), license_id, sum(seats)
           FROM (SELECT handshake_code, license_id, 1 AS devices, 0 AS seats FROM device WHERE license_id IS NOT NULL
                 UNION ALL SELECT handshake_code, license_id, 0, seats FROM
                 (SELECT handshake_code, license_id, seats, max(slot) FROM seat_series
                  GROUP BY handshake_code, license_id))
           GROUP BY handshake_code, license_id HAVING sum(devices) <> sum(seats) ORDER BY 1, 3""",
    ),
    (
        "Handshake code {}: {} of its devices were last seen on day {} since the epoch, but its days say only {}.",
        """SELECT handshake_code, seen, day, coalesce(devices, 0) FROM
           (SELECT handshake_code, last_seen_ms / 86400000 AS day, count(*) AS seen FROM device GROUP BY 1, 2)
           LEFT JOIN device_day USING (handshake_code, day) WHERE seen > coalesce(devices, 0) ORDER BY 1, 3""",
    ),
    *(
        check
        for kind, words in (("code", "Handshake code"), ("item", "License"))
        for check in series_checks(kind, words)
    ),
    *(
        (
            f"Table {table}: {{}} rows belong to the handshake code {{}}, which does not exist.",
            f"""SELECT count(*), handshake_code FROM {table}
                WHERE handshake_code NOT IN (SELECT code FROM handshake) GROUP BY handshake_code""",
        )
        for table in (
            "device",
            "stream",
            "usage",
            "usage_day",
            "lost",
            "charge",
            "charge_day",
            "authorization_count",
            "device_count",
            "exhausted",
            "seat_series",
            "device_day",
            "gone_device",
            "arrival_count",
        )
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
