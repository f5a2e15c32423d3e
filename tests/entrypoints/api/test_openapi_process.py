"""The OpenAPI document is made beside the server, and only once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import fastapi.applications
import pytest

from emagsync.entrypoints.api import document_process
from emagsync.entrypoints.api.document_process import DocumentProcess, openapi_text
from emagsync.entrypoints.api.schema import openapi_document
from support.api import Api, open_api

pytestmark = pytest.mark.databases("sqlite", "no database is asked")

SERVERS = [{"url": "/emag"}]


def forbidden(**_: Any) -> dict[str, Any]:
    raise AssertionError("the server itself makes the document, and nobody else is answered meanwhile")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The programs that were started, so far."""
    programs = []
    start = asyncio.create_subprocess_exec

    async def noted(*program: str, **options: Any) -> asyncio.subprocess.Process:
        programs.append(program)
        return await start(*program, **options)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)
    return programs


@asynccontextmanager
async def without_document(data_dir: Path) -> AsyncIterator[Api]:
    async with open_api(data_dir, root_path="/emag") as api:
        openapi_text.provide(api.server.config.app, DocumentProcess())
        yield api


async def document_of(api: Api) -> Any:
    answer = await api.viewer.get("/openapi.json", timeout=300)
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


@pytest.mark.usefixtures("forked")
async def test_it_is_exact_and_made_once_by_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[tuple[str, ...]]
) -> None:
    exact = openapi_document() | {"servers": SERVERS}
    monkeypatch.setattr(fastapi.applications, "get_openapi", forbidden)
    async with without_document(tmp_path) as api:
        found = await asyncio.gather(*(document_of(api) for _ in range(3)))
        assert (await api.viewer.put("/api/v1/users")).headers["allow"] == "GET, POST"
    assert found == [exact] * 3
    assert list(found[0]["paths"]) == list(exact["paths"])  # in the order of the routes
    assert len(started) == 1


@pytest.mark.thorough
async def test_it_is_made_without_another_process_where_none_can_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: str, **__: Any) -> None:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(asyncio, "create_subprocess_exec", refused)
    async with without_document(tmp_path) as api:
        assert await document_of(api) == openapi_document() | {"servers": SERVERS}


@pytest.mark.thorough
async def test_it_is_made_without_another_process_where_that_one_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_process, "CHILD", "emagsync.no_such_module")
    async with without_document(tmp_path) as api:
        assert await document_of(api) == openapi_document() | {"servers": SERVERS}
