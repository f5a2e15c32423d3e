"""The parts of an XLSX file: unpacked and parsed piece by piece, within limits that all of them share.

A file is a ZIP archive of XML documents (ECMA-376). What it claims about itself, such as the size of a part, is not
believed: bytes, elements and depth are counted as they come.
"""

from __future__ import annotations

import io
import lzma
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from xml.parsers import expat

from emagsync.edits.bulk.file_limits import (
    MOST_DEPTH,
    MOST_ELEMENTS,
    MOST_PART_BYTES,
    MOST_PARTS,
    MOST_TAG_BYTES,
    MOST_UNPACKED_BYTES,
)
from emagsync.edits.errors import FileUnreadable

Attributes = Mapping[str, str]
_PIECE: Final = 64 * 1024
_ENCRYPTED: Final = 0x1
# The only two that an XLSX file may be packed by (ECMA-376 part 2). Others unpack with memory of any size.
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, struct.error)
_END: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
_LONGEST_COMMENT: Final = 65_535


class Parts:
    """The parts of the file in `content`. Raises FileUnreadable, from every method."""

    def __init__(self, content: bytes) -> None:
        _check_count(content)
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(content))
        except (*_DAMAGED, NotImplementedError) as error:
            raise FileUnreadable("damaged") from error
        self._names = {one.filename.lower().lstrip("/"): one for one in self._archive.infolist()}
        if len(self._names) < len(self._archive.infolist()):
            raise FileUnreadable("damaged")
        self._unpacked = 0
        self.elements = 0

    def has(self, name: str) -> bool:
        """Whether there is such a part."""
        return name.lower() in self._names

    def pieces(self, name: str) -> Iterator[bytes]:
        """The unpacked content of a part."""
        part = self._names.get(name.lower())
        if part is None:
            raise FileUnreadable("damaged")
        if part.flag_bits & _ENCRYPTED:
            raise FileUnreadable("encrypted")
        if part.compress_type not in _METHODS:
            raise FileUnreadable("unknown_compression")
        size = 0
        try:
            with self._archive.open(part) as file:
                while piece := file.read(_PIECE):
                    size += len(piece)
                    self._unpacked += len(piece)
                    if size > MOST_PART_BYTES or self._unpacked > MOST_UNPACKED_BYTES:
                        raise FileUnreadable("too_large_unpacked")
                    yield piece
        except (*_DAMAGED, NotImplementedError, RuntimeError) as error:
            raise FileUnreadable("damaged") from error

    def count_element(self, depth: int) -> None:
        """Count one element. Raises FileUnreadable when there are too many, or too deep ones."""
        self.elements += 1
        if self.elements > MOST_ELEMENTS or depth > MOST_DEPTH:
            raise FileUnreadable("too_many_elements")


class PartReader:
    """Parses one part. A subclass has `on_start`, `on_end` and `on_text`, which get names without their namespace.

    `read` parses it all, `steps` piece by piece, so that what the handlers found can be taken in between.
    """

    def __init__(self, parts: Parts, name: str) -> None:
        self._parts = parts
        self._name = name
        self._depth = 0
        self._local: dict[str, str] = {}
        self._silent_bytes = 0

    def on_start(self, name: str, attributes: Attributes) -> None:
        """An element begins."""

    def on_end(self, name: str) -> None:
        """An element ends."""

    def on_text(self, text: str) -> None:
        """Text of the element that began last."""

    def read(self) -> None:
        """Parse the part. Raises FileUnreadable."""
        for _ in self.steps():
            pass

    def steps(self) -> Iterator[None]:
        """Parse the part, with a step after each piece. Raises FileUnreadable."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        # XLSX has none, and their entities are how a small document becomes a large one.
        parser.StartDoctypeDeclHandler = _no_doctype
        try:
            for piece in self._parts.pieces(self._name):
                # A tag that does not end is read again with every piece, and its attributes are kept.
                self._silent_bytes += len(piece)
                if self._silent_bytes > MOST_TAG_BYTES:
                    raise FileUnreadable("too_many_elements")
                parser.Parse(piece, False)
                yield
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            if error.code == expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]:
                raise MemoryError from error
            raise FileUnreadable("damaged") from error
        yield

    def _characters(self, text: str) -> None:
        self._silent_bytes = 0
        self.on_text(text)

    def _start(self, name: str, attributes: Attributes) -> None:
        self._silent_bytes = 0
        self._depth += 1
        self._parts.count_element(self._depth)
        self.on_start(self._named(name), attributes)

    def _end(self, name: str) -> None:
        self._depth -= 1
        self.on_end(self._named(name))

    def _named(self, name: str) -> str:
        local = self._local.get(name)
        if local is None:
            local = name.rpartition(" ")[2]
            if len(self._local) < MOST_PARTS:
                self._local[name] = local
        return local


def relations(parts: Parts, of: str) -> list[tuple[str, str, str]]:
    """Id, type and target of what the part `of` refers to within the file; `of` is "" for the file itself."""
    folder, _, file = of.rpartition("/")
    name = posixpath.join(folder, "_rels", f"{file}.rels")
    if not parts.has(name):
        return []
    found: list[tuple[str, str, str]] = []

    def note(attributes: Attributes) -> None:
        if attributes.get("TargetMode") != "External" and "Target" in attributes:
            target = posixpath.normpath(posixpath.join("/", folder, attributes["Target"])).lstrip("/")
            found.append((attributes.get("Id", ""), attributes.get("Type", "").rpartition("/")[2], target))

    _Relations(parts, name, note).read()
    return found


class _Relations(PartReader):
    def __init__(self, parts: Parts, name: str, note: Callable[[Attributes], None]) -> None:
        super().__init__(parts, name)
        self._note = note

    def on_start(self, name: str, attributes: Attributes) -> None:
        if name == "Relationship":
            self._note(attributes)


def _no_doctype(*_: object) -> None:
    raise FileUnreadable("damaged")


def _check_count(content: bytes) -> None:
    """Refuse an archive of too many parts before `zipfile` makes an object of each."""
    end = content.rfind(_END, max(0, len(content) - _END_BYTES - _LONGEST_COMMENT))
    if end < 0 or len(content) - end < _END_BYTES:
        raise FileUnreadable("damaged")
    directory_bytes = int.from_bytes(content[end + 12 : end + 16], "little")
    # Whatever the count there says, an entry of the directory has at least 46 bytes, and a long one some hundreds.
    if directory_bytes > MOST_PARTS * 512:
        raise FileUnreadable("too_many_parts", most=MOST_PARTS)
