"""Reads the rows of a JSON document: a list of objects, at a path or wherever there is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from emagsync.core import strict_json
from emagsync.core.usable_texts import usable
from emagsync.edits.bulk.file_limits import MOST_COLUMNS, MOST_DEPTH
from emagsync.edits.bulk.file_table import Cell, Row, Table, filled
from emagsync.edits.errors import FileUnreadable
from emagsync.sources.reading.trees import heading_row, spread

# More digits than this before or after the point make no sense anywhere.
_MOST_DIGITS: Final = 30
# The name of what a row holds that is no object.
VALUE: Final = "value"


def json_table(content: bytes, row_path: str | None, most_rows: int) -> Table:
    """The table in `content`, one row for each item of a list; nested values are named by their paths.

    `row_path` is where that list is, such as `data/items`; None: the longest list of objects. Raises FileUnreadable.
    """
    document = _parsed(content)
    path, items = _rows_at(document, row_path) if row_path is not None else _rows_found(document)
    rows = [list(_flat(item, "", 0)) for item in items]
    header, columns = heading_row(rows)
    table = Table(iter(()), row_path=path or "$")
    table.rows = filled(_with_header(header, rows, columns), most_rows)
    return table


def _with_header(header: Row, rows: Sequence[Sequence[tuple[str, Cell]]], columns: Mapping[str, int]) -> Iterator[Row]:
    yield header
    for number, cells in enumerate(rows, start=1):
        yield Row(number, spread(cells, columns))


def _parsed(content: bytes) -> Any:
    try:
        return strict_json.loads(content.removeprefix(b"\xef\xbb\xbf"), parse_float=_number)
    except UnicodeDecodeError as error:
        raise FileUnreadable("not_json", error="it is not UTF-8, UTF-16 or UTF-32") from error
    except ValueError as error:
        raise FileUnreadable("not_json", error=str(error)[:200]) from error


def _number(text: str) -> Decimal:
    """What a number with a point or an exponent says; infinite where that is beyond every number."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("Infinity")


def _rows_at(document: Any, row_path: str) -> tuple[str, Sequence[Any]]:
    steps = [step for step in row_path.strip("/").split("/") if step not in ("", "$")]
    found = document
    for step in steps:
        if not isinstance(found, dict) or step not in found:
            raise FileUnreadable("no_rows_at", path=row_path, found=_listed(document))
        found = found[step]
    if not isinstance(found, list):
        raise FileUnreadable("no_rows_at", path=row_path, found=_listed(document))
    return "/".join(steps), found


def _rows_found(document: Any) -> tuple[str, Sequence[Any]]:
    lists = sorted(_lists(document, "", 0), key=lambda one: -sum(isinstance(item, dict) for item in one[1]))
    if not lists:
        raise FileUnreadable("no_rows_found")
    return lists[0]


def _lists(document: Any, path: str, depth: int) -> Iterator[tuple[str, list[Any]]]:
    """Every list that is reached by names alone, with its path."""
    if isinstance(document, list):
        yield path, document
    elif isinstance(document, dict) and depth < MOST_DEPTH:
        for name, value in document.items():
            yield from _lists(value, usable(f"{path}/{name}".lstrip("/")), depth + 1)


def _listed(document: Any) -> str:
    return ", ".join(path or "$" for path, _ in list(_lists(document, "", 0))[:10])


def _flat(item: Any, path: str, depth: int) -> Iterator[tuple[str, Cell]]:
    """The values of a row with their paths."""
    if depth > MOST_DEPTH:
        raise FileUnreadable("too_many_elements")
    if isinstance(item, dict):
        for name, value in item.items():
            yield from _flat(value, f"{path}/{name}".lstrip("/"), depth + 1)
    elif isinstance(item, list) and any(isinstance(value, dict | list) for value in item):
        for number, value in enumerate(item[:MOST_COLUMNS], start=1):
            yield from _flat(value, f"{path}/{number}".lstrip("/"), depth + 1)
        if len(item) > MOST_COLUMNS:
            raise FileUnreadable("too_many_elements")
    elif isinstance(item, list) and len(item) != 1:
        yield path or VALUE, Cell(" ".join(_text(value) for value in item), is_several=len(item) > 1)
    else:
        yield path or VALUE, _cell(item[0] if isinstance(item, list) else item)


def _cell(value: Any) -> Cell:
    if value is None:
        return Cell("")
    if isinstance(value, bool):
        return Cell("TRUE" if value else "FALSE", fault="truth_value")
    if isinstance(value, str):
        return Cell(value.strip())
    number = Decimal(value)
    if not number.is_finite() or number.adjusted() >= _MOST_DIGITS or -_exponent(number) > _MOST_DIGITS:
        return Cell(str(value)[:_MOST_DIGITS], fault="error_value")
    if _exponent(number) > 0:
        # As a part number, 1E5 is none of 100000.
        return Cell(str(number), number, shown=number, is_local=True)
    return Cell(format(number, "f"), number, shown=number)


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _text(value: Any) -> str:
    return _cell(value).text
