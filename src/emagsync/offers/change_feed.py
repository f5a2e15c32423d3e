"""The change feed: every change of every offer in one order, without gaps, readable from any place on.

A reader that keeps the cursor that it was given last misses nothing, whoever writes meanwhile: numbers are given in the
order in which the changes become visible (`emagsync.db.ordering`), and are never given twice.

A cursor is `<history>-<seq>-<check>`: the database's history (`emagsync.db.history`), the number of the last change
that its reader has seen, and a check of that change. After a restore the history is another one; where nothing has
noticed the restore, the check is.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.engine import Database
from emagsync.db.history import Lineage, read_lineage
from emagsync.offers.change_repository import check_of, last_given, newest_change, window_end
from emagsync.offers.change_schemas import ProductChange
from emagsync.offers.errors import AfterTheEnd, FeedOfAnotherHistory, FeedPlace
from emagsync.offers.product_repository import changes_between

log = structlog.get_logger()

_CURSOR: Final = re.compile(r"([0-9a-f]{12})-(0|[1-9][0-9]{0,18})-([0-9a-f]{8})?")
_LARGEST: Final = 2**63 - 1
# Of a log of 250,000 changes, of which none is wanted, a page takes some milliseconds.
MOST_LOOKED_THROUGH: Final = 50_000


class FeedCursor(NamedTuple):
    """A place in the change feed. `check` is None at the beginning, where there is no change."""

    history: str
    seq: int
    check: str | None

    def __str__(self) -> str:
        return f"{self.history}-{self.seq}-{self.check or ''}"


class FeedPage(NamedTuple):
    """Some changes in order, the place to go on from, and whether there are more already."""

    changes: list[ProductChange]
    next_place: FeedPlace
    has_more: bool


def parse_cursor(text: str) -> FeedCursor | None:
    """The cursor that `text` is; None when it is none."""
    found = _CURSOR.fullmatch(text)
    if found is None or int(found[2]) > _LARGEST:
        return None
    return FeedCursor(found[1], int(found[2]), found[3])


class FeedChoice(NamedTuple):
    """Which changes a reader wants: of these accounts and of these fields; none are all. Without `with_currency`, what
    amounts are in is not looked up."""

    accounts: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    with_currency: bool = True


_EVERYTHING: Final = FeedChoice()


async def read_feed(
    database: Database, *, after: int | FeedCursor, limit: int, wanted: FeedChoice = _EVERYTHING
) -> FeedPage:
    """The first `limit` of the wanted changes after a place, or fewer: of a choice, so many changes of the log are
    looked through, and the page's place is behind the last of them, whether it was wanted or not. So no page takes
    long, however few of the changes are wanted, and its reader always gets on.

    A number alone names no history: it is refused when it surely belongs to another one. Raises FeedOfAnotherHistory
    and AfterTheEnd.
    """
    async with database.snapshot() as connection:
        lineage = await read_lineage(connection)
        newest = await newest_change(connection)
        seq = await _position(connection, after, lineage)
        # The newest may have been before that place: those of an account that was removed are gone.
        until = max(seq, newest)
        if wanted.accounts or wanted.fields:
            until = await window_end(connection, seq, limit=MOST_LOOKED_THROUGH)
        found = await changes_between(connection, seq, until, limit=limit + 1, **wanted._asdict())
        is_full = len(found) > limit
        place = await place_at(connection, lineage, found[limit - 1].seq if is_full else until)
    await remember_given(database, place)
    return FeedPage(found[:limit], place, is_full or until < newest)


async def place_at(connection: AsyncConnection, lineage: Lineage, seq: int) -> FeedPlace:
    """The place of the change `seq` in the present history."""
    return FeedPlace(seq, str(FeedCursor(lineage.present.id, seq, await check_of(connection, seq))))


async def remember_given(database: Database, place: FeedPlace) -> None:
    """Remember outside of the database that somebody is about to be given this place."""
    if database.history_mark is not None:
        await database.history_mark.note_position(place.number)


async def _position(connection: AsyncConnection, after: int | FeedCursor, lineage: Lineage) -> int:
    """The number that `after` stands for, when it is a place of the present history."""
    last = await last_given(connection)
    if isinstance(after, FeedCursor):
        if not await _is_of(connection, after, lineage, last):
            raise FeedOfAnotherHistory(await _end(connection, lineage))
        return after.seq
    if after > last:
        raise AfterTheEnd(after, await _end(connection, lineage))
    if not lineage.has(after):
        raise FeedOfAnotherHistory(await _end(connection, lineage))
    return after


async def _end(connection: AsyncConnection, lineage: Lineage) -> FeedPlace:
    return await place_at(connection, lineage, await newest_change(connection))


async def _is_of(connection: AsyncConnection, cursor: FeedCursor, lineage: Lineage, last: int) -> bool:
    if cursor.history != lineage.present.id:
        return False
    check = await check_of(connection, cursor.seq)
    # A number that was given and has no change any more was one of an account that was removed.
    if cursor.seq <= last and check in (None, cursor.check):
        return True
    log.warning("history_diverged", history=cursor.history, at=cursor.seq)
    return False
