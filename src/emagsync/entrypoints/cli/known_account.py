"""Whether an account that a command names is one that anything is known of."""

from __future__ import annotations

from emagsync.db.engine import Database
from emagsync.entrypoints.cli.session import Session
from emagsync.offers.statistics import account_totals
from emagsync.sync.repository import read_runs


async def expect_account(session: Session, database: Database, name: str | None) -> None:
    """Raises SettingsError for a name that is neither configured nor in the local copy.

    A slip of the pen must not look like an account without offers; a closed account's offers stay readable.
    """
    if name is None or name in session.accounts.all_names:
        return
    if await read_runs(database, account=name, limit=1) or name in await account_totals(database):
        return
    session.accounts.get(name)
