"""What the local copy holds of an offer that is edited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from emagsync.edits.fields import Key


class StoredOffer(NamedTuple):
    """An offer as eMAG said it last: our id, its key, and the values that can be edited, as canonical text."""

    id: int
    account: str
    emag_id: int
    part_number: str | None
    currency: str
    fingerprint: str
    is_removed: bool
    values: dict[Key, str | None]
    name: str | None = None
    part_number_key: str | None = None
    eans: Sequence[str] = ()
    is_sent: bool = False  # whether edits of it may be on their way, so that eMAG may have other values already
