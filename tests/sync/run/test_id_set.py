from __future__ import annotations

import sys

from hypothesis import given
from hypothesis import strategies as st

from emagsync.sync.run.id_set import IdSet

EDGES = [edge + step for edge in (8, 2**16, 2**17, 2**23, 2**24) for step in (-1, 0, 1)]
IDS = st.integers(1, 2**24 + 5) | st.integers(1, 2**17) | st.sampled_from((1, *EDGES, 2**63))


@given(st.lists(IDS))
def test_it_holds_what_a_set_holds(ids: list[int]) -> None:
    found = IdSet()
    known: set[int] = set()
    for emag_id in ids:
        assert found.add(emag_id) == (emag_id not in known)
        known.add(emag_id)
    assert len(found) == len(known)
    assert all(emag_id in found for emag_id in known)
    assert all((emag_id + 1 in found) == (emag_id + 1 in known) for emag_id in known)
    assert found == IdSet(known)


def test_different_ids_are_different_sets() -> None:
    assert IdSet([1]) != IdSet([2])
    assert IdSet([2**40]) != IdSet([2**40 + 1])
    assert IdSet([1]) != {1}


def test_ids_of_any_size_are_compared() -> None:
    assert IdSet([1, 2**20]) != IdSet([1, 2])
    assert IdSet([1, 2]) != IdSet([1, 2**20])
    longer = IdSet([2**23, 5])
    assert longer == IdSet([5, 2**23])


def test_its_size_does_not_grow_with_the_catalogue() -> None:
    few, many = IdSet([2**24 - 1]), IdSet(range(1, 250_001))
    assert sys.getsizeof(many._bits) < sys.getsizeof(few._bits) < 2**21 + 2**18
    assert len(many) == 250_000


def test_a_small_one_takes_kilobytes() -> None:
    assert sys.getsizeof(IdSet([60_000])._bits) < 10_000
