"""The ledger: what a run remembers of its pages."""

from __future__ import annotations

import pytest

from emagsync.db.engine import Database
from emagsync.sync import ledger_repository
from emagsync.sync.schemas import RunStatus
from sync.run_rows import a_page, a_run, inserted

pytestmark = pytest.mark.databases("both")


async def test_the_ledger_keeps_pages_in_order_and_the_last_word_on_each(database: Database) -> None:
    await inserted(database, a_run())
    async with database.transaction() as connection:
        await ledger_repository.record_page(connection, "run-1", a_page(2))
        await ledger_repository.record_page(
            connection, "run-1", a_page(1, status="failed", ids=(), items=0, error="eMAG")
        )
        await ledger_repository.record_page(connection, "run-1", a_page(1, pass_number=2))
        await ledger_repository.record_page(connection, "run-1", a_page(1))
    async with database.snapshot() as connection:
        pages = await ledger_repository.ledger(connection, "run-1")
    assert pages == [a_page(1), a_page(2), a_page(1, pass_number=2)]
    assert all(page.is_stored for page in pages)


async def test_a_run_inherits_the_pages_of_another_and_those_that_failed_stay_to_be_read(database: Database) -> None:
    await inserted(database, a_run(status=RunStatus.FAILED))
    await inserted(database, a_run("run-2"))
    async with database.transaction() as connection:
        await ledger_repository.record_page(connection, "run-1", a_page(1))
        await ledger_repository.record_page(connection, "run-1", a_page(2, status="failed"))
        await ledger_repository.inherit_ledger(connection, old="run-1", new="run-2")
    async with database.snapshot() as connection:
        pages = await ledger_repository.ledger(connection, "run-2")
    assert pages == [a_page(1, inherited=True), a_page(2, status="failed", inherited=True)]
    assert [page.is_stored for page in pages] == [True, False]
