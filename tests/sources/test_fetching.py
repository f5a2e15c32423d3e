"""Fetching a source's file: over https, by SFTP, from a folder; and what must not be fetched."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
import pytest
from aiohttp import encode_basic_auth, web

from emagsync.sources.errors import FETCH_REASONS, FetchFailed
from emagsync.sources.fetching import folder as folders
from emagsync.sources.fetching import sftp
from emagsync.sources.fetching.fetched import MOST_BYTES, Known, Place, Secrets
from emagsync.sources.fetching.folder import fetch_from_folder
from emagsync.sources.fetching.https import MOST_REDIRECTS, fetch_over_https
from emagsync.sources.fetching.sftp import fetch_by_sftp
from emagsync.sources.fetching.sftp_address import sftp_address
from support.sourcing import SOURCES, Sourcing

FILE = b"sku,stock\nA,1\n"
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "packed": gzip.compress,
    "two-parts": lambda content: gzip.compress(content[:5]) + gzip.compress(content[5:]),
    "cut": lambda content: gzip.compress(content)[:-4],
    "bomb": lambda _: gzip.compress(b"x" * (MOST_BYTES + 1)),
    "rest": lambda content: gzip.compress(content) + b"x" * 100_000,
    "empty-parts": lambda _: gzip.compress(b"") * 20_000,
}
STATUSES = {"gone": 404, "go\0ne.csv": 404, "broken": 500, "same": 304}
ODD_NAMES = {
    "Content-Disposition": "attachment; filename*=utf-8''st%00ock.csv",
    "ETag": '"\u00e9"',
    "Last-Modified": "x" * 2000,
}


@dataclass
class Shop:
    """An HTTP server with a file. `asked` are the headers of each request."""

    url: str = ""
    content: bytes = FILE
    asked: list[dict[str, str]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(dict(request.headers))
        name = request.match_info["name"]
        etag = f'"{hashlib.sha256(self.content).hexdigest()[:8]}"'
        if name == "round":
            raise web.HTTPFound("/round")
        if name == "elsewhere":
            raise web.HTTPTemporaryRedirect(self.url.replace("127.0.0.1", "localhost") + "/stock.csv")
        if name == "secret" and request.headers.get("Authorization") != encode_basic_auth("erp", "pass"):
            return web.Response(status=401)
        if name in PACKED:
            return web.Response(body=PACKED[name](self.content), headers={"Content-Encoding": "gzip"})
        if name in STATUSES:
            return web.Response(status=STATUSES[name])
        if name == "large":
            return web.Response(body=b"x" * (MOST_BYTES + 1))
        if name == "named":
            return web.Response(body=self.content, headers=ODD_NAMES)
        if name == "nul":
            raise web.HTTPFound("/go%00ne.csv")
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304)
        return web.Response(body=self.content, headers={"ETag": etag})


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    serving = Shop()
    app = web.Application()
    app.router.add_get("/{name}", serving.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    serving.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield serving
    await runner.cleanup()


async def fetched(shop: Shop, name: str, secrets: Secrets | None = None, *, allow_private: bool = True) -> bytes | None:
    place = Place(f"{shop.url}/{name}", "erp" if secrets else None, secrets or Secrets())
    found = await fetch_over_https(place, Known(), allow_private=allow_private)
    return None if found is None else found.content


async def reason_of(shop: Shop, name: str, **options: bool) -> str:
    with pytest.raises(FetchFailed) as caught:
        await fetched(shop, name, **options)
    return caught.value.reason


async def test_a_file_comes_over_http_packed_or_behind_a_login(shop: Shop) -> None:
    assert await fetched(shop, "stock.csv") == FILE
    assert await fetched(shop, "packed") == FILE
    assert await fetched(shop, "two-parts") == FILE
    assert await fetched(shop, "secret", Secrets(password="pass")) == FILE


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("secret", "login"),
        ("gone", "not_found"),
        ("broken", "status"),
        ("large", "too_large"),
        ("bomb", "too_large"),
        ("cut", "compressed"),
        ("rest", "compressed"),
        ("empty-parts", "compressed"),
        ("same", "status"),
        ("round", "redirects"),
    ],
)
async def test_what_is_no_file_is_told_apart(shop: Shop, name: str, reason: str) -> None:
    assert await reason_of(shop, name) == reason
    assert len(shop.asked) == (MOST_REDIRECTS + 1 if name == "round" else 1)


async def test_private_addresses_are_not_called_unless_that_is_allowed(shop: Shop) -> None:
    assert await reason_of(shop, "stock.csv", allow_private=False) == "address"
    assert shop.asked == []


async def test_another_server_is_not_shown_the_login(shop: Shop) -> None:
    secrets = Secrets(password="pass", headers={"X-Key": "k"})
    assert await fetched(shop, "elsewhere", secrets) == FILE
    first, second = shop.asked
    assert {"Authorization", "X-Key"} <= set(first)
    assert not {"Authorization", "X-Key"} & set(second)


async def test_a_file_that_has_not_changed_is_not_sent_again(sourcing: Sourcing, shop: Shop) -> None:
    shop.content = f"sku,stock\n{await sourcing.part_number(1)},3\n".encode()
    source = await sourcing.add(kind="https", address=f"{shop.url}/stock.csv", login={"headers": {"X-Key": "k"}})
    assert (await sourcing.read(source))["status"] == "previewed"
    same = await sourcing.read(source)
    assert (same["status"], same["file"]) == ("same_file", None)
    assert [asked["X-Key"] for asked in shop.asked] == ["k", "k"]

    # The header is for that server, whoever changes the address.
    moved = await sourcing.change(source, address=f"{shop.url.replace('127.0.0.1', 'localhost')}/gone")
    assert moved["header_names"] == []
    failed = await sourcing.read(source)
    assert (failed["status"], failed["code"], failed["reason"]) == ("failed", "source_not_fetched", "not_found")
    assert "X-Key" not in shop.asked[-1]


@pytest.mark.databases("both")
async def test_what_a_server_calls_things_is_stored_as_far_as_it_can_be(sourcing: Sourcing, shop: Shop) -> None:
    shop.content = f"sku,stock\n{await sourcing.part_number(1)},3\n".encode()
    source = await sourcing.add(kind="https", address=f"{shop.url}/named")
    reading = await sourcing.read(source)
    assert (reading["status"], reading["file"]["name"]) == ("previewed", "st\N{REPLACEMENT CHARACTER}ock.csv")
    assert (await sourcing.read(source))["status"] == "same_file"
    # Neither is a header that could be sent back.
    assert not {"If-None-Match", "If-Modified-Since"} & set(shop.asked[-1])

    await sourcing.change(source, address=f"{shop.url}/nul")
    failed = await sourcing.read(source)
    assert (failed["reason"], failed["values"]) == ("not_found", {"name": "go\N{REPLACEMENT CHARACTER}ne.csv"})
    # What looks like no file's name may be a secret.
    await sourcing.change(source, address=f"{shop.url}/gone")
    assert (await sourcing.read(source))["values"] == {"name": "127.0.0.1"}


class Door(asyncssh.SSHServer):
    """Lets in who has the password."""

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("erp", "pass")


async def sftp_server(folder: Path, key: asyncssh.SSHKey, authorized: asyncssh.SSHKey | None) -> asyncssh.SSHAcceptor:
    keys = None
    if authorized is not None:
        keys = asyncssh.import_authorized_keys(authorized.export_public_key().decode())
    return await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[key],
        server_factory=Door,
        authorized_client_keys=keys,
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(folder).encode()),
    )


async def test_a_file_comes_by_sftp_from_the_server_that_was_seen_first(sourcing: Sourcing, tmp_path: Path) -> None:
    (tmp_path / "sftp").mkdir()
    content = f"sku,stock\n{await sourcing.part_number(1)},3\n"
    (tmp_path / "sftp" / "stock.csv").write_text(content)
    ours, theirs = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    login = {"username": "erp", "password": "pass"}
    async with await sftp_server(tmp_path / "sftp", ours, None) as server:
        address = f"sftp://127.0.0.1:{server.get_port()}/stock.csv"
        source = await sourcing.add(kind="sftp", address=address, login=login)
        assert (await sourcing.read(source))["status"] == "previewed"
        assert (await sourcing.read(source))["status"] == "same_file"
    kept = (await sourcing.api.viewer.get(f"{SOURCES}/{source['id']}")).json()
    assert kept["host_key"].split()[:2] == ours.export_public_key().decode().split()[:2]
    assert kept["has_password"]
    assert "'pass'" not in str(kept)
    place = Place(address, "erp", Secrets(password="pass"), kept["host_key"])
    async with await sftp_server(tmp_path / "sftp", theirs, None) as server:
        other = Place(f"sftp://127.0.0.1:{server.get_port()}/stock.csv", *list(vars(place).values())[1:])
        with pytest.raises(FetchFailed) as caught:
            await fetch_by_sftp(other, allow_private=True)
    assert caught.value.reason == "host_key_changed"


async def test_sftp_takes_keys_and_patterns_and_says_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, modified in (("stock-1.csv", 100), ("stock-2.csv", 200), ("other.csv", 300)):
        (tmp_path / name).write_text(name)
        os.utime(tmp_path / name, (modified, modified))
    host, person, stranger = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(3))
    async with await sftp_server(tmp_path, host, person) as server:

        async def content(path: str, key: asyncssh.SSHKey, *, allow_private: bool = True) -> bytes | str:
            secrets = Secrets(private_key=key.export_private_key().decode())
            place = Place(f"sftp://127.0.0.1:{server.get_port()}{path}", "erp", secrets)
            try:
                return (await fetch_by_sftp(place, allow_private=allow_private)).content
            except FetchFailed as error:
                return error.reason

        assert await content("/stock-*.csv", person) == b"stock-2.csv"
        assert await content("/nothing.csv", person) == "not_found"
        assert await content("/nothing-*.csv", person) == "not_found"
        monkeypatch.setattr(sftp, "MOST_FILES", 2)
        assert await content("/stock-*.csv", person) == "too_many_files"
        assert await content("/stock-2.csv", stranger) == "login"
        assert await content("/stock-2.csv", person, allow_private=False) == "not_public"


async def test_a_server_that_insists_on_compression_is_not_talked_to(tmp_path: Path) -> None:
    # What it sends would be unpacked before anybody can see how much that is.
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
        server_factory=Door,
        compression_algs=["zlib@openssh.com", "zlib"],
        sftp_factory=True,
    )
    async with server:
        place = Place(f"sftp://127.0.0.1:{server.get_port()}/a.csv", "erp", Secrets(password="pass"))
        with pytest.raises(FetchFailed) as caught:
            await fetch_by_sftp(place, allow_private=True)
    assert caught.value.reason == "unanswered"


@pytest.mark.parametrize(
    "address",
    ["sftp://host", "sftp://user@host/a.csv", "sftp://user:pass@host/a.csv", "ftp://host/a.csv", "sftp://host:x/a", ""],
)
def test_what_is_no_address_of_sftp_is_refused(address: str) -> None:
    assert sftp_address(address) is None


async def test_only_plain_files_of_the_folder_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "stock.csv").write_bytes(FILE)
    (tmp_path / "secret.csv").write_text("secret")
    (folder / "way-out.csv").symlink_to(tmp_path / "secret.csv")
    os.mkfifo(folder / "pipe.csv")

    async def content(address: str) -> bytes | str:
        try:
            return (await fetch_from_folder(folder, address)).content
        except FetchFailed as error:
            return error.reason

    assert await content("deep/stock.csv") == FILE
    assert await content("deep/*.csv") == FILE
    assert await content("deep/*.xml") == "not_found"
    assert await content("nothing.csv") == "not_found"
    assert await content("deep") == "not_a_file"
    assert await content("pipe.csv") == "not_a_file"
    for address in ("way-out.csv", "../secret.csv", str(tmp_path / "secret.csv"), "deep/../../secret.csv", "way-*.csv"):
        assert await content(address) == "outside", address
    monkeypatch.setattr(folders, "MOST_FILES", 0)
    assert await content("deep/*.csv") == "too_many_files"


def test_every_reason_words_itself() -> None:
    values = dict.fromkeys(("error", "name", "host", "fingerprint", "encoding", "status"), "x")
    assert all(str(FetchFailed(reason, **values, seconds=1, most=1)) for reason in FETCH_REASONS)


async def test_what_may_be_secret_in_an_address_is_shown_to_who_may_set_it_and_to_nobody_else(
    sourcing: Sourcing,
) -> None:
    for secret in ("feeds/S3CRET/stock.csv", "stock.csv?token=S3CRET"):
        source = await sourcing.add(name=secret[:5], kind="https", address=f"https://erp.example.com/{secret}")
        assert "S3CRET" in source["address"]
        one = f"{SOURCES}/{source['id']}"
        assert (await sourcing.api.admin.get(one)).json() == source
        for caller in (sourcing.api.viewer, sourcing.api.operator):
            assert (await caller.get(one)).json()["address"] == "https://erp.example.com/…"
            assert "S3CRET" not in (await caller.get(SOURCES)).text
        await sourcing.change(source, enabled=False)
    assert "S3CRET" not in (await sourcing.api.admin.get("/api/v1/audit")).text


async def test_no_error_repeats_the_address_that_was_called(sourcing: Sourcing) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"\x00nonsense\r\n\r\n" if asked.startswith(b"GET /a") else b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20_000
        )
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        for name in ("a", "b"):
            address = f"http://127.0.0.1:{port}/{name}/S3CRET.csv?token=S3CRET"
            source = await sourcing.add(name=name, kind="https", address=address)
            reading = await sourcing.read(source)
            assert (reading["status"], reading["reason"]) == ("failed", "unanswered")
            assert reading["values"]["error"]
            assert "S3CRET" not in str(reading)
            assert "\n" not in reading["message"]
