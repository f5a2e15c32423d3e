"""PostgreSQL behind a pooler: everything works in the mode `transaction`, and whoever waits for a connection is told.

Two of the server's connections for more of ours, so that a transaction seldom gets the connection of the one before.
"""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Integer, bindparam, select, text

from emagsync.core.errors import SettingsError
from emagsync.db import postgresql, postgresql_driver
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseUnavailable
from emagsync.db.ready import ReadySelect
from emagsync.offers.queries import list_offers
from emagsync.offers.selection import OfferFilter
from offers.offer_rows import offer, store
from support.databases import address_in
from support.servers import PgBouncerServer, postgres_url

pytestmark = [
    pytest.mark.databases("postgresql", "it is about its pooler"),
    pytest.mark.skipif(shutil.which("pgbouncer") is None, reason="PgBouncer is not installed"),
]
OUR_SETTINGS = ",".join(
    [
        *("statement_timeout", "idle_in_transaction_session_timeout", "jit", "emagsync.session"),
        *("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count"),
    ]
)
_SAID = ReadySelect(select(bindparam("wanted", type_=Integer).label("number")))


@contextmanager
def pooler(**options: object) -> Iterator[PgBouncerServer]:
    with PgBouncerServer(postgres_url(), **{"default_pool_size": 2, **options}) as pooler:
        yield pooler


@pytest.fixture(scope="module", name="kinds")
def one_of_each_kind(backend: str) -> Iterator[dict[str, PgBouncerServer]]:
    with ExitStack() as stack:
        yield {
            "transaction": stack.enter_context(pooler()),
            "session": stack.enter_context(pooler(pool_mode="session", default_pool_size=60)),
            "deaf": stack.enter_context(pooler(ignore_startup_parameters=OUR_SETTINGS)),
        }


async def value(database: Database, query: str = "SELECT 1", **values: Any) -> Any:
    async with database.snapshot() as connection:
        return await connection.scalar(text(query), values)


def through(pooler: PgBouncerServer, folder: Path, asked: str = "") -> str:
    return pooler.url_of(urlsplit(address_in(folder)).path[1:]) + asked


@pytest.mark.often(first=1)
@pytest.mark.parametrize("kind", ["transaction", "session", "deaf"])
async def test_the_copy_is_used_through_a_pooler_without_any_setting(
    kinds: dict[str, PgBouncerServer], kind: str, tmp_path: Path
) -> None:
    """`deaf`: the pooler takes the settings that we begin with, and does not pass them on."""
    async with Database(through(kinds[kind], tmp_path)) as one, Database(through(kinds[kind], tmp_path)) as other:
        # By COPY, as pages of a first run are stored.
        await store(one, [offer(number, name=f"Lampă {number}") for number in range(1, 60)])

        async def look(database: Database, number: int) -> tuple[object, ...]:
            listed = await list_offers(database, OfferFilter(search="lampa"), limit=5)
            async with database.autocommit() as connection:
                alone = await connection.scalar(text("SELECT CAST(:n AS INTEGER)"), {"n": number})
            said = [row.number for [row] in await database.ask((_SAID, {"wanted": number}), (_SAID, {"wanted": 0}))]
            assert said == [number, 0]
            async with database.transaction() as connection:
                await connection.execute(text("UPDATE offers SET stock = :n WHERE emag_id = :n"), {"n": number})
            return len(listed.offers), alone

        found = await asyncio.gather(*(look([one, other][number % 2], number) for number in range(1, 41)))
        assert found == [(5, number) for number in range(1, 41)]
        assert await value(one, "SELECT count(*) FROM offers WHERE stock = emag_id AND emag_id <= 40") == 40


@pytest.mark.parametrize("kind", ["transaction", "session", "deaf"])
async def test_every_transaction_has_our_settings_and_leaves_none_to_others(
    kinds: dict[str, PgBouncerServer], kind: str, tmp_path: Path
) -> None:
    async with Database(through(kinds[kind], tmp_path, "?statement_timeout=7&application_name=shop")) as database:
        for name, set_to in {
            "statement_timeout": "7s",
            "jit": "off",
            "TimeZone": "UTC",
            "application_name": "shop",
            "idle_in_transaction_session_timeout": "10min",
            "transaction_read_only": "on",
        }.items():
            assert await value(database, f"SHOW {name}") == set_to
        assert await value(database, "SELECT count(*) FROM pg_prepared_statements") == 0
        async with database.engine.connect() as connection:
            # What another program would find: outside of a transaction of ours.
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None
            assert await raw.execute("SELECT 1 WHERE current_setting('statement_timeout') = '7s'") == "SELECT 0"


async def test_a_statement_that_takes_too_long_is_ended_behind_a_pooler_too(
    kinds: dict[str, PgBouncerServer], tmp_path: Path
) -> None:
    async with Database(through(kinds["transaction"], tmp_path, "?statement_timeout=1")) as database:
        with pytest.raises(DatabaseUnavailable, match="statement timeout"):
            await value(database, "SELECT 1 FROM pg_sleep(60)")
        assert await value(database) == 1


async def test_a_pooler_that_is_named_is_not_tried_first(tmp_path: Path) -> None:
    with pooler() as ours:
        async with Database(through(ours, tmp_path, "?pooler=transaction")) as database:
            assert await value(database) == 1
        assert "unsupported startup parameter" not in ours.said
        async with Database(through(ours, tmp_path, "?pooler=none")) as database:
            with pytest.raises(DatabaseUnavailable, match="unsupported startup parameter"):
                await value(database)


def test_an_unknown_kind_of_pooler_is_one_clear_line() -> None:
    with pytest.raises(SettingsError, match="pooler is one of auto, none, transaction"):
        Database("postgresql://user:secret@host/name?pooler=maybe")


async def test_a_pooler_that_hides_itself_is_recognised_by_the_statements_that_it_loses(tmp_path: Path) -> None:
    """Taken for the server itself, it fails once, with what to do; from then on it is heeded."""
    with pooler(ignore_startup_parameters=OUR_SETTINGS) as ours:
        async with Database(through(ours, tmp_path, "?pooler=none")) as database:

            async def work(number: int) -> object:
                async with database.transaction() as connection:
                    await connection.execute(text(f"SELECT {number % 7} FROM pg_sleep(0.001)"))
                    return await connection.scalar(text(f"SELECT {number % 5}"))

            failed: list[BaseException] = []
            while not failed:
                said = await asyncio.gather(*(work(number) for number in range(40)), return_exceptions=True)
                failed = [one for one in said if isinstance(one, BaseException)]
            assert all(isinstance(one, DatabaseUnavailable) for one in failed)
            assert any("Add pooler=transaction to EMAGSYNC_DATABASE_URL" in str(one) for one in failed), failed
            assert await asyncio.gather(*(work(number) for number in range(40))) == [n % 5 for n in range(40)]


async def test_a_pool_smaller_than_ours_is_waited_for_and_then_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for ever: neither for the pooler's connections, nor for ours, nor with others' locks in hand."""
    monkeypatch.setattr(postgresql_driver, "POOL_WAIT_SECONDS", 1)
    monkeypatch.setattr(postgresql, "POOL_WAIT_SECONDS", 2)
    with pooler() as ours:
        async with Database(through(ours, tmp_path)) as database:

            async def hold(has_one: asyncio.Event) -> None:
                async with database.transaction() as connection:
                    await connection.execute(text("SELECT 1"))
                    has_one.set()
                    await let_go.wait()

            let_go, first, second = asyncio.Event(), asyncio.Event(), asyncio.Event()
            holding = [asyncio.ensure_future(hold(has_one)) for has_one in (first, second)]
            await asyncio.gather(first.wait(), second.wait())
            said = await asyncio.wait_for(
                asyncio.gather(*(value(database) for _ in range(60)), return_exceptions=True), 60
            )
            assert {type(one) for one in said} == {DatabaseUnavailable}
            told = ("default_pool_size", "no connection became free in time")
            assert all(any(part in str(one) for part in told) for one in said), Counter(map(str, said))
            assert any(told[0] in str(one) for one in said)
            let_go.set()
            await asyncio.gather(*holding)
            assert await asyncio.gather(*(value(database) for _ in range(60))) == [1] * 60


async def test_a_pooler_that_takes_no_more_clients_is_told(tmp_path: Path) -> None:
    with pooler(max_client_conn=3) as ours:
        async with Database(through(ours, tmp_path)) as database:
            said = await asyncio.gather(
                *(value(database, "SELECT 1 FROM pg_sleep(0.2)") for _ in range(8)), return_exceptions=True
            )
            assert {type(one) for one in said} <= {DatabaseUnavailable, int}
            assert any("no more connections allowed" in str(one) for one in said)
            assert await value(database) == 1


async def test_a_pooler_that_is_restarted_is_used_again(tmp_path: Path) -> None:
    with pooler() as ours:
        async with Database(through(ours, tmp_path)) as database:
            assert await asyncio.gather(*(value(database) for _ in range(5))) == [1] * 5
            await asyncio.to_thread(ours.restart)
            assert await asyncio.gather(*(value(database) for _ in range(5))) == [1] * 5
