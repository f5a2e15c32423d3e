"""Edits, conflicts and lines of the outbox are found by the codes that people know an offer by."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.edits import conflict_repository, repository
from emagsync.edits.model import EditFilter
from emagsync.edits.push.enqueue import enqueue
from offers.offer_rows import offer, remove, store
from support.api import Api, open_api

pytestmark = pytest.mark.databases("both")

EMAG = "/api/v1/emag"


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with open_api(tmp_path) as running:
        yield running


async def edited(api: Api) -> None:
    """Three offers with an edit of their stock, a conflict about it and a line in the outbox; the last was removed."""
    database = api.state.database
    await store(database, [offer(1, eans=["111", "222"]), offer(2, part_number="A/B 2", eans=["222"])], account="fbe")
    await store(database, [offer(1, part_number_key="DOTHERBM", eans=[])])
    for account, emag_id in (("fbe", 1), ("fbe", 2), ("main", 1)):
        answer = await api.operator.patch(f"{EMAG}/offers/{account}/{emag_id}", json={"stock": 9})
        assert answer.status_code == 200, answer.text
    async with database.transaction() as connection:
        edits = await repository.list_edits(connection, EditFilter(), limit=10)
        for edit in edits:
            values = {"account": edit.account, "emag_id": edit.emag_id, "edit_id": edit.id, "field": edit.field}
            values |= {
                "warehouse_id": edit.warehouse_id,
                "base": edit.base,
                "local": edit.value,
                "emag": "7",
                "emag_currency": None,
            }
            await conflict_repository.open_or_update(connection, values | {"opened_at": edit.made_at})

    @asynccontextmanager
    async def writing() -> AsyncIterator[tuple[AsyncConnection, datetime]]:
        async with database.transaction() as connection:
            yield connection, edits[0].made_at

    for account in ("fbe", "main"):
        await enqueue(database, account, approve=True, piece=100, writing=writing)
    await remove(database, 1, account="main")


@pytest.mark.parametrize(("path", "name"), [("edits", "edits"), ("conflicts", "conflicts"), ("outbox", "lines")])
async def test_lists_are_narrowed_to_the_offers_with_a_code(api: Api, path: str, name: str) -> None:
    await edited(api)
    for filters, expected in (
        ({}, {("fbe", 1), ("fbe", 2), ("main", 1)}),
        ({"part_number": "SKU-1"}, {("fbe", 1), ("main", 1)}),
        ({"sku": "SKU-1", "account": "main"}, {("main", 1)}),
        ({"part_number": "A/B 2"}, {("fbe", 2)}),
        ({"part_number": "a/b 2"}, set()),
        ({"part_number_key": "D00001BM"}, {("fbe", 1)}),
        ({"part_number_key": "DOTHERBM"}, {("main", 1)}),
        ({"ean": "222"}, {("fbe", 1), ("fbe", 2)}),
        ({"ean": "222", "part_number": "SKU-1"}, {("fbe", 1)}),
        ({"ean": "111", "part_number": "A/B 2"}, set()),
        ({"ean": "22"}, set()),
    ):
        answer = await api.viewer.get(f"{EMAG}/{path}", params=filters)
        assert answer.status_code == 200, answer.text
        assert {(one["account"], one["emag_id"]) for one in answer.json()[name]} == expected, filters


async def test_a_decision_by_a_filter_is_about_the_lines_that_the_list_finds(api: Api) -> None:
    await edited(api)
    for chosen, lines in (({"part_number": "no such"}, 0), ({"ean": "222"}, 2)):
        answer = await api.operator.post(f"{EMAG}/outbox/reject", json={"filter": chosen})
        assert answer.json() == {"lines": lines}
    left = (await api.viewer.get(f"{EMAG}/outbox", params={"state": "waiting"})).json()["lines"]
    assert [(one["account"], one["emag_id"]) for one in left] == [("main", 1)]


async def test_a_code_of_more_offers_than_a_statement_has_parameters_finds_their_edits(api: Api) -> None:
    wanted = EditFilter(offers={"main": range(1, 70_001), "fbe": [1]})
    await edited(api)
    async with api.state.database.snapshot() as connection:
        found = await repository.list_edits(connection, wanted, limit=10)
    assert {(edit.account, edit.emag_id) for edit in found} == {("fbe", 1), ("main", 1)}
