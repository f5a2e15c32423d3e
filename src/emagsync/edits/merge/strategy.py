"""Who wins in an account, as the settings say (`EMAGSYNC_EDITS__CONFLICT_STRATEGY`, `EMAGSYNC_EDITS__OWNERS`)."""

from __future__ import annotations

from emagsync.core.edit_rules import ALL_ACCOUNTS, ConflictStrategy, Owner, parse_owners, parse_strategies
from emagsync.core.settings import EditsSettings
from emagsync.edits.merge.three_way import Rules


def rules_of(settings: EditsSettings, account: str, requested: ConflictStrategy | None = None) -> Rules:
    """The account's field owners and its strategy: `requested`, else the account's own, else that of all accounts."""
    strategies = parse_strategies(settings.conflict_strategy)
    general = strategies.get(ALL_ACCOUNTS, ConflictStrategy.EMAG_PRIORITY)
    owners: dict[str, Owner] = {}
    # An account's own owner of a field comes after that of all accounts, and wins.
    for of_account, field, owner in parse_owners(settings.owners):
        if of_account in (ALL_ACCOUNTS, account):
            owners[field.value] = owner
    return Rules(requested or strategies.get(account, general), owners)
