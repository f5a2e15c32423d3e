"""Tables as lines."""

from __future__ import annotations

import pytest

from emagsync.entrypoints.cli.output.tables import table_lines


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        pytest.param([], ["name   count", "────────────"], id="no rows"),
        pytest.param(
            [["lamp", "5"], ["a long name", "12,345"]],
            ["name           count", "────────────────────", "lamp               5", "a long name   12,345"],
            id="numbers to the right, columns as wide as their content",
        ),
        pytest.param(
            [["Lampă", "1"], ["ランプ", "2"], ["Lampa\N{COMBINING BREVE}", "3"]],
            [
                "name     count",
                "──────────────",
                "Lampă        1",
                "ランプ       2",
                "Lampa\N{COMBINING BREVE}        3",
            ],
            id="letters of no, one and two columns",
        ),
        pytest.param(
            [["[bold]", "-"]],
            ["name     count", "──────────────", "[bold]       -"],
            id="markup is text",
        ),
    ],
)
def test_a_table_is_lines_as_wide_as_its_content(rows: list[list[str]], lines: list[str]) -> None:
    assert table_lines(["name", "count"], rows, ["count"]) == lines


def test_lines_have_no_spaces_at_their_end() -> None:
    assert table_lines(["a", "reason"], [["1", ""], ["2", "long enough"]], [])[2] == "1"
