"""What became of the rows of a file: sorted by what they came to, and each problem with its cell. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from emagsync.edits.bulk.file_reading import FileNote
from emagsync.edits.change_request import ChangeRequest
from emagsync.edits.fields import STOCK
from emagsync.edits.planning import Effect
from emagsync.edits.response_schemas import changes_of
from emagsync.edits.results import LineResult
from emagsync.edits.validation import Issue
from emagsync.sources.reading.options import FileLook
from emagsync.sources.reading_repository import KeptRow
from emagsync.sources.schemas import CellProblem, ReadingCounts, RowKind

# No offer has what the row names, or several have.
_NOT_FOUND: Final = frozenset({"offer_not_found", "account_not_found"})
# Issues about the offer that a row names; they stand in the cell of what names it.
_ABOUT_THE_OFFER: Final = frozenset(
    {"account", "ean", "emag_id", "eans", "part_number", "part_number_key", "row", "version"}
)
_UNCHANGED: Final = "unchanged"


@dataclass(frozen=True)
class Outcome:
    """The rows that are kept, and how many of all there are of each kind."""

    rows: tuple[KeptRow, ...]
    counts: ReadingCounts

    def positions(self, kinds: Collection[RowKind]) -> set[int]:
        """The positions of the rows of these kinds."""
        return {row.position for row in self.rows if row.kind in kinds}


def outcome_of(lines: Sequence[LineResult], missing: Collection[int], look: FileLook, note: FileNote) -> Outcome:
    """Sort the lines of a file, in their order; `missing` are the indexes of those that no row of it asks for."""
    rows: list[KeptRow] = []
    counted = dict.fromkeys([*RowKind, _UNCHANGED], 0)
    for position, line in enumerate(lines):
        is_missing = position in missing
        kind = _kind(line)
        if not is_missing:
            counted[kind or _UNCHANGED] += 1
        if kind is not None:
            rows.append(_kept(position, kind, line, look, is_missing=is_missing))
    understood = counted[RowKind.CHANGED] + counted[_UNCHANGED] + counted[RowKind.DOUBTFUL]
    counts = ReadingCounts(
        rows=note.rows,
        blank=note.blank,
        joined=note.joined,
        understood=understood,
        missing=len(missing),
        **{str(kind): number for kind, number in counted.items()},
    )
    return Outcome(tuple(rows), counts)


def stock_0_requests(account: str, unnamed: Iterable[int], first_row: int) -> list[ChangeRequest]:
    """Requests that take the offers out of stock; their rows are numbered beyond those of the file."""
    return [
        ChangeRequest(given={STOCK: "0"}, account=account, emag_id=emag_id, row=first_row + number)
        for number, emag_id in enumerate(sorted(unnamed))
    ]


def named_offers(lines: Iterable[LineResult]) -> set[tuple[str, int]]:
    """The offers that the lines name, by account and eMAG's id, whatever else they hold."""
    return {(line.request.account, emag_id) for line in lines for emag_id in (*_found(line), *_ambiguous(line))}


def nameless_rows(lines: Iterable[LineResult]) -> list[int]:
    """The rows of which nobody can tell which offer they are of: of any, as far as one knows."""
    return [
        line.request.row
        for line in lines
        if line.plan is None and not _ambiguous(line) and not _is_unknown(line) and not _found(line)
    ]


def _found(line: LineResult) -> list[int]:
    emag_id = line.plan.offer.emag_id if line.plan else line.request.emag_id
    return [] if emag_id is None else [emag_id]


def _ambiguous(line: LineResult) -> list[int]:
    """The offers that could be meant, where a code is that of several."""
    listed = [issue.values.get("offers", "") for issue in line.errors]
    return [int(number) for text in listed for number in str(text).split(", ") if number.isdigit()]


def _is_unknown(line: LineResult) -> bool:
    return any(issue.code in _NOT_FOUND for issue in line.errors)


def _kind(line: LineResult) -> RowKind | None:
    """What a line came to; None: nothing is to be changed."""
    if _is_unknown(line):
        return RowKind.UNKNOWN
    if line.effect is Effect.ERROR:
        return RowKind.REFUSED
    if line.effect is Effect.NEEDS_CONFIRMATION:
        return RowKind.DOUBTFUL
    return RowKind.CHANGED if line.effect is Effect.OK else None


def _kept(position: int, kind: RowKind, line: LineResult, look: FileLook, *, is_missing: bool) -> KeptRow:
    request, plan = line.request, line.plan
    issues = (*line.errors, *(plan.faults if plan else ()), *(plan.doubts if plan else ()))
    return KeptRow(
        position=position,
        kind=kind,
        row=None if is_missing else request.row,
        account=request.account,
        emag_id=plan.offer.emag_id if plan else request.emag_id,
        product_id=plan.offer.id if plan else None,
        named=_named(request) or (plan.offer.part_number if plan else None),
        product_name=plan.offer.name if plan else None,
        currency=plan.offer.currency if plan else request.currency,
        given=request.given,
        changes=[change.model_dump(mode="json") for change in changes_of(plan)] if plan else [],
        problems=[_problem(issue, request, look, is_missing=is_missing) for issue in issues],
    )


def _named(request: ChangeRequest) -> str | None:
    named = request.part_number or request.part_number_key or " ".join(request.eans)
    return named or (None if request.emag_id is None else str(request.emag_id))


def _problem(issue: Issue, request: ChangeRequest, look: FileLook, *, is_missing: bool) -> Mapping[str, Any]:
    place = None if is_missing else _place(issue, request, look)
    values = {name: str(value) for name, value in issue.values.items()}
    problem = CellProblem(place=place, field=issue.field, code=issue.code, message=issue.message, values=values)
    return problem.model_dump(mode="json")


def _place(issue: Issue, request: ChangeRequest, look: FileLook) -> str | None:
    """The cell of the field; of what is wrong with the offer itself, that of what names it."""
    if issue.code == "no_heading":
        return issue.field
    field = look.key if issue.field in _ABOUT_THE_OFFER and look.key is not None else issue.field
    return look.place(str(field), request.row) or (None if look.key is None else look.place(look.key, request.row))
