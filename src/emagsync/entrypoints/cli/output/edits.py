"""Edits as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import typer

from emagsync.edits.fields import VAT_ID
from emagsync.edits.planning import Effect
from emagsync.edits.response_schemas import BulkAnswer, BulkRow, ChangeView, FileView
from emagsync.entrypoints.cli.output.tables import print_table
from emagsync.offers.export_layout import percent
from emagsync.offers.reference_data import References


def field_text(name: str, warehouse_id: int | None) -> str:
    """`stock (2)` for a value of warehouse 2, `sale_price` for one of the whole offer."""
    return f"{name} ({warehouse_id})" if warehouse_id else name


def value_text(account: str, field: str, text: str | None, known: References) -> str:
    """A value of an edit; a VAT rate with what it means: `1 (21%)`."""
    rate = known.vat_rates.get((account, int(text))) if field == VAT_ID and text else None
    return (text or "-") if rate is None else f"{text} ({percent(rate)})"


def changes_text(changes: Sequence[ChangeView]) -> str:
    """`sale_price 478.6406 -> 470.5000, stock (1) 20 -> 18`."""
    return ", ".join(f"{field_text(one.field, one.warehouse_id)} {one.old or '-'} -> {one.new}" for one in changes)


def print_bulk(answer: BulkAnswer) -> None:
    """Print a table of the rows with their effects, and how many of each there are."""
    print_rows(answer.data.rows)
    kept = f"{answer.data.kept} kept" if answer.data.applied else "Nothing was kept"
    typer.echo(f"{effects_text(answer.data.counts)}. {kept}.")
    if answer.data.file is not None:
        for line in _file_lines(answer.data.file):
            typer.echo(line)


def print_rows(rows: Sequence[BulkRow]) -> None:
    """Print a table of what edits come to, row by row."""
    cells = [
        (
            str(row.row),
            row.account or "",
            str(row.emag_id or ""),
            row.effect.value,
            changes_text(row.changes),
            "; ".join(f"{one.field}: {one.message}" for one in (*row.errors, *row.doubts)),
        )
        for row in rows
    ]
    print_table(("row", "account", "offer", "effect", "changes", "remarks"), cells, numeric=("row", "offer"))


def effects_text(counts: Mapping[Effect, int]) -> str:
    """`2500 ok, 45 unchanged`."""
    return ", ".join(f"{count} {effect.value}" for effect, count in counts.items() if count)


def _file_lines(file: FileView) -> Iterator[str]:
    """What of the file is hidden, and what was not read."""
    hidden = [f"{file.hidden_rows} rows"] if file.hidden_rows else []
    hidden += [f"the column {name}" for name in file.hidden_columns]
    if hidden:
        yield f"Hidden in the file: {', '.join(hidden)}. --include-hidden accepts them."
    if file.other_sheets:
        yield f"Read the sheet {file.sheet!r}, and not {', '.join(map(repr, file.other_sheets))}."
