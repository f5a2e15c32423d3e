from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emagsync.marketplace.platforms import PLATFORMS
from emagsync.marketplace.rows import coerce, parse
from emagsync.marketplace.rows.parse import Image, Remark
from marketplace.rows.row_shapes import SAMPLE_ROWS, offer, parsed, row, written

REAL_ROWS = Path(__file__).parents[4] / "shared" / "data" / "real_offers.json"


def remarked(raw: bytes) -> list[str]:
    return [remark.field for remark in parsed(raw).remarks]


def test_a_row_as_emag_usually_sends_it_is_read_whole() -> None:
    found = parsed(SAMPLE_ROWS[0])

    assert found.remarks == ()
    assert found.rejected is None
    assert found.raw == SAMPLE_ROWS[0]
    assert found.emag_id == 1
    assert found.offer is not None
    assert msgspec.structs.asdict(found.offer) == {
        "emag_id": 1,
        "part_number": "LV-01",
        "part_number_key": "DSAMPLE1BM",
        "name": "Veioza LED cu incarcare wireless, 3 trepte de lumina, 400lm, Alb",
        "brand": "Lumora",
        "category_id": 3514,
        "vendor_category_id": None,
        "status": 1,
        "sale_price": Decimal("99.1600"),
        "recommended_price": None,
        "min_sale_price": Decimal("1.0000"),
        "max_sale_price": Decimal("100387.5800"),
        "currency": "RON",
        "currency_type": None,
        "vat_id": 1,
        "stock": 57,
        "estimated_stock": None,
        "handling_time": 0,
        "validation_status": 9,
        "translation_validation_status": 9,
        "offer_validation_status": 1,
        "buy_button_rank": None,
        "number_of_offers": 1,
        "best_offer_sale_price": Decimal("99.1600"),
        "best_offer_recommended_price": Decimal("99.1600"),
        "main_offer_price": None,
        "ownership": 1,
        "genius_eligibility": 1,
        "genius_eligibility_type": None,
        "genius_computed": None,
        "warranty": 24,
        "green_tax": None,
        "weight": Decimal("0.000000"),
        "url": None,
        "main_image": "https://images.example/veioza-1.png",
        "eans": ("0594000000012",),
        "images": (
            Image("https://images.example/veioza-2.jpg", 2),
            Image("https://images.example/veioza-1.png", 1),
        ),
        "start_date": None,
        "family_id": 8,
        "family_name": "Veioza LED",
        "description": None,
        "sellable": True,
        "not_sellable": (),
    }


def test_a_row_with_every_other_shape_is_read_whole_too() -> None:
    found = parsed(SAMPLE_ROWS[1])

    assert found.remarks == ()
    read = offer(SAMPLE_ROWS[1])
    assert (read.emag_id, read.part_number, read.brand, read.name) == (18, "17", "OEM", "Difuzor aroma „Brumă” 220 ml")
    assert (read.category_id, read.status, read.vat_id, read.number_of_offers) == (3268, 1, 1, 4)
    assert (read.sale_price, read.min_sale_price, read.recommended_price) == (Decimal("42.01"), Decimal(1), None)
    assert (read.currency, read.green_tax, read.weight) == ("EUR", Decimal("0.5"), Decimal("0.35"))
    assert (read.stock, read.handling_time, read.ownership, read.buy_button_rank) == (13, 3, 2, 2)
    assert (read.validation_status, read.translation_validation_status, read.offer_validation_status) == (12, None, 2)
    assert (read.images, read.main_image, read.family_id, read.family_name) == ((), None, None, None)
    assert read.eans == ("5940000000029",)
    assert read.not_sellable == ("invalid_price",)


def test_the_first_image_stands_in_for_a_main_one() -> None:
    assert offer(SAMPLE_ROWS[2]).main_image == "https://images.example/marsupiu.png"


def test_prices_always_have_four_decimals_and_never_pass_through_a_float() -> None:
    raw = b'{"id": 1, "sale_price": 79.99, "max_sale_price": 99999999999999.9999, "min_sale_price": "7", "weight": 0.1}'

    read = offer(raw)

    assert str(read.sale_price) == "79.9900"
    assert str(read.max_sale_price) == "99999999999999.9999"
    assert str(read.min_sale_price) == "7.0000"
    assert str(read.weight) == "0.100000"


@pytest.mark.parametrize(
    "value",
    [
        "n/a",
        "1,234.50",
        "NaN",
        "Infinity",
        "1_000",
        "12.34567",
        Decimal("0.00001"),
        -1,
        "-0.5",
        True,
        [1],
        {"value": 1},
        10**14,
        "1e999999",
        "٣",
        "1 2",
    ],
)
@pytest.mark.parametrize("field", ["sale_price", "best_offer_sale_price", "main_offer_price", "green_tax"])
def test_a_price_that_cannot_be_read_exactly_is_missing_and_remarked(field: str, value: Any) -> None:
    found = parsed(row(**{field: value}))

    assert [remark.field for remark in found.remarks] == [field]
    assert getattr(found.offer, field) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [(5, 5), ("5", 5), ("5.0", 5), (Decimal("5.0"), 5), (" 5 ", 5), ("05", 5), ("5e1", 50), (0, 0)],
)
def test_a_whole_number_is_read_from_every_spelling(value: Any, expected: int) -> None:
    assert offer(row(warranty=value)).warranty == expected


@pytest.mark.parametrize(
    "value", [Decimal("1.5"), "1.5", True, False, "x", [1], {"x": 1}, -1, 2**31, 10**400, "9" * 5000]
)
def test_what_is_no_whole_number_is_missing_and_remarked(value: Any) -> None:
    found = parsed(row(warranty=value))

    assert [remark.field for remark in found.remarks] == ["warranty"]
    assert found.offer is not None
    assert found.offer.warranty is None


def test_a_remark_names_what_is_there() -> None:
    found = parsed(row(warranty="two years", status=[1], name=False, vat_id=Decimal("1.5")))

    assert set(found.remarks) == {
        Remark("warranty", "is 'two years', not a whole number"),
        Remark("status", "is a list, not a whole number"),
        Remark("name", "is false, not text"),
        Remark("vat_id", "is the number 1.5, not a whole number"),
    }


@pytest.mark.parametrize(
    ("value", "expected"), [(1, 1), (2, 2), ("1", 1), ("2", 2), (True, 1), (False, 2), ("true", 1), ("false", 2)]
)
def test_ownership_is_1_or_2_also_when_it_comes_as_a_boolean(value: Any, expected: int) -> None:
    assert offer(row(ownership=value)).ownership == expected


@pytest.mark.parametrize("value", [0, 3, "yes", [1]])
def test_any_other_ownership_is_remarked(value: Any) -> None:
    assert remarked(row(ownership=value)) == ["ownership"]


@pytest.mark.parametrize(
    ("stock", "general", "expected"),
    [
        pytest.param([{"value": 5}], 139, 139, id="without warehouse: general_stock is the truth"),
        pytest.param(..., 139, 139, id="absent"),
        pytest.param(None, "139", 139, id="null"),
        pytest.param([], 139, 139, id="empty"),
        pytest.param([{"warehouse_id": None, "value": 0}], 139, 139, id="null warehouse"),
        pytest.param([{"warehouse_id": 1, "value": 5}, {"warehouse_id": 2, "value": "8"}], 139, 13, id="by warehouse"),
        pytest.param([{"warehouse_id": 1, "value": 5}, {"value": 8}], 139, 139, id="one without warehouse"),
        pytest.param([{"warehouse_id": 1, "value": 5}], None, 5, id="by warehouse, no general_stock"),
        pytest.param([{"value": 5}], ..., 5, id="no general_stock"),
        pytest.param([{"value": 5}, {"value": 6}], "", 11, id="several, no general_stock"),
        pytest.param({"warehouse_id": 1, "value": 5}, 139, 5, id="one entry without its list"),
        pytest.param({"0": {"warehouse_id": 1, "value": 5}}, 139, 5, id="an object with counting keys"),
        pytest.param(5, 139, 139, id="a number"),
        pytest.param("5", None, 5, id="text, no general_stock"),
        pytest.param([{"warehouse_id": 1, "value": 0}], 0, 0, id="really none"),
    ],
)
def test_stock_comes_from_the_warehouses_or_general_stock(stock: Any, general: Any, expected: int) -> None:
    found = parsed(row(stock=stock, general_stock=general))

    assert found.remarks == ()
    assert found.offer is not None
    assert found.offer.stock == expected


def test_a_warehouse_that_cannot_be_read_leaves_general_stock() -> None:
    found = parsed(row(stock=[{"warehouse_id": 1, "value": 5}, {"warehouse_id": 2, "value": "many"}], general_stock=9))

    assert found.remarks == (Remark("stock", "is 'many', not a whole number"),)
    assert found.offer is not None
    assert found.offer.stock == 9


def test_stock_that_nothing_tells_is_remarked_and_not_called_sold_out() -> None:
    found = parsed(row(stock=..., general_stock=...))

    assert [remark.field for remark in found.remarks] == ["stock"]
    assert found.offer is not None
    assert (found.offer.stock, found.offer.not_sellable) == (0, ("unknown_stock",))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("0741718382513", ("0741718382513",), id="one text"),
        pytest.param(741718382513, ("741718382513",), id="one number"),
        pytest.param(["2", "1", "2", None, "", " 1 "], ("2", "1"), id="duplicates and nothing"),
        pytest.param([5, "5", Decimal("6.0")], ("5", "6"), id="numbers"),
        pytest.param(None, (), id="null"),
        pytest.param([], (), id="none"),
    ],
)
def test_eans_come_in_many_shapes(value: Any, expected: tuple[str, ...]) -> None:
    found = parsed(row(ean=value))

    assert found.remarks == ()
    assert found.offer is not None
    assert found.offer.eans == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(["5 941234 567890"], ("5941234567890",), id="spaces"),
        pytest.param("5,941234,567890", ("5941234567890",), id="commas"),
        pytest.param(["5941234567890;", " 5941234567890"], ("5941234567890",), id="semicolon at the end"),
        pytest.param(["5\u00a0941234\t567890"], ("5941234567890",), id="other white space"),
        pytest.param(["4006 3813"], ("40063813",), id="eight digits"),
    ],
)
def test_a_barcode_with_separators_is_cleaned_to_its_digits(value: Any, expected: tuple[str, ...]) -> None:
    found = parsed(row(ean=value))

    assert found.remarks == ()
    assert found.offer is not None
    assert found.offer.eans == expected


@pytest.mark.parametrize("text", ["5941234567890, 4006381333931", "5941234567890;40063813", "AB 12", "12 34", "a,b"])
def test_what_may_be_several_barcodes_is_kept_as_one_with_a_remark(text: str) -> None:
    for value in ([text], text, [f" {text} "]):
        found = parsed(row(ean=value))

        assert [remark.field for remark in found.remarks] == ["ean"]
        assert found.offer is not None
        assert found.offer.eans == (text,)


@given(st.lists(st.text(max_size=20), max_size=4))
def test_an_ean_is_never_split_and_keeps_its_letters(values: list[str]) -> None:
    found = offer(row(ean=values)).eans

    assert len(found) <= len(values)
    for ean in found:
        bare = "".join(re.split(r"[\s,;\u200b\ufeff]+", ean))
        assert any(bare == "".join(re.split(r"[\s,;\u200b\ufeff]+", coerce.storable(value))) for value in values)


@pytest.mark.parametrize(
    ("field", "value", "columns"),
    [
        ("ean", ["5941234567890", "40063813"], ["eans"]),
        ("images", [{"url": "https://images.example/1.jpg", "display_type": 1}], ["images", "main_image"]),
        ("stock", [{"warehouse_id": 1, "value": 3}, {"warehouse_id": 2, "value": 4}], ["stock"]),
        ("handling_time", [{"warehouse_id": 1, "value": 3}], ["handling_time"]),
        ("validation_status", [{"value": 9, "errors": []}], ["validation_status"]),
        ("offer_validation_status", {"value": 2}, ["offer_validation_status"]),
        ("family", {"id": 8, "name": "Lampa"}, ["family_id", "family_name"]),
    ],
)
def test_json_text_where_a_list_belongs_is_read_as_that_list(field: str, value: Any, columns: list[str]) -> None:
    as_list, as_text = parsed(row(**{field: value})), parsed(row(**{field: json.dumps(value)}))

    assert as_text.remarks == ()
    for column in columns:
        assert getattr(as_text.offer, column) == getattr(as_list.offer, column)
        assert getattr(as_text.offer, column) not in (None, ())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Tom &amp; Jerry &quot;M&quot;", 'Tom & Jerry "M"'),
        ("Caf&eacute; &#537;i ceai&nbsp;&#x2122;", "Café și ceai\u00a0™"),
        ("H&M, B&regular, AT&T; &nosuch;", "H&M, B&regular, AT&T; &nosuch;"),
        ("&amp;amp;", "&amp;"),
        ("&#0;", "\ufffd"),
    ],
)
@pytest.mark.parametrize("field", ["name", "brand", "brand_name", "family"])
def test_html_entities_of_names_are_decoded_once_and_stay_in_the_payload(field: str, name: str, expected: str) -> None:
    raw = row(**{"brand": ..., field: {"id": 1, "name": name} if field == "family" else name})
    column = {"brand_name": "brand", "family": "family_name"}.get(field, field)

    assert getattr(offer(raw), column) == expected
    assert name in json.dumps(parse.payload(raw), ensure_ascii=False, default=str).replace('\\"', '"')


def test_an_odd_ean_costs_only_itself() -> None:
    found = parsed(row(ean=["1", True, ["2"], {"x": 1}, Decimal("1.5"), "9" * 300, "3"]))

    assert [remark.field for remark in found.remarks] == ["ean"] * 5
    assert found.offer is not None
    assert found.offer.eans == ("1", "3")


@pytest.mark.parametrize(
    "value",
    [
        9,
        "9",
        {"value": 9},
        {"value": "9"},
        [{"value": 9}],
        [{"value": "9", "errors": None}],
        [9],
        [{"value": 9}, {"value": 9}],
        {"0": {"value": 9, "errors": None}},
        {"1": {"value": "9"}, "3": {"value": 9}},
        {"0": 9},
    ],
)
def test_a_validation_status_is_read_from_every_shape(value: Any) -> None:
    found = parsed(row(validation_status=value, translation_validation_status=value))

    assert found.remarks == ()
    assert found.offer is not None
    assert (found.offer.validation_status, found.offer.translation_validation_status) == (9, 9)


@pytest.mark.parametrize("value", [None, [], {}, "", [None], {"value": None}])
def test_a_validation_status_without_a_value_is_unknown(value: Any) -> None:
    found = parsed(row(validation_status=value))

    assert found.remarks == ()
    assert found.offer is not None
    assert (found.offer.validation_status, found.offer.not_sellable) == (None, ("unknown_validation",))


def test_of_several_validation_statuses_the_first_counts_and_a_remark_says_so() -> None:
    found = parsed(row(validation_status=[{"value": 9}, {"value": 10}]))

    assert [remark.field for remark in found.remarks] == ["validation_status"]
    assert found.offer is not None
    assert found.offer.validation_status == 9


def test_odd_images_cost_only_themselves() -> None:
    first, second, third = "http://a", "HTTPS://c", "https://d/ e"
    images = [{"url": first, "display_type": "1"}, 5, None, {"url": ["b"]}, second, {"url": third, "display_type": "x"}]
    found = parsed(row(images=images))

    assert [remark.field for remark in found.remarks] == ["images[1]", "images[3].url", "images[5].display_type"]
    assert found.offer is not None
    assert found.offer.images == (Image(first, 1), Image(second, None), Image(third, None))


def test_the_currency_is_the_rows_else_the_platforms() -> None:
    assert offer(row(currency=" eur ")).currency == "EUR"
    found = parse.parse(row(currency=...), PLATFORMS["emag-hu"]).offer
    assert found is not None
    assert found.currency == "HUF"
    assert remarked(row(currency="lei!")) == ["currency"]


def test_characters_that_databases_refuse_are_taken_out_with_a_remark() -> None:
    raw = rb'{"id": 1, "stock": 1, "name": "a\u0000b", "brand": "c\ud800d", "family": {"id": 1, "name": "\u0000"}}'

    found = parsed(raw)

    assert sorted(remark.field for remark in found.remarks) == ["brand", "family.name", "name"]
    assert found.offer is not None
    assert (found.offer.name, found.offer.brand, found.offer.family_name) == ("ab", "c\ufffdd", None)


@pytest.mark.parametrize("damage", ["\ufffd".encode(), rb"\ufffd"], ids=["bytes", "escape"])
def test_a_character_that_could_not_be_read_is_remarked_on(damage: bytes) -> None:
    raw = row(name="L#mpi", brand="A", description="#").replace(b"#", damage)

    found = parsed(raw)

    assert sorted(remark.field for remark in found.remarks) == ["description", "name"]
    assert found.offer is not None
    assert found.offer.name == "L\ufffdmpi"


def test_a_family_in_a_list_is_that_family() -> None:
    found = offer(row(family=[{"id": 8, "name": "Lampa"}]))

    assert (found.family_id, found.family_name) == (8, "Lampa")
    assert remarked(row(family=[{"id": 8}, {"id": 9}])) == ["family"]


def test_text_that_only_looks_like_an_escape_stays() -> None:
    raw = rb'{"id": 1, "general_stock": 1, "name": "C:\\u0000"}'

    assert (offer(raw).name, parsed(raw).remarks) == ("C:\\u0000", ())


@pytest.mark.parametrize("text", ["0", "1.0", 1, "main.jpg", "//cdn.example/1.jpg", "javascript:alert(1)", "http://"])
@pytest.mark.parametrize("shape", [lambda url: url, lambda url: {"url": url, "display_type": 1}], ids=["bare", "usual"])
def test_what_is_no_address_is_no_image(text: Any, shape: Callable[[Any], Any]) -> None:
    found = parsed(row(images=[shape("https://images.example/1.jpg"), shape(text)]))

    assert [remark.field.partition(".")[0] for remark in found.remarks] == ["images[1]"]
    assert found.offer is not None
    assert [image.url for image in found.offer.images] == ["https://images.example/1.jpg"]


@pytest.mark.often(first=3)
# What a decoder refuses differs with Python: 1,000 levels on 3.11, 10,000 on 3.13.
@pytest.mark.parametrize("depth", [200, 900, 5_000, 20_000, 200_000])
@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
def test_too_many_levels_cost_only_what_is_below_them(depth: int, opened: str, closed: str) -> None:
    deep = opened * depth + '"]ș["' + closed * depth
    raw = f'{{"id": 7, "name": "x", "general_stock": 3, "new": {deep}, "status": 1}}'.encode()

    found = parsed(raw)

    assert found.remarks == (Remark("", "is nested deeper than 200 levels; what is below them was not read"),)
    assert found.offer is not None
    assert (found.offer.name, found.offer.stock, found.offer.status) == ("x", 3, 1)
    assert parse.peek_id(raw) == 7
    # What is stored can be read by every database and program, and has all that was sent.
    kept = json.loads(found.kept)["new"]
    for _ in range(199):
        kept = kept[0] if isinstance(kept, list) else kept["a"]
    assert kept == "nested too deeply: " + opened * (depth - 199) + '"]ș["' + closed * (depth - 199)


def test_two_hundred_levels_are_read_whole() -> None:
    raw = b'{"id": 7, "general_stock": 3, "text": "' + b"[{" * 300 + b'", "new": ' + b"[" * 199 + b"]" * 199 + b"}"

    found = parsed(raw)

    assert found.remarks == ()
    assert found.kept == raw


def test_the_last_of_two_equal_keys_counts() -> None:
    assert offer(b'{"id": 1, "name": "a", "general_stock": 1, "name": "b"}').name == "b"


def test_the_payload_keeps_unknown_fields_and_exact_numbers() -> None:
    raw = b'{"id": 1, "next_year": {"x": [0.1, 123456789012345678901234567890, "1.0"]}, "sale_price": 5.10}'

    kept = parse.payload(raw)

    assert kept == {
        "id": 1,
        "next_year": {"x": [Decimal("0.1"), 123456789012345678901234567890, "1.0"]},
        "sale_price": Decimal("5.10"),
    }
    assert str(kept["sale_price"]) == "5.10"


@pytest.mark.parametrize("raw", [b"null", b"[]", b"{"])
def test_what_is_no_object_has_no_payload(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"row|Expecting"):
        parse.payload(raw)


def test_the_raw_digest_is_that_of_the_bytes() -> None:
    first, second = SAMPLE_ROWS[:2]

    assert parse.raw_digest(first) == parse.raw_digest(bytes(first))
    assert parse.raw_digest(first) != parse.raw_digest(second)
    assert parse.raw_digest(first) != parse.raw_digest(first + b" ")
    assert len(parse.raw_digest(first)) == 16


def test_an_offer_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        offer(SAMPLE_ROWS[0]).stock = 5  # type: ignore[misc]


@pytest.mark.skipif(not REAL_ROWS.exists(), reason="the real rows are not shipped with the project")
def test_the_real_rows_are_read_without_a_remark() -> None:
    rows = [bytes(raw) for raw in msgspec.json.decode(REAL_ROWS.read_bytes(), type=list[msgspec.Raw])]

    read = [offer(raw) for raw in rows]

    assert [parsed(raw).remarks for raw in rows] == [()] * 3
    assert [(one.emag_id, one.part_number, one.part_number_key, one.stock, one.sellable) for one in read] == [
        (1, "1", "D33HD4MBM", 139, True),
        (2, "85-2", "DRM054MBM", 48, True),
        (6, "6", "D8VY54MBM", 0, False),
    ]
    assert [str(one.sale_price) for one in read] == ["121.8400", "42.0100", "193.2700"]
    assert [len(parse.validation_errors(parse.payload(raw))) for raw in rows] == [0, 0, 2]
    compact = [json.dumps(json.loads(raw), sort_keys=True).encode() for raw in rows]
    assert [offer(raw) for raw in compact] == read
    assert [offer(written(parse.payload(raw))) for raw in rows] == read
