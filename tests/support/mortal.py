"""Simulates processes that die at any moment, as by `kill -9`: nothing of theirs is written afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Literal, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.engine import Database

Moment = Literal["before", "after"]


class Death(NamedTuple):
    """At which of its transactions from now on a process dies: before that is committed, or right after."""

    transaction: int
    moment: Moment


class Killed(BaseException):
    """Raised where the simulated process dies. No code catches it, so nothing after that point is done."""


class Life:
    """A process's life, which its database ends. Requests that are on their way to eMAG may still arrive there."""

    def __init__(self) -> None:
        self.is_over = False
        self._death: Death | None = None

    def bind(self, database: Database) -> None:
        """Let `database` be this process's only way to write."""
        whole = database.transaction

        @asynccontextmanager
        async def mortal() -> AsyncIterator[AsyncConnection]:
            self._breathe()
            async with whole() as connection:
                yield connection
                self._meet("before")
            self._meet("after")

        database.transaction = mortal  # type: ignore[method-assign]

    async def ends(self, work: Coroutine[Any, Any, Any], death: Death) -> bool:
        """Do `work` until it dies so; False when it was done before."""
        self._death = death
        try:
            await work
        except Killed:
            self.is_over = True
        self._death = None
        return self.is_over

    async def ends_when(self, work: Coroutine[Any, Any, Any], condition: Any) -> bool:
        """Do `work` until `condition()` holds, and die then; False when it was done before."""
        task = asyncio.ensure_future(work)
        while not task.done() and not condition():
            await asyncio.sleep(0.0005)
        self.is_over = not task.done()
        task.cancel()
        outcome = (await asyncio.gather(task, return_exceptions=True))[0]
        if isinstance(outcome, Exception):
            raise outcome
        return self.is_over

    def _breathe(self) -> None:
        if self.is_over:
            raise Killed

    def _meet(self, moment: Moment) -> None:
        self._breathe()
        if self._death is None or self._death.moment != moment:
            return
        self._death = self._death._replace(transaction=self._death.transaction - 1)
        if self._death.transaction <= 0:
            self.is_over = True
            raise Killed
