"""Whether an account that a command is asked about exists at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emagsync.db.engine import Database
    from emagsync.entrypoints.cli.session import Session


async def expect_account(session: Session, database: Database, name: str | None) -> None:
    """Raises SettingsError for a name that is neither configured nor in the local copy.

    A slip of the pen must not look like an account without offers; a closed account's offers stay readable.
    """
    from emagsync.offers.statistics import account_totals
    from emagsync.sync.queries import recent_runs

    if name is None or name in session.accounts.names:
        return
    if await recent_runs(database, account=name, limit=1) or name in await account_totals(database):
        return
    session.accounts.get(name)
