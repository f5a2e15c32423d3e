"""Nothing is nothing: each way to say it, in each field, is read as if the field were not there, without a remark."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emagsync.marketplace.rows import fast_decoder, parse
from emagsync.marketplace.rows.field_reader import FREE_TEXTS
from emagsync.marketplace.rows.validation_errors import validation_errors
from marketplace.rows.row_shapes import RO, ROWS, offer, parsed, row, unhurried, written

FIELDS = sorted({*fast_decoder.FIELDS, *ROWS[0], "manufacturer", "eu_representative", "doc_errors", "new"} - {"id"})
ALWAYS = [None, "", [], {}]
WHERE_NO_TEXT_IS_MEANT = ["null", "NULL", " null ", "  "]


def without_bytes(raw: bytes) -> tuple[Any, ...]:
    """What was read, without the row's own bytes."""
    found = parsed(raw)
    return found._replace(raw=b"", kept=b"")


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_that_says_nothing_is_read_as_if_it_were_not_there(field: str) -> None:
    for sample in ROWS:
        missing = without_bytes(written({key: value for key, value in sample.items() if key != field}))
        assert missing[2] == ()
        for nothing in (*ALWAYS, *(() if field in FREE_TEXTS else WHERE_NO_TEXT_IS_MEANT)):
            assert without_bytes(written(sample | {field: nothing})) == missing


@unhurried
@given(
    st.sampled_from(ROWS),
    st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(ALWAYS), max_size=len(FIELDS)),
)
def test_any_fields_that_say_nothing_cost_no_remark_but_that_no_stock_is_told(
    sample: dict[str, Any], nothings: dict[str, Any]
) -> None:
    missing = without_bytes(written({key: value for key, value in sample.items() if key not in nothings}))

    assert without_bytes(written(sample | nothings)) == missing
    assert {remark.field for remark in missing[2]} <= {"stock"}


@pytest.mark.parametrize("nothing", [*ALWAYS, *WHERE_NO_TEXT_IS_MEANT], ids=repr)
def test_nothing_inside_of_a_field_costs_no_remark_either(nothing: Any) -> None:
    raw = row(
        general_stock=4,
        stock=[{"warehouse_id": nothing, "value": nothing}],
        handling_time=[{"warehouse_id": 1, "value": nothing}, nothing],
        validation_status=[{"value": nothing, "errors": nothing}],
        offer_validation_status=[nothing],
        images=[nothing, {"url": nothing}, {"url": "https://images.example/1.jpg", "display_type": nothing}],
        ean=[nothing, "5941234567890"],
        family={"id": nothing, "name": ""},
    )
    found = parsed(raw)

    assert found.remarks == ()
    assert found.offer is not None
    assert (found.offer.stock, found.offer.handling_time, found.offer.validation_status) == (4, None, None)
    assert (found.offer.main_image, found.offer.eans) == ("https://images.example/1.jpg", ("5941234567890",))
    assert validation_errors(parse.payload(raw)) == []


def test_a_text_may_be_the_word_null() -> None:
    found = offer(row(name="null", part_number="NULL"))

    assert (found.name, found.part_number) == ("null", "NULL")


def test_rows_of_an_account_whose_empty_dates_are_lists_go_the_short_way() -> None:
    empties = {"start_date": [], "family": [], "green_tax": [], "warranty": [], "currency_type": [], "url": ""}

    assert fast_decoder.read(row(**empties), RO) is not None
