"""The short way for rows of the usual shape: it reads what the long way reads, and most rows go it."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emagsync.marketplace.rows import fast_decoder, parse
from marketplace.rows.row_shapes import RO, ROWS, SAMPLE_ROWS, json_values, parsed, row, spelled, unhurried, written

FIELDS = sorted(fast_decoder.FIELDS)
NEAR_MISSES: list[Any] = [
    *(None, True, False, "", " ", "0", "1", "01", "-1", "+5", "5.0", "1_000", "1_000.0000", "\u0665", "\u00b2", "NaN"),
    *(
        "121.8400",
        "121.84",
        "-0.0000",
        "1e3",
        "123456789012345.0000",
        " 2.5000 ",
        "0.500000",
        "ron",
        "RON",
        " RON ",
        "EURO",
    ),
    *(
        "http://x",
        "123",
        "x" * 255,
        "x" * 256,
        "\x00",
        "a\x00b",
        "\ud800",
        "true",
        "2147483647",
        "2147483648",
        "9999999999",
    ),
    *(0, 1, 2, 3, -1, 2**31 - 1, 2**31, 16_777_215, 16_777_216, 2**63 - 1, 2**63, 10**30),
    *([], {}, [[]], [{}], [None], [""], ["5940016964482"], ["5940016964482", "5940016964482"], [" 1 "], [12], ["a b"]),
    *([{"value": 9}], [{"value": "9"}], [{"value": 9}, {"value": 10}], {"value": 9}, {"value": None}, [{"value": 1.5}]),
    *([{"warehouse_id": 1, "value": 3}], [{"warehouse_id": 1, "value": 3}, {"warehouse_id": 2, "value": "4"}]),
    *([{"warehouse_id": "", "value": 3}], [{"warehouse_id": 0, "value": 2**31 - 1}, {"warehouse_id": 2, "value": 1}]),
    *([{"warehouse_id": None, "value": 3}], [{"warehouse_id": 1, "value": ""}], [{"warehouse_id": 1}], [3, "4"]),
    *(
        [{"url": "http://x/1.jpg", "display_type": 1}],
        [{"url": "x"}],
        [{"url": "", "display_type": 1}],
    ),
    *(
        [{"url": "http://x", "display_type": "1"}],
        [{"url": "http://x"}],
        [{"display_type": 1}],
        {"1": {"url": "http://x"}},
    ),
    *({"id": 8, "name": "Lampa"}, {"id": "8", "name": ""}, {"id": None}, {"name": 5}, {"id": -1, "name": "x"}),
]


def agree(raw: bytes) -> None:
    assert parsed(raw) == parse.parse_closely(raw, RO)


@unhurried
@given(st.integers(0, len(ROWS) - 1), st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=4), st.randoms())
def test_both_ways_read_any_row_alike(sample: int, fields: dict[str, Any], rng: random.Random) -> None:
    agree(spelled(ROWS[sample] | fields, rng).encode())


@pytest.mark.often(first=12)
@pytest.mark.parametrize("field", FIELDS)
def test_both_ways_read_what_is_almost_usual_alike(field: str) -> None:
    for value in (*NEAR_MISSES, ...):
        agree(row(**{field: value}))


@given(st.binary(max_size=12))
@example(b"\xff")
@example(b"\\q")
def test_both_ways_reject_the_same_bytes_in_a_field_that_is_skipped(text: bytes) -> None:
    agree(b'{"id": 5, "characteristics": "' + text + b'", "name": "x"}')


def test_a_row_as_emag_writes_most_goes_the_short_way() -> None:
    assert fast_decoder.read(SAMPLE_ROWS[0], RO) is not None


def test_a_row_of_texts_for_numbers_goes_the_short_way() -> None:
    raw = written({"id": "7", "status": "1", "category_id": "12", "stock": [{"warehouse_id": "1", "value": "3"}]})

    found = fast_decoder.read(raw, RO)

    assert found is not None
    assert (found.emag_id, found.status, found.category_id, found.stock) == (7, 1, 12, 3)


def test_what_needs_a_remark_goes_the_long_way() -> None:
    assert fast_decoder.read(row(status="soon"), RO) is None
    assert parsed(row(status="soon")).remarks
