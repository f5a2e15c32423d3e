"""One part of many tests: `make thorough PART=2/4` runs the second quarter, and CI another one for each commit."""

from __future__ import annotations

import re
from typing import NamedTuple
from zlib import crc32


class Part(NamedTuple):
    """The `number`-th of `of` parts, counted from 1. Which part a test is in depends on nothing but its name."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Part:
        """Of `2/4`.

        Raises:
            ValueError: it is no such text, or there is no such part.
        """
        match = re.fullmatch(r"([1-9]\d{0,2})/([1-9]\d{0,2})", text)
        if match is None or int(match[1]) > int(match[2]):
            raise ValueError(f"{text!r} is no part: write 2/4 for the second of four.")
        return cls(int(match[1]), int(match[2]))

    def has(self, name: str) -> bool:
        return crc32(name.encode()) % self.of == self.number - 1
