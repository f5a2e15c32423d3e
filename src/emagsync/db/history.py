"""Which history the change log belongs to, so that a reader's place in another one is told from a place in this one.

A database that is restored from a backup goes on from an earlier moment: the numbers that it would give next were
given before, to other changes. Its history ends where the backup does, and another one begins, with an identity of its
own, and with numbers above all that were ever given.

Three things tell that the database is not what it was (`_why_another`), looked at by each program that opens it, before
it writes anything:

    place       PostgreSQL's own identities: of the cluster, its timeline, the database and our table. A dump that is
                restored makes new ones, and so does a recovery to a point in time.
    mark        The file outside of the database (`history_mark`) that remembers its history, the highest place that
                was given to anybody, and the newest process that wrote its row: a backup knows less.
    no mark     SQLite's file came here without it.

What none of them sees, such as the disks of a whole machine that were put back to yesterday, a cursor of the change
feed sees by itself: it names the change at its place (`emagsync.offers.change_feed`).
"""

from __future__ import annotations

import logging
import uuid
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import Table, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.errors import EmagsyncError
from emagsync.db.engine import NO_HISTORY, Database
from emagsync.db.history_mark import Mark, MarkFile, MarkUnreadable, mark_file
from emagsync.db.numbering import go_on_after, last_number
from emagsync.db.ordering import serialise_history
from emagsync.db.tables import histories, process_marks

# Not structlog, which every reading command would import for it.
log = logging.getLogger(__name__)

_ID_LENGTH: Final = 12
_FILE_PLACE: Final = "file"
_FIRST: Final = "it has none"


class OtherHistory(EmagsyncError):
    """What the caller names belongs to another history of the database than the present one."""

    code = "other_history"
    http_status = HTTPStatus.CONFLICT


class History(NamedTuple):
    """One history. `forked_at`: the last number of the one before it that it goes on from; its own numbers are above
    `starts_after`, which is above every number that was ever given."""

    id: str
    forked_at: int = 0
    starts_after: int = 0


# Of a database that no program has opened for work yet.
UNSETTLED: Final = History(NO_HISTORY)


class Lineage(NamedTuple):
    """The histories of a database, the present one last; at least one."""

    histories: tuple[History, ...]

    @property
    def present(self) -> History:
        """The one that goes on."""
        return self.histories[-1]

    def has(self, number: int) -> bool:
        """Whether a number of the change log may belong to the present history: not one that an earlier history gave
        after the backup was made from which the next one went on."""
        return not any(one.forked_at < number <= one.starts_after for one in self.histories)


async def read_lineage(connection: AsyncConnection) -> Lineage:
    """The histories, as they are now."""
    columns = (histories.c.id, histories.c.forked_at, histories.c.starts_after)
    found = [History(*row) for row in await connection.execute(select(*columns).order_by(histories.c.number))]
    return Lineage(tuple(found) or (UNSETTLED,))


async def settle(database: Database, log_table: Table, data_dir: Path, now: datetime) -> History:
    """Find out whether the database still has the history that it had, begin another one if not, and remember it.

    `log_table` is the one whose numbers are places in a history. Raises DatabaseError.
    """
    mark = mark_file(database.engine.url, data_dir)
    database.history_mark = mark
    async with database.snapshot() as connection:
        state = await _state(connection, log_table, mark)
    if state.why_another is not None:
        async with database.transaction() as connection:
            await serialise_history(connection)
            state = await _state(connection, log_table, mark)  # another process may have been faster
            if state.why_another is not None:
                state = state._replace(present=await _begin(connection, log_table, state, now))
    assert state.present is not None  # noqa: S101 - begun above
    await mark.belongs_to(state.present.id)
    database.history_id = state.present.id
    return state.present


class _State(NamedTuple):
    present: History | None
    begun: int
    last: int
    place: str
    why_another: str | None


async def _state(connection: AsyncConnection, log_table: Table, mark: MarkFile) -> _State:
    query = select(histories.c.id, histories.c.forked_at, histories.c.starts_after, histories.c.place)
    rows = (await connection.execute(query.order_by(histories.c.number))).all()
    place = await _place(connection)
    last = await last_number(connection, log_table)
    known = [row.id for row in rows]
    why = await _why_another(connection, known, rows[-1].place if rows else None, place, last, mark)
    present = History(*rows[-1][:3]) if rows else None
    return _State(present, len(rows), last, place, why)


async def _why_another(
    connection: AsyncConnection, known: list[str], place_then: str | None, place: str, last: int, file: MarkFile
) -> str | None:
    """Why the database needs another history than the newest one of `known`; None when it does not."""
    try:
        mark = file.read()
    except MarkUnreadable as error:
        log.warning("%s could not be read: %s", file.path, error)
        return _FIRST if not known else None
    if not known:
        return _FIRST if mark is None else "its file is of before histories"
    if place_then != place:
        return "it is another database of the server"
    if mark is None:
        return "its file came without what was remembered of it" if place == _FILE_PLACE else None
    if mark.history not in known:
        return "it was made before its newest history"
    if mark.history != known[-1]:
        return None  # another process has seen it, and has begun the present one
    if mark.position > last:
        return "places in it were given that it does not have"
    if mark.process is not None and not await _has_process(connection, mark):
        return "it was made before the latest start"
    return None


async def _has_process(connection: AsyncConnection, mark: Mark) -> bool:
    query = select(process_marks.c.name).where(process_marks.c.name == mark.process)
    return await connection.scalar(query) is not None


async def _begin(connection: AsyncConnection, log_table: Table, state: _State, now: datetime) -> History:
    first = state.why_another == _FIRST
    # Of what another history gave nobody knows the last number, but it gave fewer than one in a millisecond.
    starts_after = 0 if first else max(state.last, int(now.timestamp() * 1000))
    begun = History(uuid.uuid4().hex[:_ID_LENGTH], 0 if first else state.last, starts_after)
    values = begun._asdict() | {"number": state.begun + 1, "began_at": now, "place": state.place}
    await connection.execute(insert(histories).values(**values))
    if not first:
        await go_on_after(connection, log_table, starts_after)
        log.warning(
            "The database has another history, %s, from change %d on: %s", begun.id, state.last, state.why_another
        )
    return begun


_POSTGRESQL_PLACE: Final = text(
    "SELECT concat_ws(' ', (SELECT oid FROM pg_database WHERE datname = current_database()), "
    "'histories'::regclass::oid::bigint, substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))"
)
_MAY_ASK_CLUSTER: Final = text("SELECT has_function_privilege('pg_control_system()', 'EXECUTE')")
_CLUSTER: Final = text("SELECT system_identifier::text FROM pg_control_system()")


async def _place(connection: AsyncConnection) -> str:
    """What the server tells of the database, as text that is another one for a restored database."""
    if connection.dialect.name != "postgresql":
        return _FILE_PLACE
    cluster = await connection.scalar(_CLUSTER) if await connection.scalar(_MAY_ASK_CLUSTER) else "?"
    return f"{cluster} {await connection.scalar(_POSTGRESQL_PLACE)}"
