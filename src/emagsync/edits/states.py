"""The states of edits, conflicts and outbox entries, and where an edit came from."""

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
    SOURCE = "source"  # from a file that arrived by itself


class ConflictState(StrEnum):
    """Whether a conflict still has to be decided."""

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


class OutboxState(StrEnum):
    """Where an entry of the outbox is. `waiting`: for a person's approval. The last three are final."""

    WAITING = "waiting"  # for a person's approval
    PENDING = "pending"  # to be sent
    SENDING = "sending"  # being sent, or accepted by eMAG and not read back yet
    UNCERTAIN = "uncertain"  # perhaps accepted by eMAG: read back before anything else is sent
    APPLIED = "applied"  # eMAG shows it
    REJECTED = "rejected"  # by eMAG, by a person, or by our own checks
    DROPPED = "dropped"  # nothing was left to send: its edits were withdrawn, settled, or merged anew


FINAL_STATES: Final = (OutboxState.APPLIED, OutboxState.REJECTED, OutboxState.DROPPED)
OPEN_STATES: Final = tuple(state for state in OutboxState if state not in FINAL_STATES)
# May have reached eMAG: nothing else is sent for the offer until it was read back.
SENT_STATES: Final = (OutboxState.SENDING, OutboxState.UNCERTAIN)
