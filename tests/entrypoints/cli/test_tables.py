"""Tables as lines."""

from __future__ import annotations

import pytest

from emagsync.entrypoints.cli.output.tables import fitting_lines, table_lines


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


COLUMNS = ("id", "name", "state", "made")
ROWS = [["1", "a lamp with a rather long name", "active", "2026-10-25 03:20:00+02:00"], ["22", "mug", "", "-"]]


@pytest.mark.parametrize(
    ("room", "header"),
    [
        (None, "id   name                             state    made"),
        (80, "id   name                             state    made"),
        (60, "id   name               state    made"),
        (40, "id   name                  state"),
        (25, "id   name"),
    ],
)
def test_columns_are_cut_and_left_out_until_a_table_fits(room: int | None, header: str) -> None:
    lines = fitting_lines(COLUMNS, ROWS, ["id"], ["made", "state"], "name", room)
    assert lines[0].split() == header.split()
    assert room is None or max(map(len, lines)) <= room


def test_a_row_that_fits_in_no_way_becomes_a_card_with_everything() -> None:
    lines = fitting_lines(COLUMNS, ROWS, ["id"], [], None, 36)
    assert lines[:4] == [
        "id     1",
        "name   a lamp with a rather long",
        "       name",
        "state  active",
    ]
    assert "" in lines
    assert max(map(len, lines)) <= 36


def test_a_cut_cell_says_so() -> None:
    assert "…" in fitting_lines(COLUMNS, ROWS, ["id"], ["made"], "name", 40)[2]
