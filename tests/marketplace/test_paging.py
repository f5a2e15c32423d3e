"""A page that keeps failing is read in smaller pieces."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emagsync.marketplace import PLATFORMS, OfferFilters, OfferPage, read_stretch
from emagsync.marketplace import errors as e
from emagsync.marketplace.paging import PIECE_ATTEMPTS, smaller


class Rows:
    """A reader of `total` rows whose requests fail as `fails(first_row, last_row, size)` says."""

    def __init__(self, total: int, fails: Callable[[int, int, int], e.EmagError | None]) -> None:
        self.total, self.fails = total, fails
        self.asked: list[tuple[int, int, int | None]] = []

    async def read_offers(
        self, *, page: int = 1, per_page: int = 100, filters: OfferFilters | None = None, attempts: int | None = None
    ) -> OfferPage:
        self.asked.append((page, per_page, attempts))
        first, last = (page - 1) * per_page + 1, page * per_page
        error = self.fails(first, last, per_page)
        if error is not None:
            error.attempts = attempts or 5
            raise error
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
    assert (read.failed, read.attempts, reader.asked) == ((), 1, [(3, 100, None)])


async def test_only_the_size_that_fails_is_halved() -> None:
    reader = Rows(250, lambda _first, _last, size: e.CallTimeout("slow") if size > 25 else None)
    read = await read_stretch(reader, page=2, per_page=100)
    assert numbers(read.raw_rows) == list(range(101, 201))
    assert read.failed == ()
    assert [size for _, size, _ in reader.asked] == [100, 50, 25, 25, 50, 25, 25]
    assert {attempts for _, size, attempts in reader.asked if size < 100} == {PIECE_ATTEMPTS}
    assert read.attempts == 5 + 2 * PIECE_ATTEMPTS + 4


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
    assert [size for _, size, _ in reader.asked] == [100, 50, 25]


async def test_nothing_is_split_while_the_whole_account_is_failing() -> None:
    reader = Rows(1000, lambda *_: e.ServerFailure("x", 502))
    asked: list[bool] = []
    read = await read_stretch(
        reader, page=1, per_page=100, may_split=lambda: bool(asked.append(True)) or len(asked) < 3
    )
    assert [(piece.page, piece.per_page) for piece in read.failed] == [(1, 25), (2, 25), (2, 50)]
    assert [size for _, size, _ in reader.asked] == [100, 50, 25, 25, 50]


async def test_pieces_past_the_end_are_not_asked_for_one_by_one() -> None:
    reader = Rows(130, lambda _first, _last, size: e.CallTimeout("slow") if size > 5 else None)
    read = await read_stretch(reader, page=2, per_page=100)
    assert numbers(read.raw_rows) == list(range(101, 131))
    assert read.failed == ()
    assert sum(size == 5 for _, size, _ in reader.asked) == 6 + 1


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
