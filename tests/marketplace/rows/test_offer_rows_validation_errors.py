"""What eMAG objects to, out of every shape that has been met."""

from __future__ import annotations

from typing import Any

import pytest

from emagsync.marketplace.rows import parse
from emagsync.marketplace.rows.parse import ValidationError
from marketplace.rows.row_shapes import ROWS


def test_validation_errors_come_in_the_sellers_language_else_english_else_any() -> None:
    payload = ROWS[2]

    assert parse.validation_errors(payload) == [
        ValidationError("brand:incorrect-brand", "brand", "Brandul completat nu este valid."),
        ValidationError("requestedValue:suggestion", "characteristics", "A more suitable option was identified."),
    ]
    assert [error.message for error in parse.validation_errors(payload, "hu_HU")] == [
        "The completed brand is not valid.",
        "Van jobb.",
    ]


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        pytest.param(None, [], id="null"),
        pytest.param([], [], id="empty"),
        pytest.param("Bad picture", [("", "", "Bad picture")], id="text"),
        pytest.param(["Bad", "Worse", "Bad"], [("", "", "Bad"), ("", "", "Worse")], id="texts, each once"),
        pytest.param([{"code": 7, "message": "Bad"}], [("7", "", "Bad")], id="message without locales"),
        pytest.param({"errors": None}, [], id="deep, none"),
        pytest.param(
            {"errors": [{"code": "x", "message": {"bg_BG": "Лошо"}}]}, [("x", "", "Лошо")], id="only another language"
        ),
        pytest.param({"0": {"code": "x", "message": ["Bad", "too"]}}, [("x", "", "Bad too")], id="counting keys"),
        pytest.param({"seller_input": {"code": "no"}, "status": "error"}, [], id="what the seller sent is no error"),
        pytest.param(
            [[{"errors": [[{"message": "Deep", "section": "name"}]]}]], [("", "name", "Deep")], id="lists in lists"
        ),
        pytest.param([5, True, None, {"code": None, "message": None}], [("", "", "5"), ("", "", "")], id="odd pieces"),
    ],
)
@pytest.mark.parametrize("field", ["validation_status", "translation_validation_status", "offer_validation_status"])
def test_validation_errors_are_found_in_every_shape(
    field: str, errors: Any, expected: list[tuple[str, str, str]]
) -> None:
    status = {"value": 8, "errors": errors}

    assert parse.validation_errors({field: status}) == expected
    assert parse.validation_errors({field: [status]}) == expected
