"""Why pages are read in the order of `spread`: the figures of docs/decisions/0001, by simulation."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest

from emagsync.sync.run.page_plan import spread

OFFERS, SIZE, TRIALS = 2_545, 100, 300


def plain(pages: int) -> list[int]:
    return list(range(1, pages + 1))


def unnoticed_losses(order: Callable[[int], Sequence[int]], moved: int, *, appended: bool, read_twice: bool) -> float:
    """The share of readings that miss a row although nothing they see says that the list moved."""
    return sum(_loses(order, moved, seed, appended, read_twice) for seed in range(TRIALS)) / TRIALS


def _loses(order: Callable[[int], Sequence[int]], moved: int, seed: int, appended: bool, read_twice: bool) -> bool:
    rng = random.Random(seed)
    offers = list(range(OFFERS))
    pages = [*order(-(-OFFERS // SIZE)), -(-OFFERS // SIZE) + 1]
    moment = rng.randrange(1, len(pages))
    read: dict[int, list[int]] = {}
    for turn, page in enumerate(pages):
        if turn == moment:
            for number in range(moved):
                offers.pop(rng.randrange(len(offers)))
                offers.insert(len(offers) if appended else rng.randrange(len(offers)), OFFERS + number)
        read[page] = offers[(page - 1) * SIZE : page * SIZE]
    rows = [offer for page in read.values() for offer in page]
    last = max(page for page, found in read.items() if found)
    noticed = (
        len(rows) != len(set(rows))
        or len(set(rows)) != OFFERS
        or (read_twice and _tail(offers[(last - 1) * SIZE : last * SIZE]) != _tail(read[last]))
    )
    return not noticed and bool(set(offers) - set(rows))


def _tail(rows: list[int]) -> list[int]:
    return rows[SIZE // 2 :] or rows


@pytest.mark.parametrize("moved", [1, 3, 10])
def test_offers_removed_while_others_are_appended_hardly_ever_slip_through(moved: int) -> None:
    assert unnoticed_losses(plain, moved, appended=True, read_twice=False) > 0.45
    assert unnoticed_losses(spread, moved, appended=True, read_twice=True) <= 0.02


@pytest.mark.parametrize("moved", [1, 3, 10])
def test_offers_removed_while_others_appear_anywhere_slip_through_far_less_often_than_in_plain_order(
    moved: int,
) -> None:
    loss = unnoticed_losses(plain, moved, appended=False, read_twice=False)
    assert unnoticed_losses(spread, moved, appended=False, read_twice=True) < loss / 3


@pytest.mark.parametrize("pages", [0, 1, 2, 3, 7, 26, 100])
def test_every_page_is_planned_once(pages: int) -> None:
    assert sorted(spread(pages)) == list(range(1, pages + 1))


def test_both_ends_come_first_and_neighbours_last() -> None:
    assert spread(9) == [1, 9, 5, 3, 7, 2, 6, 4, 8]
