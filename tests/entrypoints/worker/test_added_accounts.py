"""A worker that runs already knows an account that is added now."""

from __future__ import annotations

import asyncio
from pathlib import Path

from emagsync.accounts.repository import StoredAccount, insert_account
from emagsync.accounts.stored import PURPOSE
from emagsync.core.clock import SystemClock
from emagsync.sync.schemas import Run, RunStatus
from emagsync.vault.vault import Vault
from support.market import PASSWORD
from support.patience import PATIENCE_SECONDS
from support.workplace import Workplace, open_workplace


async def ended(place: Workplace, run_id: str) -> Run:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (run := await place.run(run_id)).status.is_finished:
            await asyncio.sleep(0.1)
    return run


async def test_a_worker_copies_an_account_that_was_added_after_it_started(tmp_path: Path) -> None:
    async with open_workplace(tmp_path, {"main": 40}) as place:
        for name in [name for name in place.variables if name.startswith("EMAG_")]:
            del place.variables[name]
        async with place.syncs():
            # Refused: so the worker is up, and knows no account.
            refused = await ended(place, await place.begin())
            assert refused.status is RunStatus.FAILED
            now = SystemClock().now()
            sealed = Vault(place.local.settings).seal(PURPOSE, PASSWORD)
            row = StoredAccount("main", "emag-ro", place.market.url, "main", sealed, None, True, now, now)
            async with place.local.database.transaction() as connection:
                await insert_account(connection, row)
            run = await ended(place, await place.begin())
            (stored,) = await place.local.rows("SELECT count(*) AS offers FROM offers WHERE account = 'main'")
    assert (run.status, stored["offers"]) == (RunStatus.COMPLETED, 40), run.errors
