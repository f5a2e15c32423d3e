"""A database of commit 3f12d2b, with edits, conflicts, outbox lines, pushes and holds in every state, and each reason
in the words in which that version kept it, gives the same answers after the upgrade.

`tests/data/upgrade` holds what that version itself wrote: its SQLite file, PostgreSQL's dump of it, what its API then
answered, and its OpenAPI document.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from emagsync.accounts.settings import ConfiguredAccounts
from emagsync.core.clock import SystemClock
from emagsync.rest.openapi import operations
from support.api import open_api
from support.databases import address_in, is_postgresql
from support.document import openapi_document

DATA = Path(__file__).parents[1] / "data" / "upgrade"
BEFORE = "3f12d2b"
MISSING = "(missing)"
WRITTEN = datetime(2026, 11, 28, 13, 42, tzinfo=UTC)
# Reasons that the old version misread, by their text, and what they are: words of somebody else's, or a person's whose
# name ends like another sentence. The last two of them no version wrote to a rejected edit.
MISREAD: dict[str, dict[str, Any] | None] = {
    "eMAG changed it from 1 to 2 to 3 meanwhile": None,
    "withdrawn by seller": None,
    "refused by ana (hold 3)": {"code": "refused_by", "values": {"by": "ana (hold 3)"}},
    "refused by maria (hold 3)": {"code": "refused_by", "values": {"by": "maria (hold 3)"}},
    "withdrawn by maria": None,
    "replaced by maria": None,
}


class Then(SystemClock):
    """Goes on from when the answers were written: some speak of the last days."""

    def __init__(self) -> None:
        self._since = super().now() - WRITTEN

    def now(self) -> datetime:
        return super().now() - self._since


def unpacked(name: str) -> bytes:
    return gzip.decompress((DATA / f"{BEFORE}.{name}.gz").read_bytes())


async def restore(folder: Path) -> str:
    """The address of a database as the old version left it."""
    address = address_in(folder, migrated=False)
    if not is_postgresql():
        Path(address.split("///", 1)[1]).write_bytes(unpacked("sqlite"))
        return address
    connection = await asyncpg.connect(address.replace("postgresql+asyncpg", "postgresql"))
    try:
        script = unpacked("postgresql.sql").decode()
        if not await connection.fetchval("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'"):
            script = re.sub(
                r"^CREATE (EXTENSION|INDEX ix_offer_search_text_trigrams).*;$", "", script, flags=re.MULTILINE
            )
        await connection.execute(script)
    finally:
        await connection.close()
    return address


def corrected(before: Any) -> Any:
    """An old answer with its misread reasons as they are."""
    if isinstance(before, list):
        return [corrected(one) for one in before]
    if not isinstance(before, dict):
        return before
    is_misread = before.get("reason") in MISREAD and "field" in before and before.get("state") in (None, "rejected")
    return {
        name: MISREAD[before["reason"]] if name == "why" and is_misread else corrected(value)
        for name, value in before.items()
    }


def differences(before: Any, after: Any, place: str = "", besides: Sequence[str] = ()) -> list[str]:
    """Where a JSON document lost or changed something, in readable lines; values named in `besides` may differ. What
    was added to an object is no difference: nobody who read the old one looks for it."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            line
            for key in sorted(before)
            if not (key in besides and not isinstance(before.get(key), dict))
            for line in differences(
                before.get(key, "(missing)"), after.get(key, "(missing)"), f"{place}/{key}", besides
            )
        ]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [line for n, (old, new) in pairs for line in differences(old, new, f"{place}/{n}", besides)]
    return [] if before == after else [f"{place}: {before!r} became {after!r}"]


def without_new_jobs(before: Any, after: Any) -> Any:
    """An answer without the recurring jobs that the old version did not have."""
    if "schedules" not in after:
        return after
    known = {job["name"] for job in before["schedules"]}
    return after | {"schedules": [job for job in after["schedules"] if job["name"] in known]}


@pytest.mark.databases("both")
async def test_a_database_of_the_version_before_migrates_and_gives_the_same_answers(tmp_path: Path) -> None:
    address = await restore(tmp_path)
    answers: dict[str, Any] = json.loads(unpacked(f"{'postgresql' if is_postgresql() else 'sqlite'}.answers.json"))
    off = {"edits": {"push": "off"}, "schedule": {"enabled": False}}
    async with open_api(tmp_path, ConfiguredAccounts({}, {}), clock=Then(), database_url=address, **off) as api:
        for path, before in answers.items():
            answer = await api.viewer.get(path)
            assert answer.status_code == 200, (path, answer.text)
            after = without_new_jobs(before, answer.json())
            assert differences(corrected(before), after, besides=("oldest_age_seconds",)) == [], path


def names_in(document: dict[str, Any], schema: dict[str, Any], path: str = "", seen: tuple[str, ...] = ()) -> set[str]:
    """The fields that a schema has, as paths such as `data.items[].name`, those of what it refers to included."""
    if (reference := schema.get("$ref")) is not None:
        name = reference.rpartition("/")[2]
        known = document["components"]["schemas"][name]
        return set() if name in seen else names_in(document, known, path, (*seen, name))
    found: set[str] = set()
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        found |= names_in(document, part, path, seen)
    if isinstance(schema.get("items"), dict):
        found |= names_in(document, schema["items"], f"{path}[]", seen)
    for name, field in schema.get("properties", {}).items():
        found |= {f"{path}.{name}"} | names_in(document, field, f"{path}.{name}", seen)
    return found


def bodies_of(operation: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The shapes of JSON that an operation takes and gives."""
    answers = [
        (f"answer {status}", response)
        for status, response in operation["responses"].items()
        if status.startswith("2") and "content" in response
    ]
    taken = [("body", operation["requestBody"])] if "requestBody" in operation else []
    return [
        (what, content["schema"])
        for what, holder in (*answers, *taken)
        for kind, content in holder["content"].items()
        if kind == "application/json" and "schema" in content
    ]


def test_every_route_parameter_and_field_of_the_version_before_is_still_there() -> None:
    before, now = json.loads(unpacked("openapi.json")), openapi_document()
    gone: list[str] = []
    for path, method, operation in operations(before):
        present = now["paths"].get(path, {}).get(method)
        if present is None:
            gone.append(f"{method} {path}")
            continue
        known = {one["name"] for one in present.get("parameters", ())}
        gone += [
            f"{method} {path} {one['name']}" for one in operation.get("parameters", ()) if one["name"] not in known
        ]
        shapes = dict(bodies_of(present))
        for what, schema in bodies_of(operation):
            missing = names_in(before, schema) - names_in(now, shapes.get(what, {}))
            gone += [f"{method} {path} {what}{name}" for name in sorted(missing)]
    assert gone == []
