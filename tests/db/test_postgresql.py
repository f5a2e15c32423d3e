"""PostgreSQL: addresses, connections that end, and the index of search."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from emagsync.core.errors import SettingsError
from emagsync.db import trigrams
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseUnavailable
from emagsync.db.migrate import upgrade
from emagsync.db.search_index import Search
from emagsync.offers import repository
from emagsync.offers.queries import list_offers
from emagsync.offers.records import Observation, OfferRecord
from emagsync.offers.search import catch_up
from emagsync.offers.search_repository import SEARCH_INDEX
from emagsync.offers.selection import OfferFilter
from offers.offer_rows import AT, offer, store
from support.databases import address_in, address_of, rows
from support.network import Certificates, make_certificates
from support.patience import PATIENCE_SECONDS
from support.servers import PostgresServer

pytestmark = pytest.mark.databases("postgresql", "it is about it")


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """One of the test's own, to stop and to kill."""
    with PostgresServer() as server:
        yield server


async def value(database: Database, query: str = "SELECT 1") -> Any:
    async with database.snapshot() as connection:
        return await connection.scalar(text(query))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("sslmode=maybe", "sslmode is one of disable"),
        ("password=geheim", "before the @"),
        ("channel_bindings=require", "'channel_bindings', which is not supported; there are application_name"),
        ("channel_binding=maybe", "channel_binding is one of disable, prefer, require"),
        ("sslrootcert=system&sslmode=require", "sslmode, with sslrootcert=system, is verify-full"),
        ("gssencmode=require", "gssencmode is one of disable, prefer"),
        ("keepalives=yes", "keepalives is a number from 0 to 1"),
        ("keepalives_idle=-1", "keepalives_idle is a number from 0 to 86400"),
        ("pool_size=0", "pool_size is a number from 1 to 1000"),
        ("connect_timeout=soon", "connect_timeout is a number from 1 to 300"),
    ],
)
def test_what_an_address_asks_for_in_vain_is_one_clear_line(query: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as told:
        Database(f"postgresql://user:secret@host/name?{query}")
    assert "EMAGSYNC_DATABASE_URL" in str(told.value)
    assert "geheim" not in str(told.value)
    assert "\n" not in str(told.value)


async def test_an_address_may_ask_for_what_libpq_knows(tmp_path: Path) -> None:
    asked = "?application_name=erp&connect_timeout=5&sslmode=disable&options=-cwork_mem%3D7MB&statement_timeout=9"
    async with Database(address_in(tmp_path) + asked) as database:
        assert await value(database, "SHOW application_name") == "erp"
        assert await value(database, "SHOW work_mem") == "7MB"
        assert await value(database, "SHOW statement_timeout") == "9s"


async def test_encryption_that_is_asked_for_and_cannot_be_had_is_told(tmp_path: Path) -> None:
    async with Database(address_in(tmp_path) + "?sslmode=require") as database:
        with pytest.raises(DatabaseUnavailable, match=r"rejected SSL.*EMAGSYNC_DATABASE_URL"):
            await value(database)


@pytest.fixture(scope="module", name="encrypted")
def server_with_a_certificate(
    backend: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[PostgresServer, Certificates]]:
    """A server of `localhost` that has a certificate by an authority of its own."""
    folder = tmp_path_factory.mktemp("certificates")
    certificates = make_certificates(folder)
    server = PostgresServer(
        ssl="on", ssl_cert_file="server.pem", ssl_key_file="server.key", listen_addresses="127.0.0.1,::1"
    )
    with server.with_files({"server.pem": certificates.certificate, "server.key": certificates.key}):
        yield server, certificates


IS_ENCRYPTED = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("asked", ["sslrootcert=system", "channel_binding=require", "sslmode=verify-full"])
async def test_a_certificate_is_checked_by_whom_the_system_trusts(
    encrypted: tuple[PostgresServer, Certificates], asked: str, trusted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, certificates = encrypted
    if "sslmode" in asked:
        asked += f"&sslrootcert={certificates.authority if trusted else certificates.certificate}"
    elif trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    address = f"{server.url.replace('127.0.0.1', 'localhost')}?{asked}"
    async with Database(address) as database:
        if trusted:
            assert await value(database, IS_ENCRYPTED) is True
        else:
            with pytest.raises(DatabaseUnavailable, match="certificate verify failed"):
                await value(database)


@pytest.mark.parametrize("asked", ["sslmode=require", "channel_binding=prefer&sslmode=require", "sslmode=prefer"])
async def test_encryption_without_a_check_of_the_certificate(
    encrypted: tuple[PostgresServer, Certificates], asked: str
) -> None:
    async with Database(f"{encrypted[0].url}?{asked}") as database:
        assert await value(database, IS_ENCRYPTED) is True


async def test_a_certificate_of_another_name_is_refused(
    encrypted: tuple[PostgresServer, Certificates], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, certificates = encrypted
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    async with Database(f"{server.url}?sslrootcert=system") as database:
        with pytest.raises(DatabaseUnavailable, match=r"127\.0\.0\.1"):
            await value(database)


async def test_keepalives_are_those_of_the_socket(tmp_path: Path) -> None:
    asked = "?keepalives=1&keepalives_idle=41&keepalives_interval=7&keepalives_count=3&tcp_user_timeout=9000"
    async with Database(address_in(tmp_path) + asked) as database, database.snapshot() as connection:
        used = (await connection.get_raw_connection()).driver_connection
        assert used is not None
        options = used._transport.get_extra_info("socket")
        assert options.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        numbers = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
        assert [options.getsockopt(socket.IPPROTO_TCP, one) for one in numbers] == [41, 7, 3, 9000]


async def test_a_role_that_may_not_make_tables_is_told_in_one_line(tmp_path: Path) -> None:
    address = address_in(tmp_path, "empty", migrated=False)
    guest = f"may_not_{os.getpid()}"
    async with Database(address) as database:
        await run_sql(database, f"CREATE ROLE {guest} LOGIN")
        await run_sql(database, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        try:
            async with Database(make_url(address).set(username=guest)) as as_guest:
                with pytest.raises(DatabaseUnavailable) as told:
                    await upgrade(as_guest)
        finally:
            await run_sql(database, f"DROP ROLE {guest}")
    assert "permission denied for schema public" in str(told.value)
    assert str(told.value).endswith(f"GRANT CREATE, USAGE ON SCHEMA public TO {guest}.")
    assert "\n" not in str(told.value)


async def test_connections_say_who_they_are_and_speak_utc(database: Database) -> None:
    assert await value(database, "SHOW application_name") == "emagsync"
    assert await value(database, "SHOW timezone") == "UTC"


async def test_a_server_that_is_not_there_is_told_at_once_without_the_password(server: PostgresServer) -> None:
    server.stop()
    address = server.url.replace("emagsync@", "emagsync:geheim@")
    async with Database(address) as database:
        with pytest.raises(DatabaseUnavailable, match="EMAGSYNC_DATABASE_URL") as told:
            await value(database)
    assert "geheim" not in str(told.value)
    assert str(server.port) in str(told.value)


async def test_a_server_that_was_restarted_is_used_again_without_an_error(server: PostgresServer) -> None:
    async with Database(server.url) as database:
        assert await asyncio.gather(*(value(database) for _ in range(5))) == [1] * 5
        await asyncio.to_thread(server.restart)
        assert await asyncio.gather(*(value(database) for _ in range(5))) == [1] * 5


async def test_a_server_that_was_there_is_waited_for(server: PostgresServer) -> None:
    async with Database(server.url) as database:
        await value(database)
        server.kill()
        waiting = asyncio.ensure_future(value(database))
        for _ in range(3):
            await asyncio.sleep(0)
        await asyncio.to_thread(server.start)
        assert await waiting == 1


async def test_a_server_killed_inside_a_transaction_is_told_and_then_used_again(server: PostgresServer) -> None:
    async with Database(server.url) as database:
        with pytest.raises(DatabaseUnavailable, match="EMAGSYNC_DATABASE_URL"):
            await _half_a_transaction(database, server)
        await asyncio.to_thread(server.start)
        assert await value(database, "SELECT count(*) FROM pg_tables WHERE tablename = 'half'") == 0


async def _half_a_transaction(database: Database, server: PostgresServer) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("CREATE TABLE half (id integer)"))
        server.kill()
        await connection.execute(text("INSERT INTO half VALUES (1)"))


async def test_what_was_committed_outlives_a_killed_server(server: PostgresServer) -> None:
    async with Database(server.url) as database:
        async with database.transaction() as connection:
            await connection.execute(text("CREATE TABLE kept (id integer)"))
        server.kill()
        await asyncio.to_thread(server.start)
        assert await value(database, "SELECT count(*) FROM kept") == 0


async def test_a_statement_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    async with Database(address_in(tmp_path) + "?statement_timeout=1") as database:
        with pytest.raises(DatabaseUnavailable, match="statement timeout"):
            await value(database, "SELECT 1 FROM pg_sleep(60)")
        assert await value(database) == 1


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(DatabaseUnavailable, match="read-only"):
        await value(database, "DELETE FROM offers RETURNING 1")


async def test_no_connection_is_left_when_a_database_is_closed(tmp_path: Path) -> None:
    address = address_in(tmp_path)
    connections = "SELECT count(*) AS count FROM pg_stat_activity WHERE application_name = 'leak-test'"
    async with Database(address) as watcher:
        async with Database(address + "?application_name=leak-test") as database:
            await asyncio.gather(*(value(database, "SELECT 1 FROM pg_sleep(0.05)") for _ in range(12)))
            cancelled = [asyncio.ensure_future(value(database, "SELECT 1 FROM pg_sleep(60)")) for _ in range(4)]
            while await value(watcher, f"{connections} AND state = 'active'") < 4:
                await asyncio.sleep(0.01)
            for task in cancelled:
                task.cancel()
            await asyncio.gather(*cancelled, return_exceptions=True)
            with pytest.raises(DatabaseUnavailable):
                await value(database, "SELECT nonsense")
            assert 1 <= await value(watcher, connections) <= 20
        async with asyncio.timeout(PATIENCE_SECONDS):
            # The server notices a little later that a client has gone.
            while await value(watcher, connections):
                await asyncio.sleep(0.01)


async def test_a_forked_process_makes_connections_of_its_own(database: Database) -> None:
    assert await value(database) == 1
    address = address_of(database)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os._exit(_in_the_child(address, write))
    os.close(write)
    with os.fdopen(read) as said:
        assert await asyncio.to_thread(said.read) == "1"
    assert os.waitpid(child, 0)[1] == 0
    assert await value(database) == 1


def _in_the_child(address: str, write: int) -> int:
    async def ask() -> Any:
        async with Database(address) as database:
            return await value(database)

    loop = asyncio.new_event_loop()
    # The parent's loop is not ours to run in.
    asyncio._set_running_loop(None)
    os.write(write, str(loop.run_until_complete(ask())).encode())
    os.close(write)
    return 0


@pytest.mark.parametrize("term", ["lampa", "xyz", "xyz mari 42"])
async def test_a_search_among_20000_offers_uses_the_index(database: Database, term: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("ALTER TABLE offer_search DROP CONSTRAINT fk_offer_search_offer_id_offers"))
        await connection.execute(
            text(
                "INSERT INTO offer_search SELECT n, 'lampa de birou ' || md5(n::text) || md5((-n)::text) || chr(10) "
                "|| 'marimi ' || n % 100 FROM generate_series(1, 20000) AS n WHERE n % 500 > 0"
            )
        )
        await connection.execute(text("INSERT INTO offer_search VALUES (500, 'xyz mari 42'), (1000, 'lamp')"))
        # What autovacuum does now and then.
        await connection.execute(text(f"SELECT gin_clean_pending_list('{trigrams.INDEX}')"))
        await connection.execute(text("ANALYZE offer_search"))
    statement = SEARCH_INDEX.matching("postgresql", Search(tuple((word,) for word in term.split()), term)).compile(
        database.engine.sync_engine, compile_kwargs={"literal_binds": True}
    )
    plan = [str(row["QUERY PLAN"]) for row in rows(database, f"EXPLAIN {statement}".replace(":", "\\:"))]
    if term == "lampa":
        # Nearly every offer has it: reading them all is the better plan, and the planner is told enough to see that.
        assert any("Seq Scan" in line for line in plan), plan
    else:
        assert any(trigrams.INDEX in line for line in plan), plan


@pytest.mark.often(first=1)
@pytest.mark.parametrize("others", [0, 20_000], ids=["the first account", "another account"])
async def test_a_page_reads_its_own_offers_only_whatever_the_planner_was_told(database: Database, others: int) -> None:
    await run_sql(database, "ALTER TABLE offers SET (autovacuum_enabled = off)")
    if others:
        await multiply(database, "other", others)
    await run_sql(database, "ANALYZE offers")
    await multiply(database, "main", 20_000)

    page = range(1_000, 1_100)
    async with database.transaction() as connection:
        assert len(await repository.known(connection, "main", page, asked_at=AT)) == 100
        seen = Observation("main", "run-2", AT)
        await repository.apply(connection, seen, same=page, read=[offer(1, name="Alt nume")])
        read = await connection.scalar(
            text("SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'offers'")
        )
    assert 200 < read < 1_000


async def multiply(database: Database, account: str, count: int) -> None:
    """Store an offer of the account, and its like under the ids up to `count`, faster than a run would."""
    await store(database, [offer(1)], account=account)
    await run_sql(
        database,
        "INSERT INTO offers SELECT (jsonb_populate_record(one, jsonb_build_object("
        "'id', nextval(pg_get_serial_sequence('offers', 'id')), 'emag_id', number))).* "
        f"FROM offers AS one, generate_series(2, {count}) AS number WHERE account = '{account}'",
    )


async def run_sql(database: Database, statement: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(text(statement))


LISTED = text(f"SELECT gin_clean_pending_list('{trigrams.INDEX}')")


async def test_a_new_offer_is_found_at_once_and_sorted_into_the_index_later(database: Database) -> None:
    await store_page(database, [offer(1, name="Lampă de birou"), offer(2, name="Scaun")])
    assert [row.emag_id for row in (await list_offers(database, OfferFilter(search="birou"))).offers] == [1]
    await catch_up(database)
    assert await pages_listed(database) == 0
    await store_page(database, [offer(3, name="Birou"), offer(1, name="Lampadar")])
    assert await pages_listed(database) > 0
    assert [row.emag_id for row in (await list_offers(database, OfferFilter(search="birou"))).offers] == [3]


async def test_new_offers_of_one_account_leave_the_words_of_others_alone(database: Database) -> None:
    await store_page(database, [offer(1, name="Lampă")], account="other")
    await store_page(database, [offer(1, name="Scaun"), offer(2, name="Lampă")])
    found = (await list_offers(database, OfferFilter(search="lampa"))).offers
    assert sorted((row.account, row.emag_id) for row in found) == [("main", 2), ("other", 1)]


async def test_who_does_not_own_the_index_leaves_the_list_to_others(database: Database) -> None:
    await store_page(database, [offer(1)])
    guest = f"guest_{os.getpid()}"
    await run_sql(database, f"CREATE ROLE {guest} LOGIN")
    try:
        async with Database(make_url(address_of(database)).set(username=guest)) as as_guest:
            await catch_up(as_guest)
    finally:
        await run_sql(database, f"DROP ROLE {guest}")
    assert await pages_listed(database) > 0


async def store_page(database: Database, records: list[OfferRecord], account: str = "main") -> None:
    """Store offers as a page of a run does, without what comes after some pages."""
    async with database.transaction() as connection:
        await repository.apply(connection, Observation(account, "run-1", AT), same=(), read=records)


async def pages_listed(database: Database) -> int:
    """How long the list of new texts was; it is empty afterwards."""
    async with database.transaction() as connection:
        return int(await connection.scalar(LISTED))


async def test_without_the_index_a_search_finds_the_same(database: Database) -> None:
    await store(database, [offer(1, name="Lampă de birou"), offer(2, name="Scaun")])
    async with database.transaction() as connection:
        await connection.run_sync(trigrams.drop)
    assert [row.emag_id for row in (await list_offers(database, OfferFilter(search="birou"))).offers] == [1]
