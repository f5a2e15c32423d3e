"""What is asked of the process that reads a file of edits, and what it answers.

Apart from `file_import`, so that whoever has a file read does not load what reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from emagsync.edits.change_request import ChangeRequest


@dataclass(frozen=True)
class FileNote:
    """What a file holds beside its rows: what of it is hidden, and what else was there.

    `hidden_rows` and `hidden_columns` are those with something in them, columns by their names. `sheet` is the one that
    was read, `other_sheets` those that are shown and were not; CSV has none.
    """

    hidden_rows: int = 0
    hidden_columns: Sequence[str] = ()
    sheet: str | None = None
    other_sheets: Sequence[str] = ()


@dataclass(frozen=True)
class FileReading:
    """The requests of a file, one for each offer, and what is to be known about the file."""

    requests: Sequence[ChangeRequest]
    note: FileNote


@dataclass(frozen=True)
class FileOptions:
    """How a file is read: the account of rows that name none, and what somebody has said yes to."""

    default_account: str | None = None
    confirm: bool = False
    include_hidden: bool = False


class Refusal(msgspec.Struct):
    """Why a file is no table of edits: see `FileUnreadable`."""

    reason: str
    values: Mapping[str, str | int]


class Answer(msgspec.Struct):
    """What the process answers with: one of both."""

    reading: FileReading | None = None
    refusal: Refusal | None = None
