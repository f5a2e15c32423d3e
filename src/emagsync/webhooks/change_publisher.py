"""Tells webhooks what changed of offers: some changes at once, in their order, from the change log.

Each webhook keeps its place in the log, and it is moved on in the transaction that stores the message: a crash loses no
change. The next message is made when the one before has arrived, or was given up, so that they arrive in order, and so
that a receiver that is away has its changes wait in the log and not in thousands of messages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from emagsync.core.clock import Clock
from emagsync.core.errors import EmagsyncError
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseError
from emagsync.db.history import read_lineage
from emagsync.offers.change_feed import place_at, remember_given
from emagsync.offers.change_repository import newest_change, window_end
from emagsync.offers.product_repository import changes_between
from emagsync.offers.selection import OfferFilter
from emagsync.webhooks import repository
from emagsync.webhooks.events import EventKind
from emagsync.webhooks.message_repository import add_delivery
from emagsync.webhooks.repository import Follower
from emagsync.webhooks.schemas import ChangeOptions

log = structlog.get_logger()

_LOOK_SECONDS: Final = 1.0
# So many changes are looked through for a message, at most.
_WINDOW: Final = 5_000

# What a selection in JSON finds; raises an EmagsyncError for one that is not understood.
FilterOf = Callable[[Mapping[str, Any]], OfferFilter]


class ChangePublisher:
    """Makes the messages about changes. Any number of publishers may share a database."""

    def __init__(self, database: Database, clock: Clock, filter_of: FilterOf) -> None:
        self._database = database
        self._clock = clock
        self._filter_of = filter_of
        # Since when changes wait to be told to a webhook, whose message is not full.
        self._waiting_since: dict[str, datetime] = {}

    async def run(self) -> None:
        """Make messages for as long as the application runs."""
        while True:
            try:
                await self.announce()
            except DatabaseError as error:
                log.warning("changes_not_announced", error=str(error))
            await self._clock.sleep(_LOOK_SECONDS)

    async def announce(self) -> int:
        """Make a message for each webhook that has to be told of changes, and for whom none is under way. Returns how
        many."""
        async with self._database.snapshot() as connection:
            newest = await newest_change(connection)
            followers = await repository.idle_followers(connection, newest)
        self._waiting_since = {
            one.id: self._waiting_since[one.id] for one in followers if one.id in self._waiting_since
        }
        made = 0
        for follower in followers:
            try:
                made += await self._tell(follower, newest)
            except DatabaseError:
                raise
            except EmagsyncError as error:
                log.warning("selection_not_understood", webhook_id=follower.id, error=str(error))
        return made

    async def _tell(self, follower: Follower, newest: int) -> bool:
        options = follower.options
        async with self._database.snapshot() as connection:
            until = await window_end(connection, follower.position, limit=_WINDOW)
            changes = await changes_between(
                connection,
                follower.position,
                until,
                limit=options.batch_size,
                accounts=options.accounts,
                fields=options.fields,
                selected=self._selected(options),
            )
            is_full = len(changes) == options.batch_size
            end = changes[-1].seq if is_full else until
            lineage = await read_lineage(connection)
            after, place = await place_at(connection, lineage, follower.told), await place_at(connection, lineage, end)
        if not changes:
            await self._move_on(follower, end)
            return False
        if not is_full and until >= newest and not self._has_waited(follower):
            return False
        await remember_given(self._database, place)
        body = {
            "changes": [change.model_dump(mode="json") for change in changes],
            "count": len(changes),
            "after_cursor": after.cursor,
            "next_cursor": place.cursor,
        }
        async with self._database.transaction() as connection:
            if not await repository.move_on(connection, follower, position=end, told=end):
                return False
            event, now = EventKind.OFFERS_CHANGED, self._clock.now()
            await add_delivery(connection, follower.id, event, body, now=now)
        self._waiting_since.pop(follower.id, None)
        return True

    async def _move_on(self, follower: Follower, position: int) -> None:
        """Nothing up to there is for it."""
        if position > follower.position:
            async with self._database.transaction() as connection:
                await repository.move_on(connection, follower, position=position, told=follower.told)

    def _has_waited(self, follower: Follower) -> bool:
        now = self._clock.now()
        since = self._waiting_since.setdefault(follower.id, now)
        return now - since >= timedelta(seconds=follower.options.wait_seconds)

    def _selected(self, options: ChangeOptions) -> OfferFilter | None:
        if options.selection is None:
            return None
        # A removed offer is still the one that the selection found, and that it is gone is what is to be told.
        return replace(self._filter_of(options.selection), include_removed=True)
