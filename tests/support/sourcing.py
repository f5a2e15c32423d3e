"""A server that reads sources, with an account whose offers are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support.editing import Editing

SOURCES = "/api/v1/sources"


class Sourcing:
    """`editing` has the server and eMAG; `folder` is the one that sources may be read from."""

    def __init__(self, editing: Editing, folder: Path) -> None:
        self.editing = editing
        self.api = editing.api
        self.folder = folder

    def write(self, text: str | bytes, name: str = "stock.csv") -> None:
        """Write a file into the folder of sources."""
        content = text if isinstance(text, bytes) else text.encode()
        (self.folder / name).write_bytes(content)

    async def add(self, **asked: Any) -> dict[str, Any]:
        """A source, of the folder unless something else is said; it has to be accepted."""
        values = {"name": "ERP", "kind": "folder", "address": "stock.csv", "account": "main"} | asked
        answer = await self.api.admin.post(SOURCES, json={k: v for k, v in values.items() if v is not ...})
        assert answer.status_code == 201, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def change(self, source: dict[str, Any], **asked: Any) -> dict[str, Any]:
        answer = await self.api.admin.patch(f"{SOURCES}/{source['id']}", json=asked)
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def read(self, source: dict[str, Any], **asked: Any) -> dict[str, Any]:
        answer = await self.api.operator.post(f"{SOURCES}/{source['id']}/read", json=asked)
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def send(self, source: dict[str, Any], content: bytes | str, **query: Any) -> dict[str, Any]:
        body = content if isinstance(content, bytes) else content.encode()
        answer = await self.api.operator.post(f"{SOURCES}/{source['id']}/file", content=body, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def apply(self, reading: dict[str, Any], **asked: Any) -> dict[str, Any]:
        path = f"{SOURCES}/{reading['source_id']}/readings/{reading['id']}/apply"
        answer = await self.api.operator.post(path, json=asked)
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def rows(self, reading: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
        path = f"{SOURCES}/{reading['source_id']}/readings/{reading['id']}/rows"
        answer = await self.api.viewer.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()["rows"]  # type: ignore[no-any-return]

    async def part_number(self, emag_id: int) -> str:
        query = "SELECT part_number FROM offers WHERE account = 'main' AND emag_id = :id"
        [row] = await self.api.rows(query, id=emag_id)
        return row["part_number"]  # type: ignore[no-any-return]
