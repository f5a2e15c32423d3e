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
    repeats = RepeatedPages()
    noticed = next(page for page in range(1, 200) if repeats.add(page, rows(page), expected=expected))
    # Without any idea of the end it is a list of other rows until it has come round once.
    assert noticed <= PAGES + (5 if expected is not None or name != "from the start again" else PAGES)


def any_of(offers: int, seed: str, page: int) -> list[int]:
    return random.Random(f"{seed}/{page}").sample(range(1, offers + 1), min(100, offers))


def others_among_the_first_pages(offers: int, seed: str, page: int) -> list[int]:
    """The first three pages as they are, then any of their rows."""
    known = min(offers, 300)
    return list(range(page * 100 - 99, min(page * 100, known) + 1)) if page * 100 < known else any_of(known, seed, page)


def a_row_more_each_time(offers: int, seed: str, page: int) -> list[int]:
    """The list over and over, from another row each time, so that no page is like another."""
    del seed
    return [(page * 101 + row) % offers + 1 for row in range(min(100, offers))]


@pytest.mark.parametrize("rows", [any_of, others_among_the_first_pages, a_row_more_each_time])
@pytest.mark.parametrize("offers", [30, 101, 250, 2545, 12_000])
@pytest.mark.parametrize("seed", ["a", "b", "c"])
def test_pages_of_known_rows_that_are_never_the_same_are_noticed_too(
    rows: Callable[[int, str, int], list[int]], offers: int, seed: str
) -> None:
    pages = -(-offers // 100)

    def noticed(expected: int | None, most: int) -> int:
        repeats = RepeatedPages()
        return next(page for page in range(1, most) if repeats.add(page, rows(offers, seed, page), expected=expected))

    # Behind the end any page with rows that had not come puts it off, and a few are left to chance.
    with_new = last_page_with_something_new(lambda page: rows(offers, seed, page))
    assert noticed(pages, 5000) <= max(pages, with_new) + 5
    assert noticed(None, 5000) <= with_new + max(10, pages)


def last_page_with_something_new(rows: Callable[[int], list[int]]) -> int:
    seen: set[int] = set()
    last = 0
    for page in range(1, 5000):
        before = len(seen)
        seen.update(rows(page))
        last = page if len(seen) > before else last
    return last


@pytest.mark.parametrize("expected", [3, None])
def test_pages_that_overtake_each_other_on_their_way_are_noticed_as_well(expected: int | None) -> None:
    for seed in range(50):
        late = random.Random(seed)
        order = sorted(range(1, 100), key=lambda page: page + late.randint(0, 8))
        repeats = RepeatedPages()
        came = next(
            at for at, page in enumerate(order) if repeats.add(page, any_of(300, str(seed), page), expected=expected)
        )
        assert came < 60


def test_a_page_that_failed_between_them_does_not_keep_the_others_from_being_noticed() -> None:
    repeats = RepeatedPages()
    pages = [page for page in range(1, 20) if page not in (5, 8)]
    assert next(page for page in pages if repeats.add(page, any_of(250, "x", page), expected=3)) < 20


def test_rows_that_were_pushed_behind_the_end_are_not_taken_for_it_when_eMAG_counts_them() -> None:
    repeats = RepeatedPages()
    for page in range(1, PAGES + 1):
        assert not repeats.add(page, ids(page), expected=PAGES)
    pushed = [[emag_id - 550 for emag_id in ids(page)] for page in range(PAGES + 1, PAGES + 6)]
    found = [repeats.add(page, rows, expected=PAGES) for page, rows in enumerate(pushed, start=PAGES + 1)]
    assert found == [False, False, False, False, True]
    assert not repeats.repeats(PAGES + 6)


def moving() -> Iterator[tuple[str, list[list[int]]]]:
    pages = [ids(page) for page in range(1, PAGES + 1)]
    yield "a list that stands still", pages
    yield "one page that came twice", [pages[0], pages[0], *pages[1:]]
    yield "rows inserted at the front while it was read", [*pages, ids(PAGES), list(range(2540, 2601))]
    yield "rows in a new order at every read", [random.Random(page).sample(range(2600), 100) for page in range(40)]
    yield "a tenth more than eMAG counts", [ids(page) for page in range(1, PAGES + 4)]
    yield "three times as many as eMAG counts", [ids(page) for page in range(1, 3 * PAGES)]
    yield (
        "four pages of rows pushed behind the end",
        [*pages, *([row - 350 for row in ids(PAGES + n)] for n in range(4))],
    )
    yield (
        "rotated by 13 rows at every page",
        [[(row + 13 * page) % 2600 + 1 for row in ids(page)] for page in range(26)],
    )


@pytest.mark.parametrize(("name", "pages"), list(moving()), ids=[name for name, _ in moving()])
def test_nor_does_it_where_eMAG_gives_no_count(name: str, pages: list[list[int]]) -> None:
    repeats = RepeatedPages()
    assert not any(repeats.add(number, rows) for number, rows in enumerate(pages, start=1)), name


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
    without_count = RepeatedPages()
    assert not any(without_count.add(page, (b"null",) * 20) for page in range(1, 301))
    # Behind the end it is one.
    assert any(repeats.add(page, (b"null",) * 20, expected=40) for page in range(41, 47))


def test_odd_rows_without_end_are_noticed_without_a_count_too() -> None:
    repeats = RepeatedPages()
    assert any(repeats.add(page, (b"null",) * 20) for page in range(1, 600))
