"""Catalogues: where an account's offers come from (seed, CSV, JSON) and what was done to them since.

Only what differs from the source is kept, so a generated catalogue of 250,000 offers costs a few megabytes.
"""

import csv
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from emagsync.sandbox.codec import as_served, decode, encode
from emagsync.sandbox.platforms import PLATFORMS, Platform
from emagsync.sandbox.row_seed import FilterValues, RowSeed, filter_values_of, mix, row_seed_of, status_of
from emagsync.sandbox.rows import build_row
from emagsync.sandbox.settings import SandboxError

MAX_ID: Final = 16_777_215
CSV_COLUMNS: Final = ("part_number", "name", "ean", "price_ron")
_ROMANIA: Final = PLATFORMS["emag-ro"]


class RowSource(Protocol):
    """Rows by id that can be made again at any time."""

    def ids(self) -> Sequence[int]: ...
    def build(self, emag_id: int) -> dict[str, Any]: ...
    def encoded(self, emag_id: int) -> bytes: ...
    def filter_values(self, emag_id: int) -> FilterValues: ...
    def status(self, emag_id: int) -> int | None: ...
    def odd(self) -> Sequence[tuple[int, bytes]]: ...


class GeneratedSource:
    """Rows 1..size composed from a seed."""

    def __init__(self, size: int, seed: int, platform: Platform) -> None:
        self._size, self._seed, self._platform = size, seed, platform

    def ids(self) -> Sequence[int]:
        return range(1, self._size + 1)

    def build(self, emag_id: int) -> dict[str, Any]:
        return build_row(self._seed, emag_id, self._row_seed(emag_id), self._platform)

    def encoded(self, emag_id: int) -> bytes:
        return encode(self.build(emag_id))

    def filter_values(self, emag_id: int) -> FilterValues:
        return self._row_seed(emag_id).filter_values

    def status(self, emag_id: int) -> int | None:
        return status_of(mix(self._seed, emag_id))

    def odd(self) -> Sequence[tuple[int, bytes]]:
        return ()

    def _row_seed(self, emag_id: int) -> RowSeed:
        return row_seed_of(self._seed, emag_id)


class CsvSource(GeneratedSource):
    """Rows 1..n with the part numbers, names, EANs and prices of a file; the rest is composed from a seed."""

    def __init__(self, lines: list[tuple[str, str, str, Decimal]], seed: int, platform: Platform) -> None:
        super().__init__(len(lines), seed, platform)
        self._lines = lines

    def _row_seed(self, emag_id: int) -> RowSeed:
        part_number, name, ean, price = self._lines[emag_id - 1]
        drawn = super()._row_seed(emag_id)
        valid = drawn.filter_values.offer_validation_status if price > 0 else 2
        filter_values = drawn.filter_values._replace(part_number=part_number, offer_validation_status=valid)
        return RowSeed(drawn.bits, filter_values, price, (ean,) if ean else (), name)


class JsonSource:
    """Rows exactly as a file has them, byte for byte. What has no usable id of its own is served too."""

    def __init__(self, raws: list[bytes]) -> None:
        self._raws: dict[int, bytes] = {}
        self._odd: list[tuple[int, bytes]] = []
        last = 0
        for raw in raws:
            emag_id = _id_of(as_served(raw))
            if emag_id is None or emag_id in self._raws:
                self._odd.append((last, raw))
            else:
                self._raws[emag_id] = raw
                last = emag_id

    def ids(self) -> Sequence[int]:
        return sorted(self._raws)

    def build(self, emag_id: int) -> dict[str, Any]:
        row: dict[str, Any] = decode(self._raws[emag_id])
        return row

    def encoded(self, emag_id: int) -> bytes:
        return self._raws[emag_id]

    def filter_values(self, emag_id: int) -> FilterValues:
        return filter_values_of(as_served(self._raws[emag_id]))

    def status(self, emag_id: int) -> int | None:
        return self.filter_values(emag_id).status

    def odd(self) -> Sequence[tuple[int, bytes]]:
        return self._odd


class Catalogue:
    """The offers of one account, in the order of their ids, with every change made to them.

    ``version`` grows with every change; a page read at one version is the same bytes every time.
    """

    def __init__(self, source: RowSource) -> None:
        self._source = source
        self._ids = array("q", source.ids())
        self._own: dict[int, dict[str, Any]] = {}
        self._odd: list[tuple[int, bytes]] = list(source.odd())
        self.version = 1

    def __len__(self) -> int:
        """Rows served without a filter, odd ones included."""
        return len(self._ids) + len(self._odd)

    def __contains__(self, emag_id: object) -> bool:
        if not isinstance(emag_id, int):
            return False
        place = bisect_left(self._ids, emag_id)
        return place < len(self._ids) and self._ids[place] == emag_id

    def ids(self) -> list[int]:
        """The ids of the offers, ascending."""
        return self._ids.tolist()

    def build(self, emag_id: int) -> dict[str, Any]:
        """The row with exact decimals, as a copy. Raises ``KeyError`` for an id that is not there."""
        if emag_id not in self:
            raise KeyError(emag_id)
        own = self._own.get(emag_id)
        return dict(own) if own is not None else self._source.build(emag_id)

    def encoded(self, key: int) -> bytes:
        """The bytes that are served for an id, or for the odd row number ``-1 - key``."""
        if key < 0:
            return self._odd[-1 - key][1]
        own = self._own.get(key)
        return encode(own) if own is not None else self._source.encoded(key)

    def filter_values(self, key: int) -> FilterValues:
        """What filters see of the row at *key*."""
        if key < 0:
            return filter_values_of(as_served(self._odd[-1 - key][1]))
        own = self._own.get(key)
        return filter_values_of(own) if own is not None else self._source.filter_values(key)

    def status(self, key: int) -> int | None:
        """The status alone: much cheaper than all filter values, and the filter that whole catalogues are read with."""
        return self.filter_values(key).status if key < 0 or key in self._own else self._source.status(key)

    def serving_order(self) -> "array[int]":
        """Every row's key in serving order: ids ascending, odd rows (negative keys) behind the id they follow."""
        if not self._odd:
            return self._ids
        behind: dict[int, list[int]] = {}
        for number, (after, _) in enumerate(self._odd):
            behind.setdefault(after, []).append(-1 - number)
        keys = array("q", behind.pop(0, ()))
        for emag_id in self._ids:
            keys.append(emag_id)
            keys.extend(behind.pop(emag_id, ()))
        for left in behind.values():
            keys.extend(left)
        return keys

    def put(self, emag_id: int, row: dict[str, Any]) -> None:
        """Store *row* as offer *emag_id*, new or not."""
        place = bisect_left(self._ids, emag_id)
        if place == len(self._ids) or self._ids[place] != emag_id:
            self._ids.insert(place, emag_id)
        self._own[emag_id] = row
        self.version += 1

    def remove(self, emag_id: int) -> bool:
        """Forget offer *emag_id*; False when it was not there."""
        if emag_id not in self:
            return False
        self._ids.pop(bisect_left(self._ids, emag_id))
        self._own.pop(emag_id, None)
        self.version += 1
        return True

    def put_odd(self, raw: bytes, after: int = 0) -> None:
        """Serve *raw* (any JSON) behind offer *after*; 0 puts it first."""
        self._odd.append((after, raw))
        self.version += 1

    def clear_odd(self) -> None:
        """Serve no odd rows any more."""
        self._odd.clear()
        self.version += 1

    def rows(self, ids: Sequence[int] | None = None) -> Iterator[dict[str, Any]]:
        """Offers (all, ascending by id, or those of *ids*) as an ordinary JSON reader sees them; no odd rows."""
        for emag_id in self.ids() if ids is None else ids:
            if emag_id not in self:
                raise KeyError(emag_id)
            yield as_served(self.encoded(emag_id))


def generated(size: int, seed: int = 1, platform: Platform = _ROMANIA) -> Catalogue:
    """A catalogue of *size* offers with ids 1..size, the same for the same seed.

    Raises:
        SandboxError: the size is not between 0 and the largest id that eMAG allows.
    """
    if not 0 <= size <= MAX_ID:
        raise SandboxError(f"A catalogue has 0 to {MAX_ID} offers, not {size}.")
    return Catalogue(GeneratedSource(size, seed, platform))


def from_csv(path: Path | str, seed: int = 1, platform: Platform = _ROMANIA) -> Catalogue:
    """A catalogue from a CSV file with the header ``part_number,name,ean,price_ron``; ids are 1..n in the file's order.

    Raises:
        SandboxError: the file cannot be read, or a line of it makes no sense; the message names the line.
    """
    lines: list[tuple[str, str, str, Decimal]] = []
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in CSV_COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise SandboxError(f"{path}: the header needs the columns {', '.join(missing)}.")
            for record in reader:
                price = _price(record["price_ron"], path, reader.line_num)
                lines.append((record["part_number"] or "", record["name"] or "", (record["ean"] or "").strip(), price))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SandboxError(f"{path}: cannot be read as CSV: {error}") from error
    return Catalogue(CsvSource(lines, seed, platform))


def from_json(path: Path | str) -> Catalogue:
    """A catalogue from a JSON file: a list of rows, each served exactly as it is written there.

    Raises:
        SandboxError: the file cannot be read or is not a list.
    """
    try:
        raws = msgspec.json.decode(Path(path).read_bytes(), type=list[msgspec.Raw])
        return Catalogue(JsonSource([bytes(raw) for raw in raws]))
    except (OSError, ValueError) as error:
        raise SandboxError(f"{path}: cannot be read as a JSON list of rows: {error}") from error


def from_rows(rows: Sequence[Any]) -> Catalogue:
    """A catalogue from rows in memory, served as they are."""
    return Catalogue(JsonSource([encode(row) for row in rows]))


def _price(text: str | None, path: Path | str, line: int) -> Decimal:
    try:
        price = Decimal(text or "0")
    except InvalidOperation:
        raise SandboxError(f"{path}, line {line}: {text!r} is not a price.") from None
    if not price.is_finite() or price < 0:
        raise SandboxError(f"{path}, line {line}: {text!r} is not a price.")
    return price


def _id_of(row: Any) -> int | None:
    value = row.get("id") if isinstance(row, dict) else None
    text = str(value)
    whole = isinstance(value, int | str) and not isinstance(value, bool) and text.isascii() and text.isdigit()
    return int(text) if whole and 1 <= int(text) <= MAX_ID else None
