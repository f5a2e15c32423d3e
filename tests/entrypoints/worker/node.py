"""A worker with tasks for tests, and with the naive variants that this project does not do. `python node.py OPTIONS`.

Each task says how it went in a list of Redis: `ok`, or the name of the error.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import redis
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import NullPool

from emagsync.accounts.settings import read_accounts
from emagsync.core.settings import load_settings, read_variables
from emagsync.db.engine import async_url
from emagsync.entrypoints.worker.app import make_app
from emagsync.entrypoints.worker.process import WorkerProcess
from emagsync.entrypoints.worker.services import WorkerServices
from emagsync.entrypoints.worker.signals import connect
from emagsync.entrypoints.worker.tasks import register
from emagsync.sync import repository
from emagsync.sync.schedule.tables import schedules
from emagsync.sync.tables import sync_runs

RESULTS = "results"


class RolledBack(Exception):
    """What makes a transaction roll back."""


async def read_and_write(services: WorkerServices, run_id: str) -> str:
    async with services.foundation.database.snapshot() as connection:
        run = await repository.get_run(connection, run_id)
    async with services.foundation.database.transaction() as connection:
        await connection.execute(update(schedules).values(last_message="read"))
    return run.account


async def roll_back_and_use_the_row(services: WorkerServices, run_id: str) -> str:
    try:
        async with services.foundation.database.transaction() as connection:
            run = await repository.get_run(connection, run_id)
            row = (await connection.execute(select(sync_runs).where(sync_runs.c.id == run_id))).one()
            await connection.execute(update(sync_runs).values(account="never"))
            raise RolledBack
    except RolledBack:
        assert row.id == run.id
        return str(row.account)


class Base(DeclarativeBase):
    pass


class RunRow(Base):
    """The same table, as an application with an ORM has it."""

    __tablename__ = "sync_runs"
    id: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str]


def main() -> None:
    """Run the worker with these options of Celery."""
    variables = read_variables(None)
    settings = load_settings(None)
    app = make_app(settings)
    app.conf.broker_transport_options |= {"visibility_timeout": int(os.environ.get("TEST_VISIBILITY", "3600"))}
    process = WorkerProcess(settings, read_accounts(variables), app)
    register(app, process)
    connect(process)
    assert settings.redis_url is not None
    said = redis.Redis.from_url(settings.redis_url.get_secret_value())
    url = async_url(settings.effective_database_url)
    engine = create_async_engine(url)
    unpooled = create_async_engine(url, poolclass=NullPool)

    def tell(work: Any) -> None:
        try:
            said.rpush(RESULTS, "ok" if work() == "main" else "wrong")
        except Exception as error:  # noqa: BLE001 - that is what the test asks for
            said.rpush(RESULTS, f"{type(error).__name__}: {error}")

    async def naive(run_id: str) -> str:
        async with engine.begin() as connection:
            found = await connection.execute(text("SELECT account FROM sync_runs WHERE id = :id"), {"id": run_id})
            return str(found.scalar_one())

    async def naive_session(run_id: str) -> str:
        async with AsyncSession(unpooled, expire_on_commit=False) as session:
            run = await session.get_one(RunRow, run_id)
            await session.rollback()
            return run.account

    def add(name: str, work: Any) -> None:
        def task(run_id: str) -> None:
            tell(lambda: work(run_id))

        app.task(task, name=name)

    add("test.read_and_write", lambda run_id: process.run(lambda state: read_and_write(state, run_id), {}))
    add("test.roll_back", lambda run_id: process.run(lambda state: roll_back_and_use_the_row(state, run_id), {}))
    add("test.naive", lambda run_id: asyncio.run(naive(run_id)))
    add("test.naive_session", lambda run_id: asyncio.run(naive_session(run_id)))
    app.set_current()
    app.worker_main(["--quiet", "worker", "--without-gossip", "--without-mingle", *sys.argv[1:]])


if __name__ == "__main__":
    main()
