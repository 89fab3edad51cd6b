"""What stays of the report streams of a forgotten device, so that what its tracker sends once more counts once.

A tracker keeps what it has reported for a week, and sends it anew after a restore, or where an answer was lost. Its
stream's row is what knows that; it outlives the device without its name. It is found by who sends the same device UUID
and stream id, both random, and by nobody else. Like every stream's row it goes when it was not needed for long.
"""

from __future__ import annotations

import hashlib

from msgspec.structs import replace

from .records import Stream, StreamKey
from .store import Reading

# No device has this name.
NOBODY = ""


def nameless_key(key: StreamKey) -> StreamKey:
    """Return the key under which a stream's row stays when its device is forgotten; it leads back to neither."""
    digest = hashlib.sha256("\0".join((key.handshake_code, key.device_uuid, key.stream_id)).encode()).hexdigest()
    return StreamKey(key.handshake_code, NOBODY, digest, key.is_verified)


def without_name(stream: Stream) -> Stream:
    """Return what stays of a stream: its last report, and nothing of what the server noticed about the device."""
    return replace(stream, key=nameless_key(stream.key), missing_numbers=0, shifted_reports=0, clamped_reports=0)


def known_stream(rows: Reading, key: StreamKey) -> Stream | None:
    """Return a stream's row, also one that has lost its name; only who has none of their own pays for the look."""
    found = rows.stream(key)
    if found is not None:
        return found
    nameless = rows.stream(nameless_key(key))
    return None if nameless is None else replace(nameless, key=key)
