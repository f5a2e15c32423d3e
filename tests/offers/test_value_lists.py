"""Lists of texts in one column."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from emagsync.offers.value_lists import list_text, read_list, read_lists


@given(st.lists(st.lists(st.text(max_size=5), max_size=3), max_size=10))
def test_stored_lists_are_read_together_as_one_by_one(values: list[list[str]]) -> None:
    stored = [list_text(one) for one in values]
    assert read_lists(stored) == [read_list(one) for one in stored] == values
