"""Reads the rows of an XML document: the elements at a path, or those that repeat most.

By expat, without document types: their entities are how a small document becomes a large one, or another file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final
from xml.parsers import expat

from emagsync.edits.bulk.file_limits import MOST_DEPTH, MOST_ELEMENTS, MOST_PARTS
from emagsync.edits.bulk.file_table import Cell, Row, Table, filled
from emagsync.edits.errors import FileUnreadable
from emagsync.sources.reading.trees import heading_row, spread

# The name of a row's own text.
TEXT: Final = "text()"
# An element repeats from this on.
_FEWEST: Final = 2
_Cells = list[tuple[str, Cell]]


def xml_table(content: bytes, row_path: str | None, most_rows: int) -> Table:
    """The table in `content`, one row for each element at the path; what is in it is named by its path within.

    `row_path` is such as `catalog/product`; None: the path with the most elements that hold others. Attributes are
    `@name`. Raises FileUnreadable.
    """
    if row_path is None:
        path = _rows_found(_counted(content))
    else:
        path = row_path.strip("/")
        counts = _counted(content).counts
        if not counts[path]:
            raise FileUnreadable("no_rows_at", path=row_path, found=", ".join(list(counts)[:10]))
    reader = _Rows(path, most_rows)
    _parse(content, reader)
    header, columns = heading_row(reader.rows)
    table = Table(iter(()), row_path=path)
    table.rows = filled(_with_header(header, reader.rows, columns), most_rows)
    return table


def _with_header(header: Row, rows: Sequence[_Cells], columns: Mapping[str, int]) -> Iterator[Row]:
    yield header
    for number, cells in enumerate(rows, start=1):
        yield Row(number, spread(cells, columns))


class _Handler:
    """Gets the elements of a document by their paths. Names are without their namespaces."""

    def on_start(self, path: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""

    def on_end(self, path: str, texts: Sequence[str], *, is_leaf: bool) -> None:
        """An element ends; `texts` are its own, apart where elements stand between them. A leaf holds no elements."""


class _Paths(_Handler):
    """Counts the elements by path; `holders` are the paths of those that hold others or have attributes."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.holders: set[str] = set()

    def on_start(self, path: str, attributes: Mapping[str, str]) -> None:
        self.counts[path] += 1
        self.holders.add(path.rpartition("/")[0])
        if attributes:
            self.holders.add(path)
        if len(self.counts) > MOST_PARTS:
            raise FileUnreadable("too_many_elements")


class _Rows(_Handler):
    """Gathers the values of the elements at a path."""

    def __init__(self, path: str, most_rows: int) -> None:
        self.rows: list[_Cells] = []
        self._path = path
        self._within = f"{path}/"
        self._most_rows = most_rows

    def on_start(self, path: str, attributes: Mapping[str, str]) -> None:
        if path == self._path:
            if len(self.rows) > self._most_rows:
                raise FileUnreadable("too_many_rows", most=self._most_rows)
            self.rows.append([])
        if path == self._path or path.startswith(self._within):
            prefix = path.removeprefix(self._path).lstrip("/")
            for name, value in attributes.items():
                self.rows[-1].append((f"{prefix}/@{_local(name)}".lstrip("/"), Cell(value.strip())))

    def on_end(self, path: str, texts: Sequence[str], *, is_leaf: bool) -> None:
        if path == self._path and texts:
            self.rows[-1].append((TEXT, _cell(texts)))
        elif path.startswith(self._within) and (is_leaf or texts):
            self.rows[-1].append((path.removeprefix(self._within), _cell(texts)))


def _cell(texts: Sequence[str]) -> Cell:
    return Cell(" ".join(texts), is_several=len(texts) > 1)


def _counted(content: bytes) -> _Paths:
    paths = _Paths()
    _parse(content, paths)
    return paths


def _rows_found(paths: _Paths) -> str:
    """Of the paths whose elements repeat and hold others, the outermost; of several the one with the most elements."""
    holders = [path for path in paths.counts if path in paths.holders]
    repeated = [path for path in holders if paths.counts[path] >= _FEWEST]
    if not repeated:
        # One row alone: what holds nothing but values. Or rows that are values themselves.
        repeated = [path for path in holders if not any(other.startswith(f"{path}/") for other in holders)]
    if not repeated:
        raise FileUnreadable("no_rows_found")
    return min(repeated, key=lambda path: (path.count("/"), -paths.counts[path]))


def _parse(content: bytes, handler: _Handler) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    names: list[str] = []
    paths: list[str] = []
    # Of each open element its pieces of text; None: an element stands there.
    texts: list[list[str | None]] = []
    leaves: list[bool] = []
    elements = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal elements
        elements += 1
        if elements > MOST_ELEMENTS or len(names) >= MOST_DEPTH:
            raise FileUnreadable("too_many_elements")
        if leaves:
            leaves[-1] = False
            texts[-1].append(None)
        leaves.append(True)
        names.append(_local(name))
        paths.append("/".join(names))
        texts.append([])
        handler.on_start(paths[-1], attributes)

    def end(_: str) -> None:
        names.pop()
        handler.on_end(paths.pop(), _apart(texts.pop()), is_leaf=leaves.pop())

    def characters(text: str) -> None:
        if texts:
            texts[-1].append(text)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        if error.code == expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]:
            raise MemoryError from error
        raise FileUnreadable("not_xml", error=str(error)) from error
    except (LookupError, ValueError) as error:
        # It names an encoding that nobody knows, or that is not of single bytes.
        raise FileUnreadable("not_xml", error=str(error)[:200]) from error


def _apart(pieces: Iterable[str | None]) -> list[str]:
    """The texts between elements that are more than blanks."""
    parts = ("".join(filter(None, part)).strip() for is_text, part in groupby(pieces, _is_text) if is_text)
    return [part for part in parts if part]


def _is_text(piece: str | None) -> bool:
    return piece is not None


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _no_doctype(*_: object) -> None:
    raise FileUnreadable("has_doctype")
