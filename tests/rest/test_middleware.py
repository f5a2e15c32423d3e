"""What stands before every endpoint: hosts, foreign pages, headers, sizes, proxies."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import zstandard

from emagsync.rest.middleware import host_name
from support.api import PASSWORD, Api, client, open_api

SESSION = "/api/v1/auth/session"
LOGOUT = "/api/v1/auth/logout"
ERP = "https://erp.example.com"


@pytest.fixture
async def browser(api: Api) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser that is logged in. What it says about where a call comes from, each test says."""
    await api.add_user()
    async with client(api.url) as anybody:
        answer = await anybody.post(SESSION, json={"username": "maria", "password": PASSWORD})
        assert answer.status_code == 200
        yield anybody


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Sec-Fetch-Site": "same-origin"}, id="our page"),
        pytest.param({"Origin": "<own>"}, id="our page in an older browser"),
    ],
)
async def test_our_own_page_may_change_things(api: Api, browser: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    said = {name: value.replace("<own>", api.url) for name, value in headers.items()}
    assert (await browser.post(LOGOUT, headers=said)).status_code == 204


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="nothing said"),
        pytest.param({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, id="a foreign page"),
        pytest.param({"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:1"}, id="another port"),
        pytest.param({"Sec-Fetch-Site": "none"}, id="no page"),
        pytest.param({"Origin": "https://evil.example"}, id="a foreign page in an older browser"),
        pytest.param({"Origin": "null"}, id="a page without origin"),
        pytest.param({"Sec-Fetch-Site": "cross-site", "Origin": "<own>"}, id="contradictory"),
    ],
)
async def test_with_a_cookie_nobody_else_may(api: Api, browser: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    said = {name: value.replace("<own>", api.url) for name, value in headers.items()}
    answer = await browser.post(LOGOUT, headers=said)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
    assert (await browser.get("/api/v1/auth/me", headers=said)).status_code == 200


async def test_a_foreign_page_cannot_log_a_browser_in(api: Api) -> None:
    await api.add_user()
    body = {"username": "maria", "password": PASSWORD}
    answer = await api.stranger.post(SESSION, json=body, headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
    assert "set-cookie" not in answer.headers


async def test_a_bearer_token_needs_no_such_proof(api: Api) -> None:
    answer = await api.admin.post("/api/v1/tokens", json={"name": "erp"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 201


@pytest.mark.parametrize("path", ["/health/live", "/api/v1/auth/me", "/nowhere", "/docs"])
async def test_every_answer_has_the_security_headers(api: Api, path: str) -> None:
    headers = (await api.stranger.get(path)).headers
    policy = {part.split(" ")[0]: part.split(" ")[1:] for part in headers["content-security-policy"].split("; ")}
    assert policy["script-src"] == ["'self'"]
    assert policy["default-src"] == ["'self'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers
    assert "strict-transport-security" not in headers


THIS_MACHINE = ("localhost", "LOCALHOST:1234", "127.0.0.1", "[::1]", "[::1]:8000")
NOT_ITS_NAMES = (
    *("evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.nip.io", "x@localhost"),
    *("127.0.0.1:8000@evil.example", "localhost:80:90", "[::1", "localhost/x", "localhost:x", "[::1]x", ""),
)


async def test_it_answers_for_this_machine_and_for_no_name_that_is_not_its_own(
    api: Api, subtests: pytest.Subtests
) -> None:
    for host in THIS_MACHINE:
        with subtests.test(host):
            assert (await api.stranger.get("/health/live", headers={"Host": host})).status_code == 200
    for host in NOT_ITS_NAMES:
        with subtests.test(host):
            answer = await api.stranger.get("/health/live", headers={"Host": host})
            assert (answer.status_code, answer.json()["code"]) == (400, "host_not_allowed")
            assert answer.headers["x-content-type-options"] == "nosniff"


async def test_its_names_can_be_set(tmp_path: Path) -> None:
    async with open_api(tmp_path, allowed_hosts="sync.example.com, 127.0.0.1") as api:
        for host, status in (("sync.example.com", 200), ("SYNC.example.com:443", 200), ("other.example.com", 400)):
            assert (await api.stranger.get("/health/live", headers={"Host": host})).status_code == status


async def test_what_is_no_host_is_refused_where_any_is_allowed(tmp_path: Path) -> None:
    # Links of answers begin with it: http://127.0.0.1:8000@evil.example/ would lead to somebody else.
    async with open_api(tmp_path, allowed_hosts="*") as api:
        for host, status in (("any.example:8000", 200), ("127.0.0.1:8000@evil.example", 400), ('x"><b>', 400)):
            assert (await api.stranger.get("/health/live", headers={"Host": host})).status_code == status


async def test_a_request_with_two_lengths_is_refused_and_ends_its_connection(api: Api) -> None:
    headers = {"Content-Length": "5", "Transfer-Encoding": "chunked"}
    answer = await api.stranger.post("/api/v1/auth/login", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "two_lengths")
    assert answer.headers["connection"] == "close"


def test_a_host_is_its_name_without_the_port() -> None:
    hosts = ["A.b:80", "[2001:DB8::1]:80", "[::1]", "", "[", ":80"]
    assert [host_name(host) for host in hosts] == ["a.b", "2001:db8::1", "::1", "", "", ""]


async def test_a_body_that_is_too_large_is_refused_by_what_it_says_and_by_what_it_is(tmp_path: Path) -> None:
    async def streamed() -> AsyncIterator[bytes]:
        yield b'{"username": "'
        for _ in range(100):
            yield b"x" * 100

    async with open_api(tmp_path, server={"max_body_bytes": 1024}) as api:
        headers = {"Content-Type": "application/json"}
        for content in (b"x" * 2000, streamed()):
            answer = await api.stranger.post("/api/v1/auth/login", content=content, headers=headers)
            assert answer.status_code == 413
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["code"] == "body_too_large"


async def test_a_file_of_a_source_has_at_most_twenty_mebibytes(api: Api) -> None:
    most = 20 * 1024 * 1024
    # By what is announced: what follows need not be so long, for no server reads it.
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=api.app), base_url="http://127.0.0.1") as caller:
        for size, status in ((most, 401), (most + 1, 413)):
            headers = {"Content-Type": "text/csv", "Content-Length": str(size)}
            answer = await caller.post("/api/v1/sources/1/file", content=b"sku,stock", headers=headers)
            assert answer.status_code == status, answer.text
    assert str(most) in answer.json()["detail"]


async def test_other_origins_are_closed_unless_set(api: Api) -> None:
    asked = {"Origin": ERP, "Access-Control-Request-Method": "POST"}
    for answer in (
        await api.stranger.options("/api/v1/tokens", headers=asked),
        await api.viewer.get("/api/v1/auth/me", headers={"Origin": ERP}),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_an_origin_that_is_set_may_call_with_a_token_but_not_with_the_cookie(tmp_path: Path) -> None:
    async with open_api(tmp_path, cors_origins=ERP) as api:
        asked = {
            "Origin": ERP,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization",
        }
        answer = await api.stranger.options("/api/v1/tokens", headers=asked)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == ERP
        answer = await api.viewer.get("/api/v1/auth/me", headers={"Origin": ERP})
        assert answer.headers["access-control-allow-origin"] == ERP
        assert "access-control-allow-credentials" not in answer.headers
        answer = await api.viewer.get("/api/v1/auth/me", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in answer.headers


FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}


async def test_what_a_stranger_says_about_proxies_is_not_believed(api: Api) -> None:
    await api.add_user()
    login = {"username": "maria", "password": PASSWORD}
    answer = await api.stranger.post(SESSION, json=login, headers=FORWARDED)
    assert answer.headers["set-cookie"].startswith("emagsync_session=")
    assert "strict-transport-security" not in answer.headers
    assert (await api.rows("SELECT address FROM audit_log")) == [{"address": "127.0.0.1"}]


async def test_behind_a_trusted_proxy_the_cookie_is_for_https_and_the_address_the_callers(tmp_path: Path) -> None:
    async with open_api(tmp_path, trusted_proxies="127.0.0.1") as api:
        await api.add_user()
        login = {"username": "maria", "password": PASSWORD}
        answer = await api.stranger.post(SESSION, json=login, headers=FORWARDED)
        name, _, rest = answer.headers["set-cookie"].partition("=")
        assert name == "__Host-emagsync_session"
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(rest.split("; "))
        assert "Domain" not in rest
        assert "max-age" in answer.headers["strict-transport-security"]
        assert (await api.rows("SELECT address FROM audit_log")) == [{"address": "203.0.113.9"}]
        cookie = {"Cookie": f"{name}={rest.split(';')[0]}"}
        assert (await api.stranger.get("/api/v1/auth/me", headers=FORWARDED | cookie)).status_code == 200
        assert (await api.stranger.get("/api/v1/auth/me", headers=cookie)).status_code == 401


async def test_supervisors_of_this_machine_are_never_locked_out(tmp_path: Path) -> None:
    async with open_api(tmp_path, allowed_hosts=("emag.example.com",)) as running:

        async def status(path: str, host: str) -> int:
            return (await running.stranger.get(path, headers={"Host": host})).status_code

        for host in ("127.0.0.1:8000", "localhost", "[::1]:8000"):
            for path in ("/health/live", "/health/ready", "/metrics"):
                assert await status(path, host) != 400, (path, host)
                assert await status(path, "rebound.example") == 400, path
            assert await status("/api/v1/auth/me", host) == 400, host


async def sent(api: Api, accepts: str) -> tuple[httpx2.Headers, bytes]:
    """The OpenAPI document's headers and its body as it is sent."""
    async with api.admin.stream("GET", "/openapi.json", headers={"Accept-Encoding": accepts}) as answer:
        return answer.headers, b"".join([part async for part in answer.aiter_raw()])


UNPACK = {None: bytes, "gzip": gzip.decompress, "zstd": zstandard.decompress}
ACCEPTED = [
    ("gzip", "gzip"),
    ("zstd", "zstd"),
    ("gzip, zstd", "zstd"),
    *((refused, None) for refused in ("gzip;q=0", "identity", "br")),
]


async def test_answers_are_compressed_as_asked(api: Api) -> None:
    _, plain = await sent(api, "identity")
    for accepts, used in ACCEPTED:
        headers, body = await sent(api, accepts)
        assert headers.get("content-encoding") == used, accepts
        assert UNPACK[used](body) == plain
        assert "accept-encoding" in headers["vary"].lower()
        if used:
            assert len(body) * 4 < len(plain)


async def test_a_list_that_is_known_is_not_sent_again(api: Api) -> None:
    first = await api.admin.get("/api/v1/users")
    tag = first.headers["etag"]
    for known in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        again = await api.admin.get("/api/v1/users", headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    await api.add_user("ion")
    changed = await api.admin.get("/api/v1/users", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


async def test_refusals_have_no_tag(api: Api) -> None:
    answer = await api.stranger.get("/api/v1/users", headers={"If-None-Match": "*"})
    assert (answer.status_code, answer.headers.get("etag")) == (401, None)
