"""What the application is made of: each part puts its services into the state and runs while the application does.

A part is an async context manager over `AppState`. They start in the order of `PARTS` and stop in reverse. A new
feature adds its part here and its routers to `routers.py`; nothing else knows the whole list.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

from emagsync.accounts.registry import AccountRegistry
from emagsync.db import trigrams
from emagsync.db.migrate import current_revision
from emagsync.db.migrations import HEAD
from emagsync.entrypoints.api.edit_parts import edits_part
from emagsync.entrypoints.api.metrics import metrics_part
from emagsync.entrypoints.api.product_parts import products_part
from emagsync.entrypoints.api.push_parts import pushing_part
from emagsync.entrypoints.api.redis_part import redis_part
from emagsync.entrypoints.api.run_parts import runs_part, schedule_part, webhooks_part
from emagsync.identity.secrets import PasswordHasher
from emagsync.identity.service import UserService
from emagsync.identity.tokens import TokenService
from emagsync.rest.state import AppState, Check
from emagsync.sync.process_lock import Workers
from emagsync.sync.service import SyncService

Part = Callable[[AppState], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def database_part(state: AppState) -> AsyncIterator[None]:
    """Health of the database and its schema."""

    async def schema() -> Check:
        revision = await current_revision(state.database)
        return Check(revision == HEAD, f"schema {revision}" if revision == HEAD else f"{revision}, needed: {HEAD}")

    async def database() -> Check:
        async with state.database.snapshot() as connection:
            indexed = await connection.run_sync(trigrams.is_there)
        kind = "sqlite" if state.database.is_sqlite else "postgresql"
        return Check(True, kind if indexed else f"{kind}; {trigrams.ADVICE}")

    state.add_check("database", database)
    state.add_check("migrations", schema)
    yield


@asynccontextmanager
async def identity_part(state: AppState) -> AsyncIterator[None]:
    """Users and API tokens."""
    lifetime = timedelta(hours=state.settings.server.session_hours)
    hasher = state.get(PasswordHasher)
    state.provide(UserService(state.database, state.clock, session_lifetime=lifetime, hasher=hasher))
    state.provide(TokenService(state.database, state.clock))
    yield


@asynccontextmanager
async def sync_part(state: AppState) -> AsyncIterator[None]:
    """Runs, and this process's sign of life."""
    with Workers(state.settings.data_dir, state.clock) as workers:
        state.provide(workers)
        service = SyncService(
            database=state.database,
            registry=state.get(AccountRegistry),
            settings=state.settings,
            workers=workers,
            clock=state.clock,
        )
        state.provide(service)
        yield


PARTS: tuple[Part, ...] = (
    database_part,
    identity_part,
    products_part,
    sync_part,
    redis_part,
    runs_part,
    webhooks_part,
    pushing_part,
    edits_part,
    schedule_part,
    metrics_part,
)
