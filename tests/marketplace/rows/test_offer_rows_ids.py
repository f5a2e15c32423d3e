"""The id of a row, and rows that are rejected for want of one."""

from __future__ import annotations

import pytest

from emagsync.marketplace.rows import parse
from marketplace.rows.row_shapes import offer, parsed, row


def remarked(raw: bytes) -> list[str]:
    return [remark.field for remark in parsed(raw).remarks]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"null", "the row is null, not an object"),
        (b"[1]", "the row is a list, not an object"),
        (b"5", "the row is the number 5, not an object"),
        (b'"x"', "the row is 'x', not an object"),
        (b"{}", "the row has no id"),
        (b'{"id": null}', "its id is null"),
        (b'{"id": ""}', "its id is ''"),
        (b'{"id": 0}', "its id is the number 0, not a whole number from 1 to 2^63-1"),
        (b'{"id": -3}', "its id is the number -3, not a whole number from 1 to 2^63-1"),
        (b'{"id": true}', "its id is true, not a whole number from 1 to 2^63-1"),
        (b'{"id": "abc"}', "its id is 'abc', not a whole number from 1 to 2^63-1"),
        (b'{"id": 1.5}', "its id is the number 1.5, not a whole number from 1 to 2^63-1"),
        (b'{"id": [1]}', "its id is a list, not a whole number from 1 to 2^63-1"),
        (
            b'{"id": 9223372036854775808}',
            "its id is the number 9223372036854775808, not a whole number from 1 to 2^63-1",
        ),
        (b'{"id": 1', "the row is not JSON in UTF-8"),
        (b"", "the row is not JSON in UTF-8"),
        (b'{"id": 1, "sale_price": NaN}', "the row is not JSON in UTF-8"),
    ],
)
def test_a_row_without_a_usable_id_is_rejected_with_what_is_there(raw: bytes, reason: str) -> None:
    assert parsed(raw) == parse.ParsedRow(None, None, (), reason, raw)


@pytest.mark.parametrize(
    "raw", [b'{"id": 12}', b'{"id": "12"}', b'{"id": 12.0}', b'{"x": "\\ud800", "id": 12}', b'{"id": 1, "id": 12}']
)
def test_the_id_is_read_alone_as_it_is_in_the_row(raw: bytes) -> None:
    assert parse.peek_id(raw) == parsed(raw).emag_id == 12


def test_a_row_that_is_not_text_is_rejected_under_its_id() -> None:
    raw = b'{"id": 1, "name": "\xff"}'

    assert parsed(raw) == parse.ParsedRow(1, None, (), "the row is not JSON in UTF-8", raw)


def test_an_id_above_the_documented_limit_is_kept_with_a_remark() -> None:
    assert remarked(row(id=16_777_215)) == []
    assert remarked(row(id=16_777_216)) == ["id"]
    assert offer(row(id=2**63 - 1)).emag_id == 2**63 - 1
