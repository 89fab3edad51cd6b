"""Settings of the server from a TOML file; flags and the environment come before it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from ..errors import OptionError

# What the file may say, by table: the key, what it is kept as by the command line, and its type.
_TOP: dict[str, tuple[str, type]] = {"store": ("store_url", str)}
_SERVE: dict[str, tuple[str, type]] = {
    "host": ("host", str),
    "port": ("port", int),
    "trusted-proxy": ("trusted_proxies", list),
    "access-log": ("access_log", bool),
    "drain-seconds": ("drain_seconds", int),
}
_KINDS: dict[type, str] = {str: "a text", int: "a whole number", list: "a list of texts", bool: "true or false"}


def read_config(path: str) -> dict[str, Any]:
    """Return the defaults that a file gives to the options of ``dlt-web lts`` and its ``serve``.

    Raises:
        OptionError: the file cannot be read, is no TOML, or says something that no setting is.
    """
    try:
        document = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise OptionError(
            f"The configuration {path} cannot be read: {error.strerror}. Name another with --config or DLT_WEB_CONFIG."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OptionError(f"The configuration {path} is no TOML: {error}.") from None
    serve = document.pop("serve", {})
    if not isinstance(serve, dict):
        raise OptionError(f"In {path}, serve must be a table: write [serve].")
    return _settings(document, _TOP, path, "") | {"serve": _settings(serve, _SERVE, path, "serve.")}


def _settings(given: dict[str, Any], known: dict[str, tuple[str, type]], path: str, table: str) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for key, value in given.items():
        if key not in known:
            raise OptionError(f"In {path}, {table}{key} is no setting; there are {', '.join(known)}.")
        name, kind = known[key]
        # bool is an int to isinstance, but no port.
        if type(value) is not kind or (isinstance(value, list) and not all(isinstance(text, str) for text in value)):
            raise OptionError(f"In {path}, {table}{key} must be {_KINDS[kind]}; found {value!r:.80}.")
        settings[name] = value
    return settings
