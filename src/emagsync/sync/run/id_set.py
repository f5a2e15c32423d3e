"""A set of offer ids that takes 2 MiB at most, whatever the catalogue: one bit for every id that eMAG allows."""

from __future__ import annotations

from collections.abc import Iterable

# The contract's range of `id` (1..16777215): 2 MiB of bits.
_BITS = 1 << 24
# What a set begins with. Most sellers count their offers from 1 and have fewer.
_FIRST_BITS = 1 << 16


class IdSet:
    """A set of positive integers. Ids beyond eMAG's range are kept too, one by one."""

    __slots__ = ("__weakref__", "_bits", "_count", "_others")

    def __init__(self, ids: Iterable[int] = ()) -> None:
        self._bits = bytearray(_FIRST_BITS // 8)
        self._others: set[int] = set()
        self._count = 0
        for emag_id in ids:
            self.add(emag_id)

    def __len__(self) -> int:
        return self._count

    def __contains__(self, emag_id: int) -> bool:
        if 0 < emag_id < len(self._bits) * 8:
            return bool(self._bits[emag_id >> 3] & (1 << (emag_id & 7)))
        return emag_id in self._others

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, IdSet):
            return NotImplemented
        # The ids are the same where those of the shorter bits are, and the longer ones have no more.
        bits, others = sorted((self._bits, other._bits), key=len)
        return self._count == other._count and others.startswith(bits) and self._others == other._others

    __hash__ = None  # type: ignore[assignment]  # it changes

    def add(self, emag_id: int) -> bool:
        """Put it in; returns whether it was not there before."""
        if 0 < emag_id < _BITS:
            # Without a call, and with one look: it is done twice for each offer of a run.
            try:
                byte, bit = self._bits[emag_id >> 3], 1 << (emag_id & 7)
            except IndexError:
                self._grow(emag_id)
                byte, bit = 0, 1 << (emag_id & 7)
            if byte & bit:
                return False
            self._bits[emag_id >> 3] = byte | bit
        elif emag_id in self._others:
            return False
        else:
            self._others.add(emag_id)
        self._count += 1
        return True

    def _grow(self, emag_id: int) -> None:
        """Make room for an id: for twice as many each time, so that it is seldom done."""
        bits = 1 << emag_id.bit_length()
        self._bits.extend(bytes(bits // 8 - len(self._bits)))

    def release(self) -> None:
        """Give the memory back, whoever may still hold the set. It is not to be used any more."""
        self._bits = bytearray()
        self._others = set()
        self._count = 0
