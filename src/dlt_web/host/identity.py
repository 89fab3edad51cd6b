"""How a device gets its UUID."""

from __future__ import annotations

import secrets
from typing import Any

from ..device import UUID_BYTES, uuid4_from

Json = Any


def random_device() -> tuple[str, Json]:
    """Return a random UUID, and what is remembered of how it came to be."""
    return uuid4_from(secrets.token_bytes(UUID_BYTES)), {"made": "random"}
