"""Whatever a row holds: no exception, and an odd field costs only itself."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emagsync.marketplace.rows import parse
from marketplace.rows.row_shapes import ROWS, json_values, offer, parsed, spelled, unhurried, written

# What a field of the row decides in the offer, beside the field of the same name.
DECIDES: dict[str, set[str]] = {
    "id": {"emag_id"},
    "ean": {"eans"},
    "images": {"main_image"},
    "family": {"family_id", "family_name"},
    "brand_name": {"brand"},
    "general_stock": {"stock", "sellable", "not_sellable"},
    "stock": {"sellable", "not_sellable"},
    "status": {"sellable", "not_sellable"},
    "validation_status": {"sellable", "not_sellable"},
    "offer_validation_status": {"sellable", "not_sellable"},
}
FIELDS = sorted({key for row in ROWS for key in row} | set(parse.ProductOffer.__struct_fields__))


@unhurried
@given(json_values, st.randoms(use_true_random=False))
def test_any_json_is_a_row_that_is_read_or_rejected(value: Any, rng: random.Random) -> None:
    raw = spelled(value, rng).encode()

    found = parsed(raw)

    assert (found.offer is None) == (found.rejected is not None)
    assert found.raw is raw
    assert parse.peek_id(raw) == found.emag_id


@unhurried
@given(st.binary(max_size=40))
@example(b'{"id": 1, "name": "\\ud800\\u0000')
def test_bytes_that_are_no_json_are_rejected(raw: bytes) -> None:
    found = parsed(raw)

    assert (found.offer is None) == (found.rejected is not None)


@unhurried
@given(json_values)
def test_the_id_alone_is_the_id_of_the_row(value: Any) -> None:
    raw = written({"name": "x", "id": value})

    assert parse.peek_id(raw) == parsed(raw).emag_id


@unhurried
@given(st.integers(0, len(ROWS) - 1), st.sampled_from([field for field in FIELDS if field != "id"]), json_values)
def test_any_value_of_a_field_costs_at_most_that_field(sample: int, field: str, value: Any) -> None:
    before = msgspec.structs.asdict(offer(written(ROWS[sample])))

    found = parsed(written(ROWS[sample] | {field: value}))

    assert found.offer is not None
    after = msgspec.structs.asdict(found.offer)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {field} | DECIDES.get(field, set())
    affected = {remark.field.split("[")[0].split(".")[0] for remark in found.remarks}
    assert affected <= {field} | ({"stock"} if field == "general_stock" else set())


@unhurried
@given(json_values)
@example({"errors": [{"message": {"ro_RO": ["x"]}}]})
def test_validation_errors_of_any_shape_are_texts(value: Any) -> None:
    found = parse.validation_errors({"validation_status": value, "offer_validation_status": {"errors": value}})

    assert all(isinstance(part, str) for error in found for part in error)


@unhurried
@given(st.sampled_from(FIELDS), json_values)
def test_texts_that_reach_columns_can_be_written_to_any_database(field: str, value: Any) -> None:
    found = parsed(written(ROWS[0] | {field: value}))

    for text in _texts(found.offer):
        assert "\x00" not in text
        assert text.encode().decode() == text


def _texts(value: Any) -> list[str]:
    if isinstance(value, msgspec.Struct):
        return _texts(msgspec.structs.astuple(value))
    if isinstance(value, tuple):
        return [text for part in value for text in _texts(part)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("levels", [150, 260, 990, 1100, 20_000])
@pytest.mark.parametrize("field", ["new", "name", "images", "family", "validation_status", "stock"])
@pytest.mark.parametrize(("left", "right"), [("[", "]"), ('{"value":', "}")])
def test_nesting_never_raises(levels: int, field: str, left: str, right: str) -> None:
    raw = f'{{"id": 5, "sale_price": "2.5", "{field}": {left * levels}1{right * levels}}}'.encode()

    read = offer(raw)

    assert (read.emag_id, str(read.sale_price)) == (5, "2.5000")


@pytest.mark.parametrize(
    "number",
    ["9" * 5000, "-" + "9" * 5000, "1e999999", "1e-999999", "1e99999999", "1E+99999999999999999999", "0." + "1" * 5000],
)
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_huge_number_never_raises(quote: str, number: str) -> None:
    for field in FIELDS:
        found = parsed(f'{{"id": 5, "{field}": {quote}{number}{quote}}}'.encode())

        assert (found.offer is not None) == (field != "id")
