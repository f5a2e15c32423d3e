"""The words of the room: where edits and conflicts are, and who made them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class EditState(StrEnum):
    """Where a local edit is. Only `open` ones are sent; the first two wait, the others are final."""

    OPEN = "open"
    CONFLICT = "conflict"  # eMAG changed too, and a person decides
    APPLIED = "applied"  # sent, and seen on eMAG
    SETTLED = "settled"  # eMAG had the value already
    LOST = "lost"  # eMAG's own change won
    REJECTED = "rejected"  # eMAG refused it
    REPLACED = "replaced"  # by a newer edit of the same field
    WITHDRAWN = "withdrawn"  # by a person


WAITING: Final = (EditState.OPEN, EditState.CONFLICT)


class EditSource(StrEnum):
    """Where an edit came from."""

    API = "api"
    PAGE = "page"
    CLI = "cli"
    BULK = "bulk"
    UNDO = "undo"
    CONFLICT = "conflict"  # from resolving one


class ConflictState(StrEnum):
    """Whether somebody still has to decide."""

    OPEN = "open"
    RESOLVED = "resolved"


class Resolution(StrEnum):
    """How a conflict ended. A person chooses one of the first three."""

    EMAG = "emag"  # eMAG's value stays
    LOCAL = "local"  # the edit is sent
    OTHER = "other"  # a third value is sent
    SETTLED = "settled"  # eMAG came to have the edit's value
    REVERTED = "reverted"  # eMAG came to have the value from before again
    MERGED = "merged"  # stock was sold: a difference that the edit took in
    CLOSED = "closed"  # the edit was withdrawn or replaced, or eMAG refused it
