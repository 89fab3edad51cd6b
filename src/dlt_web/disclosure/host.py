"""What the editions on CPython keep on their machine, file by file, and what they send beyond a browser's requests."""

from __future__ import annotations

from .tables import SENT_HEADERS, Table

_DELETED = "its owner deletes the file"

ON_HOST = (
    Table(
        ".dlt-web-device",
        "file `.dlt-web-device`, which only its owner may read",
        "the device is the same at the next start, and in each process of the machine",
        _DELETED,
        (
            ("version", "of this form"),
            ("uuid", "the device's UUID: 122 random bits or, where an edition makes it of traits, of their SHA-256"),
            ("queue", "random name of the database of its reports, 64 bits"),
            ("made.edition", "`random`, `server` or `embedded`"),
            ("made.madeOf[]", "names of the traits that the UUID is made of; not what they are"),
            ("made.salt", "random, 128 bits; another one in each file"),
            (
                "made.traits",
                "for each trait that was read, the first 128 bits of a keyed hash (HMAC-SHA-256) of it under the salt, "
                "which tell a copy of the file on another machine; none where `traits=[]` is set for a random UUID",
            ),
        ),
    ),
    Table(
        "head",
        "file `.dlt-web-device.NAME.db` (SQLite; `-wal` and `-shm` beside it are SQLite's own), table `head`",
        "several processes may write to one database: who was too late decides anew",
        _DELETED,
        (("id", "always 1"), ("revision", "number of changes made")),
    ),
    Table(
        "change",
        "… table `change`, a row for each of the last changes",
        "whether one reached the disk is found out where its end was not seen",
        f"256 more were made; or {_DELETED}",
        (("token", "random name of the change"), ("revision", "its number")),
    ),
    Table(
        "record",
        "… table `record`, a row for each record",
        "the same as the entries of the browser's object store `records`, above, field by field; there is no journal",
        f"as above; or {_DELETED}",
        (("key", "name of the entry"), ("value", "the entry")),
    ),
)

# Set by dlt-web or by httpx, with which it asks; none says anything of the device or the person.
SENT_HEADERS_OF_HOSTS = (
    "accept",
    "accept-encoding",
    "connection",
    "host",
    "user-agent",
    "content-length",
    *SENT_HEADERS,
)
