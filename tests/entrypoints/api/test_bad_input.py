"""Bad input is refused with a problem: whatever is sent to whatever route, none is answered with a 500."""

from __future__ import annotations

import errno
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple

import httpx2
import pytest
import pytest_asyncio

from emagsync.offers.export_workbook import XlsxWriter
from emagsync.telemetry.logs import short_traceback
from emagsync.webhooks.dependencies import webhook_service
from offers.offer_rows import offer, store
from support.api import Api, of_one_server, open_api
from support.document import openapi_document
from support.left_out import left_out

JSON = {"Content-Type": "application/json"}
HALF_A_PAIR, NUL = "\\ud800", "\\u0000"
ODD_VALUES = {
    "NUL": "a\0b",
    "before the first day": "0001-01-01T00:00:00+14:00",
    "after the last day": "9999-12-31T23:59:59-14:00",
    "a long number": "9" * 400,
    "letters that are others in lower case": "\u212a" * 300,
}
PAGE_ADDRESSES = {
    "longer than a file's name may be": "a" * 256,
    "an asset of that length": f"assets/{'a' * 256}",
    "longer than a path may be": "a/" * 3000,
    "with a NUL": "a%00b",
    "not UTF-8": "%ff%fe",
    "half of a surrogate pair": "%ed%a0%80",
    "out of the folder": "..%2f..%2fetc%2fpasswd",
    "dots": "assets/..%2f.",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory, backend: str) -> AsyncIterator[Api]:
    """One server for all of them: what it refuses leaves nothing behind."""
    async with open_api(tmp_path_factory.mktemp(f"odd-{backend}"), unasked=left_out) as running:
        yield running


class Operation(NamedTuple):
    """One method of one route, as the OpenAPI document has it."""

    method: str
    path: str
    what: dict[str, Any]

    @property
    def address(self) -> str:
        """With something for each parameter of the path."""
        address = self.path
        for name in ("account", "account_type", "name", "job"):
            address = address.replace(f"{{{name}}}", "main")
        return "/".join("1" if part.startswith("{") else part for part in address.split("/"))

    @property
    def texts(self) -> list[str]:
        """The members of its JSON body."""
        content = self.what.get("requestBody", {}).get("content", {})
        return list(_members(content.get("application/json", {}).get("schema", {})))

    async def call(self, client: httpx2.AsyncClient, **what: Any) -> tuple[int, str]:
        """The status, and what a failure says: some answers are streams that do not end."""
        async with client.stream(self.method, self.address, **what) as answer:
            return answer.status_code, (await answer.aread()).decode() if answer.status_code >= 400 else ""

    @property
    def parameters(self) -> list[str]:
        return [one["name"] for one in self.what.get("parameters", ()) if one["in"] == "query"]


DOCUMENT = openapi_document()


def _members(schema: dict[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    yield from schema.get("properties", {})
    for inner in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from _members(inner)


OPERATIONS = [
    Operation(method, path, what) for path, methods in DOCUMENT["paths"].items() for method, what in methods.items()
]


@pytest.mark.parametrize("address", PAGE_ADDRESSES.values(), ids=PAGE_ADDRESSES)
@of_one_server
async def test_an_address_that_no_file_can_have_is_the_pages_own(api: Api, address: str) -> None:
    answer = await api.stranger.get(f"/{address}")
    assert answer.status_code in (200, 404, 422), answer.text


@pytest.mark.databases("both", often="sqlite")
@of_one_server
async def test_a_text_that_cannot_be_stored_is_refused_wherever_a_body_has_one(api: Api) -> None:
    bad = {}
    for operation in OPERATIONS:
        for name in operation.texts:
            for text in (HALF_A_PAIR, NUL):
                # Not by a JSON writer, which would refuse to write it.
                body = f'{{"{name}": "a{text}b"}}'.encode()
                answer = await operation.call(api.admin, content=body, headers=JSON)
                if answer[0] != 422 or '"text_unusable"' not in answer[1]:
                    bad[f"{operation.method} {operation.address} {name}"] = answer
    assert not bad


def upload(*, name: str = "a.csv", content: bytes = b"emag_id,stock\n1,2\n", **fields: str) -> bytes:
    """A form with a file, byte by byte: no client would write some of them."""
    parts = [f'name="file"; filename="{name}"\r\n\r\n'.encode() + content]
    parts += [f'name="{field}"\r\n\r\n{value}'.encode() for field, value in fields.items()]
    return b"".join(b"--b\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + b"--b--\r\n"


@pytest.mark.databases("both")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param(upload(name="a\0b.csv"), "file.filename", id="the file's name"),
        pytest.param(upload(account_type="a\0b"), "account_type", id="a field"),
        pytest.param(upload(**{"a\0b": "c"}), "body", id="a field's name"),
    ],
)
@of_one_server
async def test_a_text_that_cannot_be_stored_is_refused_in_a_form_too(api: Api, body: bytes, field: str) -> None:
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = await api.admin.post("/api/v1/emag/products/products/bulk-edit", content=body, headers=form)
    assert answer.status_code == 422, answer.text
    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [(field, "text_unusable")]


@of_one_server
async def test_what_is_no_form_is_answered_as_such(api: Api) -> None:
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    for body in (b"", b"--b\r\nnonsense", upload()[:-30].replace(b"form-data", b"\xff")):
        answer = await api.admin.post("/api/v1/emag/products/products/bulk-edit", content=body, headers=form)
        assert answer.status_code in (400, 422), answer.text
        assert answer.json()["detail"]


@of_one_server
async def test_the_refusal_names_the_place_of_the_text(api: Api) -> None:
    body = b'{"username": "maria", "password": "\\ud800abc"}'
    answer = await api.stranger.post("/api/v1/auth/login", content=body, headers=JSON)
    assert answer.status_code == 422
    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [("password", "text_unusable")]


@of_one_server
async def test_a_whole_pair_and_a_spelt_out_escape_are_texts_like_any_other(api: Api) -> None:
    body = b'{"username": "maria \\ud83d\\ude00", "password": "a backslash: \\\\u0000"}'
    answer = await api.stranger.post("/api/v1/auth/login", content=body, headers=JSON)
    assert answer.status_code == 401


@pytest.mark.often(first=2)
@pytest.mark.parametrize("value", ODD_VALUES.values(), ids=ODD_VALUES)
@pytest.mark.databases("both", often="sqlite")
@of_one_server
async def test_no_query_makes_the_server_fail(api: Api, value: str) -> None:
    bad = {}
    for operation in OPERATIONS:
        for name in operation.parameters:
            answer = await operation.call(api.admin, params={name: value})
            if answer[0] >= 500:
                bad[f"{operation.method} {operation.address} {name}"] = answer
    assert not bad


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("[" * 100_000, id="nested without end"),
        pytest.param('{"username": ' * 5000 + "1" + "}" * 5000, id="nested deeply"),
        pytest.param('{"username": NaN, "password": 1e999}', id="no numbers"),
        pytest.param(f'{{"username": {"9" * 5000}, "password": "a"}}', id="a long number"),
        pytest.param("\ufeff{}", id="a byte order mark"),
        pytest.param("\0", id="NUL"),
    ],
)
@of_one_server
async def test_no_json_makes_the_server_fail(api: Api, body: str) -> None:
    answer = await api.stranger.post("/api/v1/auth/login", content=body.encode(), headers=JSON)
    assert answer.status_code in (400, 422), answer.text


@pytest.mark.parametrize("host", ["a\\u0000b.example", "a\\ud800b.example", "..", "a" * 300, "xn--", "[::1", "%00"])
@of_one_server
async def test_a_webhook_of_an_impossible_host_is_refused(api: Api, host: str) -> None:
    body = f'{{"url": "https://{host}/hook", "events": ["*"]}}'.encode()
    answer = await api.admin.post("/api/v1/webhooks", content=body, headers=JSON)
    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize("method", ["write", "close"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@of_one_server
async def test_an_export_that_has_no_room_on_the_disk_is_answered_as_such(
    api: Api, monkeypatch: pytest.MonkeyPatch, method: str, number: int
) -> None:
    def fail(*_: Any) -> None:
        raise OSError(number, "No space left on device", "/data/export")

    await store(api.state.database, [offer(1)])
    monkeypatch.setattr(XlsxWriter, method, fail)
    answer = await api.viewer.get("/api/v1/emag/products/products/export", params={"format": "xlsx"})
    assert (answer.status_code, answer.json()["code"]) == (507, "disk_full")
    assert "/data" not in answer.text


@pytest.mark.usefixtures("logs_as_json")
@of_one_server
async def test_an_unexpected_error_is_logged_once_and_short(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    webhook_service.provide(api.app, None)  # type: ignore[arg-type]
    answer = await api.admin.get("/api/v1/webhooks")
    assert answer.status_code == 500
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    failures = [line for line in lines if "Traceback" in str(line)]
    assert [line["error_id"] for line in failures] == [answer.json()["error_id"]]
    assert "LookupError" in failures[0]["exception"]
    assert "dependencies.py" in failures[0]["exception"]
    assert len(failures[0]["exception"].splitlines()) < 30


def test_a_traceback_of_many_errors_is_short_too() -> None:
    error: Exception = ValueError("the first")
    for number in range(50):
        try:
            raise KeyError(number) from error
        except KeyError as latest:
            error = latest
    text = short_traceback((KeyError, error, error.__traceback__))
    assert len(text.splitlines()) < 35
    assert text.endswith("KeyError: 49")
