"""The path below which a proxy serves everything, such as `/emag`: how it may be written."""

from __future__ import annotations

import re
from typing import Final

# A path of the server's own would be taken for the prefix.
_TAKEN: Final = frozenset({"api", "assets", "health", "metrics", "docs", "openapi.json", "mcp"})
_PATH: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")
_LONGEST: Final = 200


def usable_root_path(value: str) -> str | None:
    """`value` as it is used: with a slash in front, none behind, empty for `/`. None when it cannot be used."""
    path = "/" + value.strip().strip("/")
    if path == "/":
        return ""
    parts = path.split("/")[1:]
    fits = len(path) <= _LONGEST and _PATH.fullmatch(path) and not {".", ".."} & set(parts) and parts[0] not in _TAKEN
    return path if fits else None
