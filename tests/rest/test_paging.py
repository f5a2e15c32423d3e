"""Opaque cursors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emagsync.rest.paging import decode_cursor, encode_cursor
from emagsync.rest.problems import ApiProblem


@given(st.lists(st.one_of(st.text(max_size=40), st.integers(-(2**63), 2**63 - 1)), max_size=4))
def test_a_cursor_comes_back_as_it_was(values: list[str | int]) -> None:
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
