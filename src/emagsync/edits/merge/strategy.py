"""Who wins in an account, as the settings say (`EMAGSYNC_EDITS__CONFLICT_STRATEGY`, `EMAGSYNC_EDITS__OWNERS`)."""

from __future__ import annotations

from typing import cast

from emagsync.core.settings import EditsSettings, pairs_of
from emagsync.edits.merge.three_way import ConflictStrategy, Owner, Rules


def rules_of(settings: EditsSettings, account: str, asked: ConflictStrategy | None = None) -> Rules:
    """The account's owners of fields, and the strategy: `asked`, else the account's own, else the one of all."""
    strategies = dict(pairs_of(settings.conflict_strategy))
    named = strategies.get(account, strategies.get("", ConflictStrategy.EMAG_PRIORITY))
    owners: dict[str, Owner] = {}
    for name, owner in sorted(pairs_of(settings.owners), key=lambda pair: "." in pair[0]):
        of_account, _, field = name.rpartition(".")
        if of_account in ("", account):
            owners[field] = cast("Owner", owner)
    return Rules(asked or ConflictStrategy(named), owners)
