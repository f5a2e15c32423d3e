"""The same offers in the spellings that PHP, careless sellers and the way of asking make of them are the same copy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from emagsync.sync.schemas import Mode
from support.local import Local, open_local
from support.market import open_market

COLUMNS = (
    "SELECT emag_id, part_number, part_number_key, name, brand, category_id, status, sale_price, min_sale_price, "
    "main_offer_price, currency, currency_type, vat_id, stock, handling_time, validation_status, main_image, eans, "
    "sellable, remarks, fingerprint, changed_at FROM offers ORDER BY emag_id"
)


async def copy_of(local: Local) -> list[dict[str, Any]]:
    return await local.rows(COLUMNS)


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param({"kind": "nothing", "as": "empty_list"}, id="empty-lists"),
        pytest.param({"kind": "nothing", "as": "empty_object"}, id="empty-objects"),
        pytest.param({"kind": "nothing", "as": "empty_text"}, id="empty-texts"),
        pytest.param({"kind": "nothing", "as": "missing"}, id="missing"),
    ],
)
async def test_a_copy_stays_as_it_is_when_nothing_is_written_in_another_way(
    tmp_path: Path, shape: dict[str, Any]
) -> None:
    async with open_market({"main": 24}) as market, open_local(tmp_path, market.url) as local:
        await local.completed()
        before = await copy_of(local)
        market.shape(**shape)
        run = await local.completed()
        assert (run.unchanged, run.error_count) == (24, 0)
        assert await copy_of(local) == before


@pytest.mark.often(first=2)
@pytest.mark.parametrize(
    "shape",
    [
        pytest.param({"kind": "spaced_eans", "separator": " "}, id="spaces"),
        pytest.param({"kind": "spaced_eans", "separator": ","}, id="commas"),
        pytest.param({"kind": "spaced_eans", "separator": ";"}, id="semicolons"),
        pytest.param({"kind": "json_text"}, id="json-text"),
        pytest.param({"kind": "html_entities", "fields": ["name", "brand"]}, id="entities"),
        pytest.param({"kind": "nothing", "as": "null_text"}, id="the-word-null"),
    ],
)
async def test_a_first_copy_of_another_spelling_has_the_same_columns(tmp_path: Path, shape: dict[str, Any]) -> None:
    async with open_market({"main": 24}) as market:
        async with open_local(tmp_path / "plain", market.url) as plain:
            await plain.completed()
            expected = await copy_of(plain)
        market.shape(**shape)
        async with open_local(tmp_path / "other", market.url) as local:
            assert (await local.completed()).error_count == 0
            found = await copy_of(local)
    for one, other in zip(expected, found, strict=True):
        for name in ("fingerprint", "changed_at"):
            one.pop(name), other.pop(name)
    assert found == expected


async def test_asking_by_id_names_the_companies_and_changes_nothing(tmp_path: Path) -> None:
    async with open_market({"main": 24}, gpsr="by_id") as market, open_local(tmp_path, market.url) as local:
        await local.completed()
        before = await copy_of(local)
        payloads = "SELECT payload FROM offer_payloads ORDER BY emag_id"
        for mode, options in (
            (Mode.SELECTIVE, {"selection": {"ids": [3, 4, 5]}}),
            (Mode.FULL, {}),
            (Mode.SELECTIVE, {"selection": {"ids": [3, 4, 5]}}),
        ):
            run = await local.sync(mode=mode, **options)
            assert (run.updated, run.error_count) == (0, 0)
            assert run.processed == (24 if mode is Mode.FULL else 3)
            assert await copy_of(local) == before
        rows = {row["id"]: row for row in (orjson.loads(one["payload"]) for one in await local.rows(payloads))}
        assert {emag_id for emag_id, row in rows.items() if isinstance(row["manufacturer"], list)} <= {3, 4, 5}
        assert any(isinstance(rows[emag_id]["manufacturer"], list) for emag_id in (3, 4, 5))
        assert await local.value("SELECT count(*) FROM offer_changes WHERE field <> 'lifecycle'") == 0
