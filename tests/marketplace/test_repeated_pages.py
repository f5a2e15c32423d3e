"""A list that repeats itself is noticed; one whose rows move is not taken for such a one."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from emagsync.marketplace.repeated_pages import RepeatedPages

PAGES = 26


def ids(page: int) -> list[int]:
    return list(range(page * 100 - 99, page * 100 + 1))


def shuffled(page: int) -> list[int]:
    rows = ids(1)
    random.Random(page).shuffle(rows)
    return rows


REPEATING: list[tuple[str, Callable[[int], list[int]]]] = [
    ("every page the same", lambda _: ids(1)),
    ("every page the same rows, in another order", shuffled),
    ("all rows on every page", lambda _: list(range(1, 2546))),
    ("the last page for ever", lambda page: ids(min(page, PAGES))),
    ("from the start again", lambda page: ids((page - 1) % PAGES + 1)),
]


@pytest.mark.parametrize(("name", "rows"), REPEATING, ids=[name for name, _ in REPEATING])
@pytest.mark.parametrize("expected", [PAGES, 3, 0, None])
def test_a_list_that_repeats_itself_is_noticed_a_few_pages_behind_its_end(
    name: str, rows: Callable[[int], list[int]], expected: int | None
) -> None:
    if expected is None and name == "from the start again":
        expected = PAGES  # without any idea of the end it is a list of other rows until it has come round four times
    repeats = RepeatedPages()
    noticed = next(page for page in range(1, 200) if repeats.add(page, rows(page), expected=expected))
    assert noticed <= PAGES + 5


def moving() -> Iterator[tuple[str, list[list[int]]]]:
    pages = [ids(page) for page in range(1, PAGES + 1)]
    yield "a list that stands still", pages
    yield "one page that came twice", [pages[0], pages[0], *pages[1:]]
    yield "rows inserted at the front while it was read", [*pages, ids(PAGES), list(range(2540, 2601))]
    yield "rows in a new order at every read", [random.Random(page).sample(range(2600), 100) for page in range(40)]


@pytest.mark.parametrize(("name", "pages"), list(moving()), ids=[name for name, _ in moving()])
def test_a_list_whose_rows_move_does_not_repeat_itself(name: str, pages: list[list[int]]) -> None:
    repeats = RepeatedPages()
    assert not any(repeats.add(number, rows, expected=PAGES) for number, rows in enumerate(pages, start=1)), name


def test_pages_of_rows_without_an_id_are_told_by_their_bytes() -> None:
    repeats = RepeatedPages()
    assert [repeats.add(page, (b"null", b"[]")) for page in (1, 2, 3, 4)] == [False, False, False, True]


def test_an_odd_row_that_stands_in_the_list_hundreds_of_times_is_no_repetition() -> None:
    repeats = RepeatedPages()
    assert not any(repeats.add(page, (b"null",) * 20, expected=40) for page in range(1, 31))
    # Behind the end it is one.
    assert any(repeats.add(page, (b"null",) * 20, expected=40) for page in range(41, 47))
