"""Exports for people over HTTP: in their language and time zone, columns as they like, chosen offers, presets."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import insert

from emagsync.offers.export_columns import EXPORT_FIELDS, LANGUAGES, HeadingLanguage, label
from emagsync.offers.export_layout import ExportLayout
from emagsync.offers.export_presets import MOST_PRESETS
from emagsync.offers.export_schemas import ColumnName
from emagsync.reference.tables import categories, vat_rates
from offers.offer_rows import AT, offer, store
from support.api import Api

pytestmark = pytest.mark.databases("both", often="sqlite")

PRODUCTS = "/api/v1/emag/products"
EXPORT = f"{PRODUCTS}/products/export"
PRESETS = f"{PRODUCTS}/export-presets"
PEOPLE = {"language": "ro", "time_zone": "Europe/Bucharest"}


async def exported(api: Api, query: dict[str, Any], *, body: dict[str, Any] | None = None) -> httpx2.Response:
    answer = await (api.viewer.post(EXPORT, json=body) if body else api.viewer.get(EXPORT, params=query))
    assert answer.status_code == 200, answer.text
    return answer


def sheet_of(answer: httpx2.Response) -> Worksheet:
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    assert isinstance(sheet, Worksheet)
    return sheet


def cell(sheet: Worksheet, heading: str, row: int = 2) -> Any:
    column = next(one.column for one in sheet[1] if one.value == heading)
    return sheet.cell(row, column)


def table(answer: httpx2.Response, separator: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), delimiter=separator))


async def with_references(api: Api) -> None:
    day = AT.date()
    async with api.state.database.transaction() as connection:
        rate = {"account": "main", "vat_id": 1, "since": day, "rate": Decimal("0.2100")}
        await connection.execute(insert(vat_rates).values(**rate))
        await connection.execute(insert(categories).values(account="main", category_id=506, name="Becuri LED"))


def test_the_columns_that_may_be_asked_for_are_those_of_an_export_each_with_a_label() -> None:
    assert ColumnName.__args__ == EXPORT_FIELDS  # type: ignore[attr-defined]
    for language in ("ro", "en"):
        headings = ExportLayout(language=language).headings  # type: ignore[arg-type]
        assert len(set(headings)) == len(EXPORT_FIELDS)
    assert label("vat_rate", "ro") == "Cotă TVA"


@pytest.mark.databases("sqlite", "no database is behind it")
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_calls_the_columns_of_an_export_what_the_file_calls_them(language: HeadingLanguage) -> None:
    texts = Path(__file__).parents[3] / f"web/src/features/offers/i18n/{language}.json"
    assert json.loads(texts.read_text())["export"]["columns"] == {name: label(name, language) for name in EXPORT_FIELDS}


async def test_a_workbook_speaks_the_reader_s_language_and_tells_times_with_their_zone(api: Api) -> None:
    await with_references(api)
    row = offer(
        1, sale_price=Decimal("1714.7793"), category_id=506, vat_id=1, eans=["5940000000001"], part_number="007"
    )
    await store(api.state.database, [row, offer(2, stock=0, sellable=False, not_sellable="no_stock")])
    sheet = sheet_of(await exported(api, PEOPLE | {"format": "xlsx"}))
    assert (sheet.title, sheet.freeze_panes) == ("Oferte", "A2")
    assert sheet.auto_filter.ref is not None
    price = cell(sheet, "Preț fără TVA")
    assert (price.value, price.number_format) == (1714.7793, "#,##0.00")
    assert cell(sheet, "Preț cu TVA (informativ)").value == 2074.8830
    rate = cell(sheet, "Cotă TVA")
    assert (rate.value, rate.number_format) == (0.21, "0%")
    assert cell(sheet, "Categorie").value == "Becuri LED"
    assert (cell(sheet, "Stare").value, cell(sheet, "La vânzare").value) == ("Activă", "da")
    assert cell(sheet, "De ce nu e la vânzare", 3).value == "nu este în stoc"
    for heading, value in (("EAN", "5940000000001"), ("Cod produs (SKU)", "007")):
        assert (cell(sheet, heading).value, cell(sheet, heading).number_format) == (value, "@")
    assert cell(sheet, "ID ofertă").number_format == "0"
    seen = cell(sheet, "Ultima modificare (Europe/Bucharest)")
    assert seen.value == datetime(2026, 11, 23, 12, 0)  # noqa: DTZ001 - a cell has no zone
    assert seen.number_format == 'dd.mm.yyyy hh:mm:ss "+02:00"'


async def test_a_column_of_text_is_one_where_its_cells_are_empty_too(api: Api) -> None:
    await store(api.state.database, [offer(1, eans=[])])
    sheet = sheet_of(await exported(api, PEOPLE | {"format": "xlsx", "column": ["emag_id", "eans"]}))
    assert sheet.column_dimensions["B"].number_format == "@"


async def test_romanian_csv_is_what_a_romanian_spreadsheet_reads(api: Api) -> None:
    await with_references(api)
    await store(api.state.database, [offer(1, sale_price=Decimal("1714.7793"), vat_id=1)])
    columns = {"column": ["sale_price", "emag_id", "vat_rate", "changed_at"]}
    answer = await exported(api, PEOPLE | columns)
    assert table(answer, ";") == [
        ["Preț fără TVA", "ID ofertă", "Cotă TVA", "Ultima modificare (Europe/Bucharest)"],
        ["1714,7793", "1", "21%", "2026-11-23T12:00:00+02:00"],
    ]
    english = await exported(api, columns | {"language": "en"})
    assert table(english) == [
        ["Price without VAT", "Offer ID", "VAT rate", "Last changed (UTC)"],
        ["1714.7793", "1", "21%", "2026-11-23T10:00:00Z"],
    ]


async def test_programs_get_names_and_what_the_numbers_mean(api: Api) -> None:
    await with_references(api)
    await store(api.state.database, [offer(1, category_id=506, vat_id=1)])
    columns = ["emag_id", "vat_id", "vat_rate", "category_name", "sale_price_with_vat"]
    assert table(await exported(api, {"column": columns})) == [columns, ["1", "1", "0.2100", "Becuri LED", "147.4264"]]
    lines = (await exported(api, {"column": columns, "format": "jsonl", "language": "ro"})).text.splitlines()
    assert lines == [
        '{"emag_id":1,"vat_id":1,"vat_rate":"0.2100","category_name":"Becuri LED","sale_price_with_vat":"147.4264"}'
    ]


async def test_chosen_offers_alone_are_exported(api: Api) -> None:
    await store(api.state.database, [offer(number) for number in range(1, 6)])
    rows = await api.rows("SELECT id FROM offers WHERE emag_id IN (2, 4) ORDER BY id")
    ids = [row["id"] for row in rows]
    body = {"ids": [*ids, 10**9], "columns": ["emag_id", "name"], "language": "ro"}
    assert [row[0] for row in table(await exported(api, {}, body=body), ";")] == ["ID ofertă", "2", "4"]


@pytest.mark.parametrize(
    "query",
    [{"time_zone": "Europe/Nowhere"}, {"language": "xx"}, {"column": "nothing"}, {"column": ["stock", "stock"]}],
)
async def test_an_odd_layout_is_refused(api: Api, query: dict[str, Any]) -> None:
    answer = await api.viewer.get(EXPORT, params=query)
    assert (answer.status_code, answer.json()["errors"][0]["field"].split(".")[0]) == (422, next(iter(query)))


async def test_one_has_only_so_many_presets(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_PRESETS == 100
    monkeypatch.setattr("emagsync.offers.export_presets.MOST_PRESETS", 2)
    answers = [await api.viewer.post(PRESETS, json={"name": name, "format": "csv"}) for name in "abc"]
    assert [one.status_code for one in answers] == [201, 201, 409]
    assert answers[2].json()["code"] == "too_many_export_presets"
    # Each person has so many.
    assert (await api.operator.post(PRESETS, json={"name": "a", "format": "csv"})).status_code == 201


async def test_a_preset_is_an_export_under_a_name_of_its_owner_or_of_all(api: Api) -> None:
    await store(api.state.database, [offer(1), offer(2, stock=0), offer(3, stock=0)])
    body = {
        "name": " Fără stoc ",
        "format": "csv",
        "language": "ro",
        "columns": ["part_number", "stock"],
        "filter": {"stock_max": 0},
    }
    answer = await api.operator.post(PRESETS, json=body)
    assert answer.status_code == 201, answer.text
    preset = answer.json()
    assert (preset["name"], preset["filter"], preset["is_mine"]) == ("Fără stoc", {"stock_max": 0}, True)
    assert (await api.operator.post(PRESETS, json=body)).json()["code"] == "export_preset_name_taken"
    # Nobody else's.
    assert (await api.viewer.get(PRESETS)).json() == {"presets": []}
    assert (await api.viewer.get(EXPORT, params={"preset": preset["id"]})).status_code == 404
    one = f"{PRESETS}/{preset['id']}"
    shared = await api.operator.put(one, json=body | {"shared": True})
    assert (shared.status_code, shared.json()["shared"]) == (200, True)
    [seen] = (await api.viewer.get(PRESETS)).json()["presets"]
    assert (seen["name"], seen["is_mine"]) == ("Fără stoc", False)
    rows = table(await exported(api, {"preset": preset["id"]}), ";")
    assert rows == [["Cod produs (SKU)", "Stoc"], ["SKU-2", "0"], ["SKU-3", "0"]]
    # What is given goes before what the preset says.
    more = await exported(api, {"preset": preset["id"], "emag_id": 3, "language": "en", "column": "stock"})
    assert table(more) == [["Stock"], ["0"]]
    # Shared ones are changed by their owner and by admins.
    assert (await api.viewer.delete(one)).status_code == 404
    # Who only looks puts nothing into everybody's list.
    refused = await api.viewer.post(PRESETS, json=body | {"shared": True})
    assert (refused.status_code, refused.json()["code"]) == (403, "role_too_small")
    mine = (await api.viewer.post(PRESETS, json=body | {"name": "mine"})).json()["id"]
    assert (await api.viewer.put(f"{PRESETS}/{mine}", json=body | {"shared": True})).status_code == 403
    assert (await api.viewer.delete(f"{PRESETS}/{mine}")).status_code == 204
    renamed = await api.admin.put(one, json=body | {"name": "Zero", "shared": True})
    assert (renamed.json()["name"], renamed.json()["owner"]) == ("Zero", preset["owner"])
    assert (await api.admin.delete(one)).status_code == 204
    assert (await api.operator.get(PRESETS)).json() == {"presets": []}
