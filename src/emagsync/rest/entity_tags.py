"""The `ETag` of something that can be edited: which version it is, how it was shown, and in which history.

`"<version>.<digest of the answer>.<history>"`. The version alone is enough for `If-Match`, and is what bodies have; the
history tells an edit of what a restore of the database has undone from an edit of what somebody else has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final

from emagsync.db.history import OtherHistory

# Among the `headers` of a response in the OpenAPI document.
TAG_HEADER: Final[Mapping[str, Any]] = {
    "ETag": {"description": "Names the state that this answer is about.", "schema": {"type": "string"}}
}


def content_tag(content: bytes) -> str:
    """The header's value for an answer that is nothing to edit: of what it says. Weak, for the same content may be sent
    compressed."""
    return f'W/"{blake2b(content, digest_size=12).hexdigest()}"'


def entity_tag(version: str, shown: str, history: str) -> str:
    """The header's value. `shown` is a digest of the answer's body, or empty where the answer is not cached."""
    return f'"{version}.{shown}.{history}"'


def version_in(if_match: str | None, history: str) -> str | None:
    """The version that `If-Match` names: that of an `ETag`, or a bare one. None for `*`, which matches anything.

    Raises OtherHistory for the `ETag` of another history than `history`.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    version, _, rest = if_match.strip().removeprefix("W/").strip('"').partition(".")
    _, _, named = rest.partition(".")
    if named and named != history:
        raise OtherHistory(
            "This was read before the database was restored from a backup: read it again, then edit what is there now."
        )
    return version
