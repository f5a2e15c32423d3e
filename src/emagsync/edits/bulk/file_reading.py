"""What is asked of the process that reads a file of edits, and what it answers.

Apart from `file_import`, so that whoever has a file read does not load what reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from emagsync.core.decimal_marks import DecimalMark
from emagsync.edits.change_request import ChangeRequest


@dataclass(frozen=True)
class FileNote:
    """What a file holds beside its rows: what of it is hidden, and what else was there.

    `hidden_rows` and `hidden_columns` are those with something in them, columns by their names. `sheet` is the one that
    was read, `other_sheets` those that are shown and were not; CSV has none. `ignored_columns` are headings of columns
    that are not read, `rows_above` how many filled rows stand above the headings.

    `decimal` is how the file writes decimals: as its numbers show it, as somebody said, or by the reader's locale
    (`decimal_by`: `file`, `answer`, `locale`). `by_locale` counts the cells that would be ambiguous without the last,
    `ambiguous` those that are: that has to be asked.

    `rows` counts the filled rows below the headings. Of them `blank` have nothing in a column that is read, and
    `joined` are of the same offer as an earlier one, for another warehouse: the others are a request each.
    """

    hidden_rows: int = 0
    hidden_columns: Sequence[str] = ()
    sheet: str | None = None
    other_sheets: Sequence[str] = ()
    ignored_columns: Sequence[str] = ()
    rows_above: int = 0
    decimal: DecimalMark | None = None
    decimal_by: str | None = None
    by_locale: int = 0
    ambiguous: int = 0
    rows: int = 0
    blank: int = 0
    joined: int = 0


@dataclass(frozen=True)
class FileReading:
    """The requests of a file, one for each offer, and what is to be known about the file."""

    requests: Sequence[ChangeRequest]
    note: FileNote


@dataclass(frozen=True)
class FileOptions:
    """How a file is read: the account of rows that name none, and what somebody has said yes to.

    `decimal` is how it writes decimals, where somebody has said so; `locale` is that of who sends it, which decides
    where its numbers do not show it.
    """

    default_account: str | None = None
    confirm: bool = False
    include_hidden: bool = False
    decimal: DecimalMark | None = None
    locale: str | None = None


class Refusal(msgspec.Struct):
    """Why a file is no table of edits: see `FileUnreadable`."""

    reason: str
    values: Mapping[str, str | int]


class Answer(msgspec.Struct):
    """What the process answers with: one of both."""

    reading: FileReading | None = None
    refusal: Refusal | None = None
