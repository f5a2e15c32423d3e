"""Which accounts somebody may name: a slip of the pen must not look like an account without offers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from emagsync.db.engine import Database
from emagsync.edits.offer_repository import accounts_with_offers
from emagsync.rest.nearest import nearest_of
from emagsync.sync.repository import read_runs

# Words for several accounts, or for all there are.
SEVERAL: Final = frozenset({"all", "both"})


class UnknownAccount(NamedTuple):
    """What to say of a name that no account has: a sentence, and the name that was probably meant."""

    message: str
    nearest: str | None


async def unknown_accounts(
    database: Database, named: Collection[str], configured: Collection[str]
) -> dict[str, UnknownAccount]:
    """Those of the names, in lower case, that stand for no account: neither `all` nor `both`, not configured, and
    without offers or runs in the local copy. What a removed account has left stays readable."""
    left = set(named) - SEVERAL - set(configured)
    if not left:
        return {}
    async with database.snapshot() as connection:
        known = {*configured, *await accounts_with_offers(connection)}
    known |= {name for name in left - known if await read_runs(database, account=name, limit=1)}
    return {name: _unknown(name, known) for name in sorted(left - known)}


def _unknown(name: str, known: Collection[str]) -> UnknownAccount:
    nearest = nearest_of(name, sorted(known))
    hint = f"; did you mean {nearest!r}?" if nearest else ""
    listed = ", ".join(sorted(known)) or "none"
    return UnknownAccount(f"there is no account of this name; there are: {listed}{hint}", nearest)
