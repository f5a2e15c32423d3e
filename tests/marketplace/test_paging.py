"""A page that keeps failing is read in smaller pieces."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emagsync.marketplace import PLATFORMS, OfferFilters, OfferPage, RetryPolicy, read_stretch
from emagsync.marketplace import errors as e
from emagsync.marketplace.page_sizes import Pace, PageSizes, smaller
from emagsync.marketplace.paging import MOST_FAILURES, MOST_FAILURES_IN_A_ROW, WHOLE_ATTEMPTS, PieceRead
from emagsync.marketplace.retry import Attempts


class Rows:
    """A reader of `total` rows whose requests fail as `fails(first_row, last_row, size)` says."""

    def __init__(self, total: int, fails: Callable[[int, int, int], e.EmagError | None]) -> None:
        self.total, self.fails = total, fails
        self.asked: list[tuple[int, int]] = []
        self.requests = 0

    async def read_offers(
        self,
        *,
        page: int = 1,
        per_page: int = 100,
        filters: OfferFilters | None = None,
        attempts: int | None = None,
        split_attempts: int | None = None,
    ) -> OfferPage:
        self.asked.append((page, per_page))
        first, last = (page - 1) * per_page + 1, page * per_page
        error = self.fails(first, last, per_page)
        if error is not None:
            allowed = Attempts(attempts or 5, split_attempts)
            error.attempts = 1
            while (
                RetryPolicy()
                .decide(error.attempts, error, is_write=False, random=random.Random(1), attempts=allowed)
                .retry
            ):
                error.attempts += 1
            self.requests += error.attempts
            raise error
        self.requests += 1
        rows = range(first, min(last, self.total) + 1)
        return OfferPage(page, per_page, tuple(b"%d" % row for row in rows), PLATFORMS["emag-ro"])


def numbers(read: tuple[bytes, ...]) -> list[int]:
    return [int(row) for row in read]


def test_sizes_go_down_by_divisors() -> None:
    sizes, size = [], 100
    while (size := smaller(size) or 0) > 0:
        sizes.append(size)
    assert sizes == [50, 25, 5, 1]
    assert [smaller(size) for size in (1, 2, 97, 77, 64, 30)] == [None, 1, 1, 11, 32, 15]


async def test_a_page_that_passes_is_one_request() -> None:
    reader = Rows(250, lambda *_: None)
    read = await read_stretch(reader, page=3, per_page=100)
    assert numbers(read.raw_rows) == list(range(201, 251))
    assert (read.failed, read.attempts, reader.asked) == ((), 1, [(3, 100)])


async def test_a_page_that_takes_too_long_is_asked_for_once_and_read_in_smaller_ones_at_once() -> None:
    reader = Rows(250, lambda _first, _last, size: e.CallTimeout("slow") if size > 25 else None)
    read = await read_stretch(reader, page=2, per_page=100)
    assert numbers(read.raw_rows) == list(range(101, 201))
    assert read.failed == ()
    assert [size for _, size in reader.asked] == [100, 50, 25, 25, 25, 25]
    assert read.attempts == reader.requests == 6


async def test_only_the_size_that_fails_is_halved() -> None:
    reader = Rows(250, lambda _first, _last, size: e.ReadFailed("reset") if size > 25 else None)
    read = await read_stretch(reader, page=2, per_page=100)
    assert numbers(read.raw_rows) == list(range(101, 201))
    assert [size for _, size in reader.asked] == [100, 50, 25, 25, 50, 25, 25]
    assert read.attempts == reader.requests == WHOLE_ATTEMPTS + 6


@pytest.mark.parametrize("fault", [e.ServerFailure("x", 500), e.NotJson("x"), e.ReadFailed("x"), e.CallTimeout("x")])
async def test_a_stretch_of_which_nothing_comes_costs_a_dozen_requests(fault: e.EmagError) -> None:
    reader = Rows(1000, lambda *_: fault)
    read = await read_stretch(reader, page=2, per_page=100)
    assert read.raw_rows == ()
    assert reader.requests == read.attempts <= MOST_FAILURES_IN_A_ROW + 1
    assert sum(piece.per_page for piece in read.failed) == 100


async def test_a_stretch_with_many_bad_rows_is_given_up_with_what_came() -> None:
    reader = Rows(1000, lambda first, last, _: e.ReadFailed("x") if first // 3 != last // 3 or first % 3 else None)
    read = await read_stretch(reader, page=1, per_page=100)
    assert len(read.raw_rows) > 2
    assert reader.requests <= MOST_FAILURES + len(read.raw_rows) + WHOLE_ATTEMPTS


@pytest.mark.parametrize("passes", [1, 5, 25, 50])
async def test_a_stretch_that_comes_only_in_small_pieces_comes_whole(passes: int) -> None:
    reader = Rows(1000, lambda _first, _last, size: e.ReadFailed("reset") if size > passes else None)
    read = await read_stretch(reader, page=2, per_page=100)
    assert numbers(read.raw_rows) == list(range(101, 201))
    assert reader.requests <= 100 // passes + MOST_FAILURES_IN_A_ROW


async def test_pieces_that_are_done_are_not_read_again_and_each_is_handed_on_as_it_comes() -> None:
    reader = Rows(1000, lambda *_: None)
    came: list[PieceRead] = []

    async def keep(piece: PieceRead) -> None:
        came.append(piece)

    await read_stretch(reader, page=2, per_page=100, done={0: 25, 50: 5}, on_piece=keep)
    assert [(piece.page, piece.per_page) for piece in came] == [
        (6, 25),  # 126 to 150
        *((page, 5) for page in (32, 33, 34, 35)),  # 156 to 175
        (8, 25),
    ]
    covered = [number for piece in came for number in numbers(piece.raw_rows)]
    assert sorted([*covered, *range(101, 126), *range(151, 156)]) == list(range(101, 201))


async def test_the_size_that_was_learnt_is_where_a_stretch_begins() -> None:
    reader = Rows(1000, lambda *_: None)
    await read_stretch(reader, page=1, per_page=100, sizes=PageSizes(100, remembered=Pace(30, failed_trials=6)))
    assert reader.asked == [(1, 25), (2, 25), (3, 25), (4, 25)]


async def test_one_row_that_never_comes_costs_itself_only() -> None:
    bad = 142
    reader = Rows(1000, lambda first, last, _size: e.ReadFailed("reset") if first <= bad <= last else None)
    read = await read_stretch(reader, page=2, per_page=100)
    assert numbers(read.raw_rows) == [row for row in range(101, 201) if row != bad]
    assert [(piece.page, piece.per_page, piece.error.code) for piece in read.failed] == [(bad, 1, "read_failed")]


async def test_what_a_smaller_page_does_not_cure_is_not_split() -> None:
    for error in (e.RateLimited("x"), e.ConnectFailed("x"), e.Refused("x"), e.UnexpectedStatus("x", 404)):
        reader = Rows(1000, lambda *_, error=error: error)
        read = await read_stretch(reader, page=2, per_page=100)
        assert [(piece.page, piece.per_page) for piece in read.failed] == [(2, 100)]
        assert len(reader.asked) == 1


async def test_configuration_errors_are_raised_at_once_even_from_a_piece() -> None:
    reader = Rows(1000, lambda first, _last, size: e.CallTimeout("x") if size > 25 else e.IpNotAllowed("x", "1.2.3.4"))
    with pytest.raises(e.IpNotAllowed):
        await read_stretch(reader, page=1, per_page=100)
    assert [size for _, size in reader.asked] == [100, 50, 25]


async def test_nothing_is_split_while_the_whole_account_is_failing() -> None:
    reader = Rows(1000, lambda *_: e.ServerFailure("x", 502))
    asked: list[bool] = []
    read = await read_stretch(
        reader, page=1, per_page=100, may_split=lambda: bool(asked.append(True)) or len(asked) < 3
    )
    assert [size for _, size in reader.asked] == [100, 50, 25]
    assert sum(piece.per_page for piece in read.failed) == 100


async def test_pieces_past_the_end_are_not_asked_for_one_by_one() -> None:
    reader = Rows(130, lambda _first, _last, size: e.CallTimeout("slow") if size > 5 else None)
    read = await read_stretch(reader, page=2, per_page=100)
    assert numbers(read.raw_rows) == list(range(101, 131))
    assert read.failed == ()
    assert sum(size == 5 for _, size in reader.asked) == 6 + 1


@given(st.integers(0, 130), st.integers(1, 100), st.integers(1, 3), st.integers(1, 100), st.sets(st.integers(1, 130)))
async def test_every_row_is_read_once_or_named_as_failed(
    total: int, per_page: int, page: int, passes: int, bad: set[int]
) -> None:
    def fails(first: int, last: int, size: int) -> e.EmagError | None:
        return e.NotJson("x") if size > passes or any(first <= row <= last for row in bad) else None

    read = await read_stretch(Rows(total, fails), page=page, per_page=per_page)
    covered = numbers(read.raw_rows)
    for piece in read.failed:
        covered += range((piece.page - 1) * piece.per_page + 1, min(piece.page * piece.per_page, total) + 1)
    assert sorted(covered) == list(range((page - 1) * per_page + 1, min(page * per_page, total) + 1))
