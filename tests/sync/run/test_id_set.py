from __future__ import annotations

import sys

from hypothesis import given
from hypothesis import strategies as st

from emagsync.sync.run.id_set import IdSet

IDS = st.integers(1, 2**24 + 5) | st.sampled_from((1, 7, 8, 2**24 - 1, 2**24, 2**63))


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


def test_its_size_does_not_grow_with_the_catalogue() -> None:
    few, many = IdSet([1]), IdSet(range(1, 250_001))
    assert sys.getsizeof(few._bits) == sys.getsizeof(many._bits)
    assert len(many) == 250_000
