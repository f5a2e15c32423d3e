"""Compares what a dry run foresaw with what the run that applied it did. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from emagsync.sync.changes.repository import Happened
from emagsync.sync.changes.schemas import Fields, Outcome
from emagsync.sync.schemas import Difference, DifferenceKind

_EDIT = "edit:"  # what would become of an edit is no change of the offer
_LIFECYCLES = {DifferenceKind.CREATED: "created", DifferenceKind.REMOVED: "removed"}


class Compared(NamedTuple):
    """One offer: what became of it (None: as foreseen), what was foreseen, and what happened."""

    emag_id: int
    outcome: Outcome | None
    foreseen: Fields
    happened: Fields


def compare(foreseen: Mapping[int, Difference], happened: Mapping[int, Happened]) -> Iterator[Compared]:
    """Every offer that either of them names, in the order of ids."""
    for emag_id in sorted(foreseen.keys() | happened.keys()):
        expected, found = foreseen.get(emag_id), happened.get(emag_id)
        fields = {} if expected is None else _offer_fields(expected)
        if expected is None or (not fields and _is_about_edits(expected)):
            if found is not None:
                yield Compared(emag_id, Outcome.NOT_FORESEEN, {}, found.fields)
        elif found is None:
            yield Compared(emag_id, Outcome.NOT_CHANGED, fields, {})
        else:
            outcome = None if _is_same(expected, fields, found) else Outcome.OTHERWISE
            yield Compared(emag_id, outcome, fields, found.fields)


def _is_same(expected: Difference, fields: Fields, found: Happened) -> bool:
    lifecycle = _LIFECYCLES.get(expected.kind)
    if lifecycle is not None:
        # Of a new offer the preview names every field, and the change log only that it is new.
        return found.lifecycle == lifecycle
    return found.lifecycle not in _LIFECYCLES.values() and fields == found.fields


def _offer_fields(difference: Difference) -> Fields:
    return {
        name: values for name, values in difference.fields.items() if not name.startswith(_EDIT) and name != "lifecycle"
    }


def _is_about_edits(difference: Difference) -> bool:
    return bool(difference.fields) and all(name.startswith(_EDIT) for name in difference.fields)
