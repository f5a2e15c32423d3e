"""Opaque cursors."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emagsync.rest.paging import decode_cursor, decode_moment, encode_cursor
from emagsync.rest.problems import ApiProblem

# Hypothesis gives them their zone itself.
TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(
    st.lists(
        st.one_of(
            st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40),
            st.integers(-(2**63), 2**63 - 1),
            TIMES,
        ),
        max_size=4,
    )
)
def test_a_cursor_comes_back_as_it_was(values: list[str | int | datetime]) -> None:
    cursor = encode_cursor("runs", values)
    assert decode_cursor("runs", cursor, [type(value) for value in values]) == tuple(values)
    assert cursor.replace("-", "").replace("_", "").isalnum()


@given(st.text(max_size=60))
def test_whatever_else_is_handed_in_is_a_problem(text: str) -> None:
    with pytest.raises(ApiProblem) as refused:
        decode_cursor("runs", text, [str, int])
    assert refused.value.status == 422
    assert [(error.field, error.code) for error in refused.value.errors] == [("cursor", "bad_cursor")]


@pytest.mark.parametrize(
    "cursor",
    [
        pytest.param(encode_cursor("offers", ["a", 1]), id="of another list"),
        pytest.param(encode_cursor("runs", ["a"]), id="too few values"),
        pytest.param(encode_cursor("runs", [1, "a"]), id="other types"),
        pytest.param(encode_cursor("runs", ["a", True]), id="a truth value for a number"),
        pytest.param("x" * 2000, id="a giant"),
        pytest.param("é", id="not ASCII"),
    ],
)
def test_a_cursor_that_does_not_fit_is_a_problem(cursor: str) -> None:
    with pytest.raises(ApiProblem):
        decode_cursor("runs", cursor, [str, int])


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(["0001-01-01T00:00:00+14:00", "a"], id="before the calendar begins"),
        pytest.param(["9999-12-31T23:59:59-14:00", "a"], id="after it ends"),
        pytest.param(["yesterday", "a"], id="no time"),
        pytest.param([20261128, "a"], id="a number"),
        pytest.param([None, "a"], id="nothing"),
        pytest.param(["2026-11-28T00:00:00", "a"], id="without a zone"),
        pytest.param(["2026-11-28T00:00:00+00:00", None], id="no id"),
        pytest.param(["2026-11-28T00:00:00+00:00", "a\0"], id="what no database takes"),
    ],
)
def test_a_cursor_of_no_moment_is_a_problem(values: list[str | int | None]) -> None:
    with pytest.raises(ApiProblem):
        decode_moment("runs", encode_cursor("runs", values))
