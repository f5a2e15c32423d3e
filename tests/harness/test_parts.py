"""A part of the tests: each test is in one, and in the same one on every machine."""

from __future__ import annotations

import pytest

from support.parts import Part

NAMES = [f"tests/a/test_{name}.py::test_it[{number}]" for name in ("rows", "pages") for number in range(100)]


@pytest.mark.parametrize("of", [1, 2, 4, 7])
def test_each_test_is_in_one_part_and_none_is_without_one(of: int) -> None:
    parts = [[name for name in NAMES if Part(number, of).has(name)] for number in range(1, of + 1)]
    assert sorted(name for part in parts for name in part) == sorted(NAMES)
    assert all(len(part) > len(NAMES) / of / 2 for part in parts)


def test_the_part_of_a_test_does_not_change_with_the_process_or_its_other_tests() -> None:
    found = [next(number for number in range(1, 5) if Part(number, 4).has(name)) for name in NAMES[:6]]
    assert found == [3, 4, 1, 2, 3, 4]


@pytest.mark.parametrize("text", ["", "2", "0/4", "5/4", "2/0", "2/4/6", "a/b", " 2/4", "-1/4", "1/1000"])
def test_what_is_no_part_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write 2/4 for the second of four"):
        Part.parse(text)
