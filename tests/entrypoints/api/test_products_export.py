"""Exports over HTTP."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from pathlib import Path
from typing import Any

import httpx2
import openpyxl
import orjson
import pytest

from emagsync.offers.export_columns import EXPORT_FIELDS
from emagsync.offers.export_formats import ExportFormat
from emagsync.offers.selection import OfferFilter
from offers.offer_rows import offer, remove, store
from support.api import Api
from support.local import until

pytestmark = pytest.mark.databases("both", often="sqlite")

EXPORT = "/api/v1/emag/products/products/export"


async def exported(api: Api, **query: Any) -> httpx2.Response:
    answer = await api.viewer.get(EXPORT, params=query)
    assert answer.status_code == 200, answer.text
    return answer


def ids(answer: httpx2.Response) -> list[int]:
    return [int(row["emag_id"]) for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))]


async def test_a_csv_has_the_whole_selection(api: Api) -> None:
    await store(api.state.database, [offer(number) for number in range(1, 1201)])
    answer = await exported(api)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="emagsync-products-\d{4}-\d\d-\d\d\.csv"', answer.headers["content-disposition"]
    )
    assert answer.content.startswith(b"\xef\xbb\xbf" + ",".join(EXPORT_FIELDS).encode())
    assert ids(answer) == list(range(1, 1201))


async def test_json_lines_have_exact_amounts(api: Api) -> None:
    await store(api.state.database, [offer(1), offer(2)])
    answer = await exported(api, format="jsonl")
    lines = [orjson.loads(line) for line in answer.content.splitlines()]
    assert [(line["emag_id"], line["sale_price"]) for line in lines] == [(1, "121.8400"), (2, "121.8400")]
    assert answer.headers["content-disposition"].endswith('.jsonl"')


async def test_a_workbook_opens_and_its_cells_do_not_run(api: Api) -> None:
    await store(api.state.database, [offer(1, name="=1+1"), offer(2)])
    answer = await exported(api, format="xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    names = [cell.value for cell in sheet["E"]]
    assert names == ["name", "'=1+1", "Lampă 2"]


async def test_an_export_takes_the_filters_of_the_list(api: Api) -> None:
    await store(api.state.database, [offer(1, name="Țeavă"), offer(2, stock=0), offer(3, status=0)])
    await remove(api.state.database, 3)
    assert ids(await exported(api, search="teava")) == [1]
    assert ids(await exported(api, stock_max=0)) == [2]
    assert ids(await exported(api, include_removed="true", status="inactive")) == [3]


@pytest.mark.parametrize("query", [{"format": "pdf"}, {"status": "x"}, {"stock_max": -1}])
async def test_an_odd_export_is_refused(api: Api, query: dict[str, Any]) -> None:
    answer = await api.viewer.get(EXPORT, params=query)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].split(".")[0] == next(iter(query))


@pytest.mark.often(first=1)
@pytest.mark.parametrize("export_format", ["csv", "xlsx", "jsonl"])
async def test_other_calls_are_answered_during_an_export(api: Api, export_format: str) -> None:
    await store(api.state.database, [offer(number) for number in range(1, 4001)])
    export = asyncio.ensure_future(exported(api, format=export_format))
    answered = 0
    while not export.done():
        assert (await api.viewer.get("/api/v1/emag/products/products", params={"limit": 1})).status_code == 200
        answered += 1
    assert (await export).content
    assert answered > 3


@pytest.mark.thorough
async def test_a_reader_that_leaves_gives_its_place_back(api: Api, tmp_path: Path) -> None:
    await store(api.state.database, [offer(number, name="x" * 2000) for number in range(1, 3001)])
    for export_format in ("csv", "xlsx", "csv", "jsonl"):
        async with api.viewer.stream("GET", EXPORT, params={"format": export_format}) as answer:
            assert answer.status_code == 200
            async for _ in answer.aiter_raw():
                break
    exports = api.services.exports
    await until(lambda: exports.running == 0)
    assert not list(tmp_path.glob("export-*"))
    assert len(ids(await exported(api))) == 3000


async def test_too_many_exports_at_once_are_refused(api: Api) -> None:
    await store(api.state.database, [offer(1)])
    exports = api.services.exports
    held = [exports.stream(OfferFilter(), ExportFormat.CSV) for _ in range(3)]
    for stream in held:
        await anext(stream)
    answer = await api.viewer.get(EXPORT)
    assert (answer.status_code, answer.json()["code"]) == (429, "exports_busy")
    for stream in held:
        await stream.aclose()
    assert ids(await exported(api)) == [1]
