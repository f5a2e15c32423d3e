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
from emagsync.entrypoints.api.schema import openapi_document
from support.api import open_api
from support.databases import address_in, is_postgresql

DATA = Path(__file__).parents[1] / "data" / "upgrade"
BEFORE = "3f12d2b"
MISSING = "(missing)"
WRITTEN = datetime(2026, 11, 28, 13, 42, tzinfo=UTC)
# Classes that the redesign renamed; a component of the document bears its class's name.
RENAMED = {"Why": "ReasonCode", "BrakeOutlook": "BrakePreview"}
# The field of an edit is one of a list now; it was any text.
OF_A_LIST = ("ConflictView", "EditView")
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


def without_new_parameters(expected: dict[str, Any], now: dict[str, Any]) -> None:
    """Whoever calls a route as before need not know parameters that it takes besides."""
    for path, operations in expected["paths"].items():
        for method, operation in operations.items():
            present = now["paths"].get(path, {}).get(method, {})
            known = {(one["in"], one["name"]) for one in operation.get("parameters", ())}
            if known:
                present["parameters"] = [
                    one for one in present.get("parameters", ()) if one["required"] or (one["in"], one["name"]) in known
                ]


def _sort_of(document: dict[str, Any]) -> dict[str, Any]:
    parameters = document["paths"]["/api/v1/emag/products/products"]["get"]["parameters"]
    [found] = [one for one in parameters if one["name"] == "sort"]
    return dict(found)


def test_the_openapi_document_changed_only_on_purpose() -> None:
    before = unpacked("openapi.json").decode()
    for old, new in RENAMED.items():
        before = before.replace(f'"{old}": {{', f'"{new}": {{')
        before = before.replace(f'#/components/schemas/{old}"', f'#/components/schemas/{new}"')
        before = before.replace(f'"title": "{old}"', f'"title": "{new}"')
    # Names of accounts may be written in any letter case.
    before = before.replace('"^[a-z0-9][a-z0-9_]{0,31}$"', '"^[A-Za-z0-9][A-Za-z0-9_]{0,31}$"')
    expected, now = json.loads(before), openapi_document()
    without_new_parameters(expected, now)
    # What a search names exactly is first unless another order is asked for; without a search that is as it was.
    _sort_of(expected)["schema"] |= {key: _sort_of(now)["schema"][key] for key in ("default", "enum")}
    assert _sort_of(now)["schema"]["default"] == "relevance"
    schemas = expected["components"]["schemas"]
    for name in OF_A_LIST:
        schemas[name]["properties"]["field"] = {"$ref": "#/components/schemas/EditableField"}
    schemas["EditableField"] = now["components"]["schemas"]["EditableField"]
    # New passwords are longer than they had to be, and not without end.
    for name, field in (("PasswordChange", "new_password"), ("UserRequest", "password")):
        schemas[name]["properties"][field] |= {"minLength": 12, "maxLength": 128}
    schemas["UserChange"]["properties"]["password"]["anyOf"][0] |= {"minLength": 12, "maxLength": 128}
    # Webhooks can be told of more.
    for schema in (
        schemas["WebhookRequest"]["properties"]["events"],
        schemas["WebhookChange"]["properties"]["events"]["anyOf"][0],
    ):
        schema["maxItems"] = len(now["components"]["schemas"]["EventKind"]["enum"])
    # An answer that tells more has more fields that it always has.
    for name, schema in schemas.items():
        if "required" in schema and set(schema["required"]) <= set(now["components"]["schemas"][name]["required"]):
            schema["required"] = now["components"]["schemas"][name]["required"]
        # There are more reasons, states and codes than there were; none is gone.
        if "enum" in schema and set(schema["enum"]) <= set(now["components"]["schemas"][name]["enum"]):
            schema["enum"] = now["components"]["schemas"][name]["enum"]
    assert differences(expected, now, besides=("description",)) == []
