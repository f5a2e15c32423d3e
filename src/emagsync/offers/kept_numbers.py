"""Whether the numbers that are kept with the local copy are those of a recount, and keeping the right ones again."""

from __future__ import annotations

from emagsync.db.engine import Database
from emagsync.offers import counts_repository, sightings_repository


async def wrong_accounts(database: Database) -> list[str]:
    """The accounts whose kept numbers are not those of their offers."""
    async with database.snapshot() as connection:
        kept = await counts_repository.kept_numbers(connection)
        counted = await counts_repository.counted_numbers(connection)
        seen = await sightings_repository.kept(connection)
        found = await sightings_repository.counted(connection)
    wrong = {account for account in {*kept, *counted} if kept.get(account) != counted.get(account)}
    wrong.update(account for (account, _), _ in seen.items() ^ found.items())
    return sorted(wrong)


async def count_anew(database: Database) -> None:
    """Keep the numbers of the offers as they are now."""
    async with database.transaction() as connection:
        await counts_repository.recount(connection)
        await sightings_repository.recount(connection)
