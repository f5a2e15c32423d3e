"""`docs/security-tests.md` names a test for each attack: every one of them exists, and no row is without one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

REPO = Path(__file__).parents[1]
PAGE = REPO / "docs" / "security-tests.md"
_ROW = re.compile(r"\|(?P<tried>.+?)(?<!\\)\|(?P<now>.+?)(?<!\\)\|(?P<tests>.+?)(?<!\\)\|\s*")
_TEST = re.compile(r"`?(?P<file>(?:tests|web)/[\w./\-]+\.(?:py|tsx?))::(?P<name>[^`|]+?)`?")


def problems_in(page: str) -> list[str]:
    """What is wrong with the page's rows: one line for each."""
    rows = [line for line in page.splitlines() if line.startswith("|")][2:]
    return [f"{problem}: {row}" for row in rows if (problem := _problem_of(row)) is not None]


def _problem_of(row: str) -> str | None:
    cells = _ROW.fullmatch(row)
    if cells is None or not all(cell.strip() for cell in cells.groups()):
        return "not three cells with something in each"
    tests = [_TEST.fullmatch(name) for name in re.split(r",\s+|<br>", cells["tests"].strip())]
    if any(test is None for test in tests):
        return "not `tests/folder/test_file.py::test_name`, or several with commas between"
    return next(
        (f"there is no {test[0]}" for test in tests if test and not _is_there(test["file"], test["name"])), None
    )


def _is_there(file: str, name: str) -> bool:
    path = REPO / file
    if not path.is_file():
        return False
    if path.suffix == ".py":
        # What a class holds is named by `Class::test`.
        return name.split("::")[-1].split("[")[0] in _functions_in(path)
    return name in path.read_text()


def _functions_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_test_that_the_page_names_is_there() -> None:
    assert problems_in(PAGE.read_text()) == []


def test_a_row_without_a_test_and_one_whose_test_is_gone_are_found() -> None:
    here = "tests/test_documented_tests.py::"
    rows = [
        f"| tried | held | `{here}test_every_test_that_the_page_names_is_there` |",
        "| tried | held | |",
        "| tried | held | soon |",
        f"| tried | held | {here}test_that_was_renamed |",
        f"| a \\| b | held | {here}test_every_test_that_the_page_names_is_there, {here}test_gone |",
        "| tried | held | tests/gone.py::test_every_test_that_the_page_names_is_there |",
    ]
    found = problems_in("\n".join(["| a | b | c |", "|---|---|---|", *rows]))
    assert [next(index for index, row in enumerate(rows) if problem.endswith(row)) for problem in found] == [
        *(1, 2, 3, 4, 5)
    ]
