"""Catalogues: generated, from CSV and from JSON."""

from decimal import Decimal
from pathlib import Path

import pytest

from emagsync.sandbox.catalogue import CSV_COLUMNS, from_csv, from_json, from_rows, generated
from emagsync.sandbox.odd_rows import SHAPES_PERIOD
from emagsync.sandbox.platforms import PLATFORMS
from emagsync.sandbox.row_seed import filter_values_of
from emagsync.sandbox.settings import SandboxError

SHARED = Path(__file__).parents[3] / "shared" / "data"
CONTRACT_FIELDS = {
    "id",
    "part_number",
    "part_number_key",
    "name",
    "brand",
    "brand_name",
    "category_id",
    "vendor_category_id",
    "description",
    "url",
    "ean",
    "images",
    "attachments",
    "characteristics",
    "family",
    "warranty",
    "status",
    "sale_price",
    "recommended_price",
    "min_sale_price",
    "max_sale_price",
    "currency",
    "currency_type",
    "vat_id",
    "stock",
    "handling_time",
    "availability",
    "general_stock",
    "estimated_stock",
    "offer_details",
    "number_of_offers",
    "buy_button_rank",
    "best_offer_sale_price",
    "best_offer_recommended_price",
    "ownership",
    "validation_status",
    "translation_validation_status",
    "offer_validation_status",
    "genius_eligibility",
    "genius_eligibility_type",
    "genius_computed",
    "green_tax",
    "manufacturer",
    "eu_representative",
    "safety_information",
    "has_smart_deals_badge",
    "start_date",
    "commission",
    "weight",
    "auto_translated",
    "recycleWarranties",
    "doc_errors",
}


def whole_catalogue(size=SHAPES_PERIOD, seed=1):
    return {int(row["id"]): row for row in generated(size, seed).rows()}


def test_the_same_seed_gives_the_same_rows_and_another_seed_others():
    assert whole_catalogue() == whole_catalogue()
    assert whole_catalogue(seed=2) != whole_catalogue()


def test_a_row_does_not_depend_on_the_size_of_its_catalogue():
    assert generated(5000).encoded(17) == generated(20).encoded(17)


def test_a_row_has_every_field_of_the_contract_and_about_3_kb():
    rows = whole_catalogue(200)
    plain = rows[SHAPES_PERIOD - 1]
    assert set(plain) >= CONTRACT_FIELDS
    catalogue = generated(200)
    sizes = [len(catalogue.encoded(emag_id)) for emag_id in rows]
    assert 2500 < sum(sizes) / len(sizes) < 4000


def test_names_are_romanian():
    names = " ".join(row["name"] for row in whole_catalogue(100).values())
    assert all(letter in names for letter in "ăâșțî")


def test_about_85_percent_are_active_and_some_are_inactive_ended_or_out_of_stock():
    catalogue = generated(2000)
    filter_values = [catalogue.filter_values(emag_id) for emag_id in catalogue.ids()]
    statuses = [fact.status for fact in filter_values]
    assert 0.82 < statuses.count(1) / 2000 < 0.88
    assert statuses.count(0) > 100
    assert statuses.count(2) > 50
    assert 300 < sum(fact.general_stock == 0 for fact in filter_values) < 700
    assert len({fact.validation_status for fact in filter_values}) > 8


def test_filters_know_of_every_generated_row_what_it_says_itself():
    catalogue = generated(400)
    for emag_id, row in zip(catalogue.ids(), catalogue.rows(), strict=True):
        assert catalogue.filter_values(emag_id) == filter_values_of(row)
        assert catalogue.status(emag_id) == int(row["status"])


@pytest.mark.parametrize(
    "met",
    [
        pytest.param(lambda row: isinstance(row["sale_price"], int | float), id="price as number"),
        pytest.param(lambda row: isinstance(row["sale_price"], str), id="price as text"),
        pytest.param(lambda row: isinstance(row["id"], str), id="whole number as text"),
        pytest.param(lambda row: row["ownership"] is True, id="ownership true"),
        pytest.param(lambda row: row["ownership"] is False, id="ownership false"),
        pytest.param(lambda row: row["ownership"] in (1, 2) and row["ownership"] is not True, id="ownership 1 or 2"),
        pytest.param(lambda row: isinstance(row["validation_status"], dict), id="validation as object"),
        pytest.param(lambda row: isinstance(row["offer_validation_status"], dict), id="offer validation as object"),
        pytest.param(
            lambda row: (
                isinstance(row["validation_status"], list)
                and isinstance(row["validation_status"][0]["errors"], dict)
                and row["validation_status"][0]["errors"]["errors"][0]["message"]["ro_RO"]
            ),
            id="deep errors",
        ),
        pytest.param(
            lambda row: (
                isinstance(row["validation_status"], list) and isinstance(row["validation_status"][0]["errors"], list)
            ),
            id="errors as list",
        ),
        pytest.param(lambda row: "stock" not in row, id="no stock"),
        pytest.param(lambda row: "stock" in row and "warehouse_id" not in row["stock"][0], id="no warehouse"),
        pytest.param(lambda row: len(row.get("stock", ())) == 2, id="two warehouses"),
        pytest.param(lambda row: isinstance(row["ean"], str), id="ean as text"),
        pytest.param(lambda row: row["images"] is None, id="no images"),
        pytest.param(lambda row: row["family"] is None, id="no family"),
        pytest.param(lambda row: row.get("buy_button_rank", 0) is None, id="buy button null"),
        pytest.param(lambda row: "buy_button_rank" not in row, id="buy button missing"),
        pytest.param(
            lambda row: set(row) - CONTRACT_FIELDS - {"recyclewarranties", "reversible_vat_charging"},
            id="new field",
        ),
    ],
)
@pytest.mark.parametrize("seed", [1, 7])
def test_a_small_catalogue_has_every_odd_shape_of_production(met, seed):
    assert any(met(row) for row in whole_catalogue(2 * SHAPES_PERIOD, seed).values())


def test_the_stock_of_a_row_is_the_sum_over_its_warehouses():
    for row in whole_catalogue(200).values():
        if "stock" in row:
            assert sum(int(entry["value"]) for entry in row["stock"]) == int(row["general_stock"])


def test_prices_lie_between_their_bounds():
    for row in whole_catalogue(400).values():
        low, price, high = (Decimal(str(row[key])) for key in ("min_sale_price", "sale_price", "max_sale_price"))
        assert low <= price <= high


def test_catalogue_keys_and_eans_are_different_for_every_offer():
    rows = whole_catalogue(5000).values()
    keys = [row["part_number_key"] for row in rows if row["part_number_key"]]
    assert len(set(keys)) == len(keys)
    eans = [row["ean"][0] for row in rows if isinstance(row["ean"], list) and row["ean"]]
    assert len(set(eans)) == len(eans)
    assert all(len(ean) == 13 for ean in eans)


def test_part_numbers_may_be_empty_and_may_repeat():
    numbers = [row["part_number"] for row in whole_catalogue(500).values()]
    assert "" in numbers
    assert len(set(numbers)) < len(numbers) - 5


def test_another_platform_has_another_currency():
    assert generated(1, platform=PLATFORMS["emag-hu"]).build(1)["currency"] == "HUF"


def test_a_csv_gives_part_numbers_names_eans_and_prices(tmp_path):
    file = tmp_path / "offers.csv"
    file.write_text(
        'part_number,name,ean,price_ron\nA1,"Țeavă, 2 m",5993326951499,30.5\nA2,Fără preț,,0\n', encoding="utf-8-sig"
    )
    first, second = from_csv(file).rows()
    assert (first["part_number"], first["name"], first["ean"]) == ("A1", "Țeavă, 2 m", ["5993326951499"])
    assert Decimal(str(first["sale_price"])) == Decimal("30.5")
    assert second["ean"] == []
    assert Decimal(str(second["sale_price"])) == 0
    assert second["offer_validation_status"]["value"] == 2


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a,b\n1,2\n", "part_number"),
        (",".join(CSV_COLUMNS) + "\nA,B,,x\n", "line 2"),
        (",".join(CSV_COLUMNS) + "\nA,B,,-1\n", "line 2"),
    ],
)
def test_a_csv_that_makes_no_sense_is_refused_by_name(tmp_path, text, problem):
    file = tmp_path / "bad.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SandboxError, match=problem) as refused:
        from_csv(file)
    assert "bad.csv" in str(refused.value)


@pytest.mark.parametrize("name", ["missing.csv", "missing.json"])
def test_a_missing_file_is_refused_by_name(tmp_path, name):
    read = from_csv if name.endswith("csv") else from_json
    with pytest.raises(SandboxError, match=name):
        read(tmp_path / name)


def test_a_json_file_is_served_byte_for_byte(tmp_path):
    file = tmp_path / "rows.json"
    file.write_text('[{"id": 2,  "sale_price": 1.10}, {"id": 1, "x": 12345678901234567890123}]', encoding="utf-8")
    catalogue = from_json(file)
    assert [catalogue.encoded(key) for key in catalogue.serving_order()] == [
        b'{"id": 1, "x": 12345678901234567890123}',
        b'{"id": 2,  "sale_price": 1.10}',
    ]


def test_a_row_without_an_id_of_its_own_keeps_its_place_but_is_no_offer():
    catalogue = from_rows([None, {"id": 5}, {"id": 5, "again": 1}, {"id": 6}, {"id": 0}])
    assert catalogue.ids() == [5, 6]
    served = [catalogue.encoded(key) for key in catalogue.serving_order()]
    assert served == [b"null", b'{"id":5}', b'{"id":5,"again":1}', b'{"id":6}', b'{"id":0}']
    assert len(catalogue) == 5


@pytest.mark.skipif(not SHARED.exists(), reason="the example files are not shipped")
def test_the_example_files_can_be_served():
    assert len(from_csv(SHARED / "catalogue.csv")) == 5160
    assert from_json(SHARED / "real_offers.json").ids() == [1, 2, 6]


def test_every_change_raises_the_version():
    catalogue = generated(3)
    versions = [catalogue.version]
    catalogue.put(2, {"id": 2})
    versions.append(catalogue.version)
    catalogue.remove(1)
    versions.append(catalogue.version)
    assert not catalogue.remove(1)
    versions.append(catalogue.version)
    assert versions == [1, 2, 3, 3]
    assert catalogue.ids() == [2, 3]


@pytest.mark.parametrize("size", [-1, 2**24])
def test_a_catalogue_has_no_more_offers_than_there_are_ids(size):
    with pytest.raises(SandboxError):
        generated(size)
