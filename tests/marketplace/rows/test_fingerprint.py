from __future__ import annotations

import copy
import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.rows.row_shapes import (
    ROWS,
    SAMPLE_ROWS,
    content,
    json_values,
    offer,
    parsed,
    row,
    spelled,
    unhurried,
    written,
)

seeds = st.integers(0, 2**32).map(random.Random)
fields = st.one_of(
    st.sampled_from(sorted({key for sample in ROWS for key in sample} - {"id"})), st.sampled_from(["new", "1", "ß"])
)
rows = st.builds(
    lambda sample, changes: ROWS[sample] | changes,
    st.integers(0, len(ROWS) - 1),
    st.dictionaries(fields, json_values, max_size=4),
)


def of(raw: bytes) -> str:
    return parsed(raw).fingerprint


@unhurried
@given(rows, seeds)
def test_every_spelling_of_a_row_has_one_fingerprint_and_gives_one_offer(
    content_of_row: dict[str, Any], rng: Any
) -> None:
    plain, sloppy = written(content_of_row), spelled(content_of_row, rng).encode()

    assert offer(sloppy) == offer(plain)
    assert of(sloppy) == of(plain)


def leaves(node: Any) -> list[tuple[Any, Any]]:
    """Every place in a value, as (container, key or index)."""
    places: list[tuple[Any, Any]] = []
    for key in list(node) if isinstance(node, dict) else range(len(node)):
        places.append((node, key))
        if isinstance(node[key], dict | list):
            places += leaves(node[key])
    return places


@unhurried
@given(rows, json_values, st.randoms(use_true_random=False))
def test_any_one_change_of_content_and_nothing_else_changes_the_fingerprint(
    before: dict[str, Any], replacement: Any, rng: random.Random
) -> None:
    after = copy.deepcopy(before)
    container, key = rng.choice([place for place in leaves(after) if place != (after, "id")])
    if rng.random() < 0.2:
        del container[key]
    else:
        container[key] = replacement

    same = content(before) == content(after)

    assert (of(written(before)) == of(written(after))) == same


@unhurried
@given(st.lists(json_values, min_size=2, max_size=2), fields)
def test_two_values_of_a_field_have_equal_fingerprints_exactly_when_they_mean_the_same(
    pair: list[Any], field: str
) -> None:
    first, second = ({"id": 1, field: value} for value in pair)

    assert (of(written(first)) == of(written(second))) == (content(first) == content(second))


@pytest.mark.parametrize(
    ("field", "first", "second"),
    [
        pytest.param("sale_price", "121.8400", Decimal("121.84"), id="price as text or number"),
        pytest.param("sale_price", "121.8400", "121.84", id="trailing zeros"),
        pytest.param("sale_price", "0121.84", " +121.84 ", id="how people type a price"),
        pytest.param("status", "1", 1, id="integer as text"),
        pytest.param("status", 1, Decimal("1.0"), id="integer with a fraction"),
        pytest.param("part_number", "1", 1, id="part number as number"),
        pytest.param("ean", ["741718382513"], [741718382513], id="EAN as number"),
        pytest.param("new", {"x": ["5", "0.50"]}, {"x": [5, Decimal("0.5")]}, id="in an unknown field"),
        pytest.param("new", 2**80, str(2**80), id="beyond 64 bits"),
        pytest.param("new", [2**80, "ș"], [str(2**80), "ș"], id="beyond 64 bits beside other letters"),
        pytest.param("new", Decimal("-0.0"), 0, id="minus zero"),
    ],
)
def test_spelling_does_not_matter(field: str, first: Any, second: Any) -> None:
    assert of(row(**{field: first})) == of(row(**{field: second}))


@pytest.mark.parametrize(
    ("field", "first", "second"),
    [
        pytest.param("part_number", "01", "1", id="leading zero of a part number"),
        pytest.param("part_number", "1.0", "1", id="decimals of a part number"),
        pytest.param("part_number", "1.0", "1.00", id="zeros of a part number"),
        pytest.param("ean", ["0741718382513"], ["741718382513"], id="leading zero of an EAN"),
        pytest.param("ean", ["1.0", "1"], ["1", "1.0"], id="order of odd EANs"),
        pytest.param("ean", ["1", "2"], ["2", "1"], id="order of EANs"),
        pytest.param("ean", ["1"], "1", id="list or not"),
        pytest.param("family", {"id": 1, "name": "1.0"}, {"id": 1, "name": "1"}, id="family's name"),
        pytest.param("new", "01", "1", id="leading zero of unknown text"),
        pytest.param("new", "1e2", "100", id="exponent in unknown text"),
        pytest.param("new", True, "true", id="true or its text"),
        pytest.param("new", True, 1, id="true or one"),
        pytest.param("new", None, "", id="null or empty text"),
        pytest.param("new", None, ..., id="null or missing"),
        pytest.param("new", [], {}, id="empty list or object"),
        pytest.param("new", {"1": 0}, {"1.0": 0}, id="keys are never numbers"),
        pytest.param("new", 'a,"1"', "a,1", id="quotes inside a text"),
        pytest.param("new", ["a", "1"], ['a","1'], id="what looks like two members"),
        pytest.param("new", "\ud800", "\ud801", id="half surrogate pairs"),
        pytest.param("new", "\ud800", "\\ud800", id="a half surrogate pair or its escape"),
        pytest.param("sale_price", "121.8400", "121.8401", id="the smallest change of price"),
        pytest.param("sale_price", "n/a", "1,234.50", id="unreadable prices"),
    ],
)
def test_content_does_matter(field: str, first: Any, second: Any) -> None:
    assert of(row(**{field: first})) != of(row(**{field: second}))


def test_it_has_32_hex_characters_and_differs_between_rows() -> None:
    found = [of(raw) for raw in SAMPLE_ROWS]

    assert len(set(found)) == len(found)
    assert all(len(fingerprint) == 32 and int(fingerprint, 16) >= 0 for fingerprint in found)


@pytest.mark.parametrize("depth", [150, 300, 900, 5000])
def test_depth_is_content_however_deep(depth: int) -> None:
    def deep(inner: str) -> bytes:
        return ('{"id": 1, "new": ' + "[" * depth + inner + "]" * depth + "}").encode()

    assert of(deep("1")) == of(deep("1"))
    assert of(deep("1")) != of(deep("2"))


def test_fingerprints_that_were_stored_by_earlier_versions_hold() -> None:
    """Another one for the same row would make every stored offer a changed one, and rewrite whole catalogues."""
    assert [of(raw) for raw in SAMPLE_ROWS] == [
        "b2bd97214b713ff544ca29a53deae57c",
        "3f3034cc72c53a25790c09fd049c4c12",
        "e39a47a7667478cc0c97489519622452",
    ]


@pytest.mark.parametrize(
    ("fields", "stored"),
    [
        pytest.param(
            {"part_number": "SKU-1", "sale_price": "121.8400", "stock": [{"warehouse_id": 1, "value": "07"}]},
            "b654341f4f0d73ba0ff121b1b0cc7118",
            id="plain",
        ),
        pytest.param(
            {"sale_price": " +0121.84 ", "status": "1.0"}, "55ca2ec21b88ab5ed3010a337d46bdc8", id="as people type"
        ),
        pytest.param(
            {"part_number": "1.0", "ean": ["1.50", "01"], "family": {"id": "1", "name": "2.0"}},
            "22037f450d236a64a82303d3914009ed",
            id="texts that end in zeros",
        ),
        pytest.param(
            {"new": ["00", "-0", "-0.0", "1e2", 'a,"1"', True, None, "", 2**80, Decimal("1E+5")]},
            "4d8412509da465d728ef2913f0c39760",
            id="odd values",
        ),
        pytest.param({"name": "\ud800 1.0"}, "7adef439b33c6b738063677fdfcf123a", id="half a surrogate pair"),
    ],
)
def test_stored_fingerprints_of_unusual_rows_hold(fields: dict[str, Any], stored: str) -> None:
    assert of(row(**fields)) == stored
