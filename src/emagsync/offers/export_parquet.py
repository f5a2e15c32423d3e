"""The Parquet format of an export, for data frames and warehouses. Its library is the extra `parquet`."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import IO, Any, Final

import pyarrow
from pyarrow import parquet

from emagsync.core import money
from emagsync.offers.export_columns import AMOUNTS, EXPORT_FIELDS, TEXTS, TIMES
from emagsync.offers.export_formats import PLAIN
from emagsync.offers.export_layout import ExportLayout
from emagsync.offers.value_lists import read_lists

# A row group is held in memory, and is what readers skip or read as a whole: it ends with the first of these.
_ROWS_IN_GROUP: Final = 20_000
_BYTES_IN_GROUP: Final = 4 * 1024 * 1024
# Amounts have 14 digits before the point; with VAT one more.
_AMOUNT: Final = pyarrow.decimal128(20, money.SCALE)
_LISTS: Final = frozenset({"eans", "not_sellable"})


class ParquetWriter:
    """Typed columns under eMAG's names: decimals, moments, lists of texts. It is for programs: the layout's language
    means nothing here. Its zone is that which moments are shown in; the moments are the same."""

    def __init__(self, file: IO[bytes], layout: ExportLayout = PLAIN) -> None:
        self._places = [(name, EXPORT_FIELDS.index(name)) for name in layout.columns]
        fields = [pyarrow.field(name, _type_of(name, layout.zone_name)) for name in layout.columns]
        self._schema = pyarrow.schema(fields)
        self._sink = _Forward(file)
        self._writer = parquet.ParquetWriter(self._sink, self._schema)
        self._batches: list[Any] = []

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        """Append rows."""
        columns = list(zip(*rows, strict=True))
        if not columns:
            return
        arrays = [
            pyarrow.array(_values(name, columns[place]), type=self._schema.field(name).type)
            for name, place in self._places
        ]
        self._batches.append(pyarrow.record_batch(arrays, schema=self._schema))
        held = sum(batch.num_rows for batch in self._batches), sum(batch.nbytes for batch in self._batches)
        if held[0] >= _ROWS_IN_GROUP or held[1] >= _BYTES_IN_GROUP:
            self._end_group()

    def close(self) -> None:
        """Write what is left, and the index at the end."""
        self._end_group()
        self._writer.close()

    def release(self) -> None:
        """Forget what is held. The library's own writer would write the rest of a broken document when it is closed."""
        self._batches.clear()
        self._sink.deafen()

    def _end_group(self) -> None:
        if self._batches:
            self._writer.write_table(pyarrow.Table.from_batches(self._batches), row_group_size=_ROWS_IN_GROUP)
            self._batches.clear()


class _Forward(io.RawIOBase):
    """Hands on what is written, and counts it: the file itself may be emptied in between, for an answer in pieces."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file: IO[bytes] | None = file
        self._written = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        if self._file is not None:
            self._file.write(bytes(data))
        self._written += size
        return size

    def tell(self) -> int:
        return self._written

    def deafen(self) -> None:
        """Hand on nothing any more."""
        self._file = None


def _type_of(name: str, zone: str) -> Any:
    if name in AMOUNTS or name == "vat_rate":
        return _AMOUNT
    if name in TIMES:
        return pyarrow.timestamp("us", tz=zone)
    if name in _LISTS:
        return pyarrow.list_(pyarrow.string())
    if name == "sellable":
        return pyarrow.bool_()
    return pyarrow.string() if name in TEXTS else pyarrow.int64()


def _values(name: str, values: Sequence[Any]) -> Sequence[Any]:
    if name == "eans":
        return read_lists(values)
    return [codes.split() for codes in values] if name == "not_sellable" else values
