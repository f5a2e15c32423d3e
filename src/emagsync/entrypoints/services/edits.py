"""Local edits: making them, deciding conflicts, and undoing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from emagsync.accounts.settings import AccountLookup, platform_named
from emagsync.edits.conflict_service import ConflictService
from emagsync.edits.push.undo import Undo
from emagsync.edits.service import EditService
from emagsync.entrypoints.services.foundation import Foundation


def _nobody(account: str) -> None:
    pass


def build_edit_service(
    base: Foundation, accounts: AccountLookup, *, on_edit: Callable[[str], None] = _nobody
) -> EditService:
    """Edits of offers. `on_edit` is called with the account's name when there is something new to push."""
    return EditService(
        database=base.database,
        settings=base.settings.edits,
        clock=base.clock,
        on_edit=on_edit,
        platform=partial(platform_named, accounts),
    )


def build_conflict_service(base: Foundation, *, on_edit: Callable[[str], None] = _nobody) -> ConflictService:
    """Conflicts between edits and eMAG's values. `on_edit` as for edits."""
    return ConflictService(database=base.database, clock=base.clock, on_edit=on_edit)


def build_undo(base: Foundation, edits: EditService) -> Undo:
    """Puts back, as new edits, what a push or a sync's merge changed."""
    return Undo(base.database, edits)
