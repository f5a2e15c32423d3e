"""`emagsync sources`: stock and prices that arrive by themselves."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import typer
from pydantic import ValidationError

from emagsync.audit.service import audit_command, machine_user
from emagsync.core.settings import PushMode
from emagsync.edits.bulk.file_limits import MOST_FILE_BYTES
from emagsync.entrypoints.cli.errors import complain
from emagsync.entrypoints.cli.exits import ExitCode
from emagsync.entrypoints.cli.options import AtMost, Json
from emagsync.entrypoints.cli.output.json_output import print_done, print_json
from emagsync.entrypoints.cli.output.tables import print_table
from emagsync.entrypoints.cli.output.text import moment, printable
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.entrypoints.services.edits import build_edit_service
from emagsync.entrypoints.services.foundation import Foundation
from emagsync.entrypoints.services.sources import SourceServices, build_sources
from emagsync.sources.fetching.fetched import Fetched
from emagsync.sources.reading.options import FileFormat, KeyField
from emagsync.sources.schemas import (
    MissingMeans,
    Reading,
    ReadingRow,
    ReadingStatus,
    Source,
    SourceChange,
    SourceKind,
    SourceMode,
    SourceRequest,
)

_SHOWN_ROWS: Final = 20
_UNWELL: Final = (ReadingStatus.REFUSED, ReadingStatus.FAILED)

Name = Annotated[str, typer.Argument(help="The source's name or id.", metavar="SOURCE", show_default=False)]
Kind = Annotated[SourceKind, typer.Option(help="Where its file comes from.")]
Address = Annotated[
    str | None,
    typer.Option(help="https://..., sftp://host/path, or a file within the folder of sources.", show_default=False),
]
Account = Annotated[str | None, typer.Option(help="Of rows that name none.", show_default=False)]
Key = Annotated[KeyField | None, typer.Option(help="What names the offers; without, it is guessed.")]
Column = Annotated[
    list[str] | None,
    typer.Option(
        "--column", help="Repeatable: HEADING=FIELD, such as 'Pret vanzare=sale_price'. Without, all are guessed.",
        show_default=False,
    ),
]  # fmt: skip
Mode = Annotated[SourceMode | None, typer.Option(help="What becomes of what it changes.")]
Missing = Annotated[MissingMeans | None, typer.Option("--missing-means", help="What an offer not in the file means.")]
Shrink = Annotated[
    int | None, typer.Option("--most-shrink-percent", min=0, max=100, help="A much shorter file is refused.")
]
Every = Annotated[int | None, typer.Option("--every", min=0, help="Minutes between readings; 0: when asked.")]
Format = Annotated[FileFormat | None, typer.Option(help="Of the file; without, as it shows.")]
RowPath = Annotated[str | None, typer.Option(help="Where the rows are in JSON or XML, such as data/items.")]
LoginFile = Annotated[
    Path | None,
    typer.Option(
        help="JSON with username, password, private_key or headers; - reads it from standard input.",
        show_default=False,
    ),
]


def list_sources(context: typer.Context, as_json: Json = False) -> None:
    """List the sources, and what became of their last reading."""
    found = asyncio.run(_list(session_of(context)))
    if as_json:
        print_json({"sources": found})
        return
    rows = [
        (printable(one.name), one.kind.value, printable(one.address or ""), one.account, one.mode.value, *_state(one))
        for one in found
    ]
    print_table(("name", "kind", "address", "account", "mode", "every", "last", "taken in"), rows, empty="No sources.")


def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A name for it.", show_default=False)],
    kind: Kind,
    account: Annotated[str, typer.Option(help="Of rows that name none.", show_default=False)],
    address: Address = None,
    key: Key = None,
    column: Column = None,
    mode: Mode = None,
    missing_means: Missing = None,
    most_shrink_percent: Shrink = None,
    every: Every = None,
    format: Format = None,  # noqa: A002 - the option's name
    row_path: RowPath = None,
    login_file: LoginFile = None,
    as_json: Json = False,
) -> None:
    """Add a source. Without --mode it only shows what its files would change."""
    given = {"name": name, "kind": kind, "account": account} | _given(
        address=address, key=key, column=column, mode=mode, missing_means=missing_means,
        most_shrink_percent=most_shrink_percent, every=every, format=format, row_path=row_path, login_file=login_file,
    )  # fmt: skip
    source = asyncio.run(_add(session_of(context), _validated(SourceRequest, given)))
    _show(source, as_json=as_json, said="Added")


def edit(
    context: typer.Context,
    name: Name,
    new_name: Annotated[str | None, typer.Option(help="Another name.", show_default=False)] = None,
    account: Account = None,
    address: Address = None,
    key: Key = None,
    column: Column = None,
    mode: Mode = None,
    missing_means: Missing = None,
    most_shrink_percent: Shrink = None,
    every: Every = None,
    format: Format = None,  # noqa: A002 - the option's name
    row_path: RowPath = None,
    login_file: LoginFile = None,
    enabled: Annotated[bool | None, typer.Option("--enable/--disable", help="Whether it is read by itself.")] = None,
    as_json: Json = False,
) -> None:
    """Change a source. What is left out stays; --column replaces the whole mapping."""
    given = _given(
        name=new_name, account=account, enabled=enabled, address=address, key=key, column=column, mode=mode,
        missing_means=missing_means, most_shrink_percent=most_shrink_percent, every=every, format=format,
        row_path=row_path, login_file=login_file,
    )  # fmt: skip
    source = asyncio.run(_edit(session_of(context), name, _validated(SourceChange, given)))
    _show(source, as_json=as_json, said="Changed")


def remove(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """Delete a source with its readings. The edits that these made stay."""
    asyncio.run(_remove(session_of(context), name))
    print_done({"removed": name}, "Removed.", as_json=as_json)


def read(
    context: typer.Context,
    name: Name,
    file: Annotated[
        Path | None, typer.Argument(help="Read this file as the source's; - is standard input.", show_default=False)
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Take in a file that was taken in before, or is much shorter.")
    ] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Make edits of what a preview shows.")] = False,
    as_json: Json = False,
) -> None:
    """Read a source now, and show what it changes. Exit code 1 when nothing was taken in."""
    sent = None if file is None else Fetched(_bytes_of(file), file.name)
    session = session_of(context)
    reading, rows = asyncio.run(_read(session, name, sent, force=force, apply=apply))
    if as_json:
        print_json({"reading": reading, "rows": rows})
    else:
        _print_reading(reading, rows)
    if reading.status in _UNWELL:
        raise typer.Exit(ExitCode.FAILED)


def readings(context: typer.Context, name: Name, limit: AtMost = 20, as_json: Json = False) -> None:
    """List the readings of a source, newest first."""
    found = asyncio.run(_readings(session_of(context), name, limit))
    if as_json:
        print_json({"readings": found})
        return
    rows = [
        (
            str(one.id),
            moment(one.started_at),
            one.started_by,
            one.status.value,
            _counts(one),
            printable(one.message or ""),
        )
        for one in found
    ]
    print_table(("id", "started", "by", "status", "rows", "why"), rows, numeric=("id",), empty="Never read.")


@asynccontextmanager
async def _opened(session: Session) -> AsyncIterator[tuple[Foundation, SourceServices]]:
    accounts = session.accounts

    def push_mode(account: str) -> PushMode:
        return accounts.get(account).push or session.settings.edits.push

    async with session.foundation() as base:
        yield base, build_sources(base, accounts, build_edit_service(base, accounts), push_mode=push_mode)


async def _list(session: Session) -> list[Source]:
    async with _opened(session) as (_, sources):
        return await sources.service.list_sources()


async def _add(session: Session, asked: SourceRequest) -> Source:
    async with _opened(session) as (base, sources):
        source = await sources.service.add(asked)
        await audit_command(base.database, base.clock, "source.add", source.name, {"kind": source.kind})
        return source


async def _edit(session: Session, name: str, asked: SourceChange) -> Source:
    async with _opened(session) as (base, sources):
        found = await sources.service.find(name)
        source = await sources.service.change(found.id, asked)
        changed = sorted(asked.model_fields_set)
        await audit_command(base.database, base.clock, "source.change", source.name, {"changed": changed})
        return source


async def _remove(session: Session, name: str) -> None:
    async with _opened(session) as (base, sources):
        found = await sources.service.find(name)
        await sources.service.remove(found.id)
        await audit_command(base.database, base.clock, "source.remove", found.name)


async def _read(
    session: Session, name: str, sent: Fetched | None, *, force: bool, apply: bool
) -> tuple[Reading, list[ReadingRow]]:
    async with _opened(session) as (base, sources):
        found = await sources.service.find(name)
        by = machine_user()
        trigger: Any = "request" if sent is None else "upload"
        reading = await sources.readings.read(found.id, trigger=trigger, by=by, sent=sent, force=force)
        if apply and reading.status is ReadingStatus.PREVIEWED and reading.counts.changed + reading.counts.missing:
            reading = await sources.readings.apply(found.id, reading.id, by=by)
        detail = {"status": reading.status, "batch_id": reading.batch_id}
        await audit_command(base.database, base.clock, "source.read", found.name, detail)
        return reading, await sources.service.rows(found.id, reading.id, kind=None, limit=_SHOWN_ROWS, after=-1)


async def _readings(session: Session, name: str, limit: int) -> list[Reading]:
    async with _opened(session) as (_, sources):
        found = await sources.service.find(name)
        return await sources.service.readings(found.id, limit=limit)


def _given(**options: Any) -> dict[str, Any]:
    """What the options say, as a request has it."""
    given = {name: value for name, value in options.items() if value is not None}
    columns, every, login = given.pop("column", None), given.pop("every", None), given.pop("login_file", None)
    settings = {name: given.pop(name) for name in ("format", "row_path") if name in given}
    if columns:
        pairs = [text.rpartition("=") for text in columns]
        given["columns"] = {heading: field for heading, _, field in pairs}
    if every is not None:
        given["interval_minutes"] = every or None
    if settings:
        given["format"] = settings
    if login is not None:
        given["login"] = _json_of(login)
    return given


def _json_of(path: Path) -> Any:
    try:
        return orjson.loads(_bytes_of(path))
    except orjson.JSONDecodeError as error:
        raise _usage(f"{path} is not JSON.") from error


def _validated(model: Any, given: dict[str, Any]) -> Any:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _usage(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.") from error


def _bytes_of(path: Path) -> bytes:
    try:
        if str(path) == "-":
            return sys.stdin.buffer.read(MOST_FILE_BYTES + 1)
        with path.open("rb") as file:
            return file.read(MOST_FILE_BYTES + 1)
    except OSError as error:
        raise _usage(f"{path} cannot be read: {error.strerror or error}.") from error


def _usage(message: str) -> typer.Exit:
    complain(message)
    return typer.Exit(ExitCode.USAGE)


def _state(source: Source) -> tuple[str, str, str]:
    every = "when asked" if source.interval_minutes is None else f"{source.interval_minutes} min"
    last = "never read" if source.last_reading is None else source.last_reading.status.value
    taken_in = "" if source.taken_in_at is None else moment(source.taken_in_at)
    return (every if source.enabled else "off"), last, taken_in


def _counts(reading: Reading) -> str:
    counts = reading.counts
    told = {
        name: getattr(counts, name) for name in ("changed", "unchanged", "doubtful", "unknown", "refused", "missing")
    }
    listed = ", ".join(f"{number} {name}" for name, number in told.items() if number)
    return f"{counts.rows}: {listed}" if listed else str(counts.rows)


def _show(source: Source, *, as_json: bool, said: str) -> None:
    if as_json:
        print_json(source)
    else:
        typer.echo(f"{said} {printable(source.name)} ({source.id}).")


def _print_reading(reading: Reading, rows: list[ReadingRow]) -> None:
    if reading.message is not None:
        complain(reading.message)
        return
    typer.echo(f"{reading.status.value}: {_counts(reading)}")
    lines = [
        (
            "" if row.row is None else str(row.row),
            printable(row.named or ""),
            row.kind.value,
            ", ".join(f"{change.field} {change.old or '-'} → {change.new}" for change in row.changes),
            "; ".join(printable(f"{one.place}: {one.message}" if one.place else one.message) for one in row.problems),
        )
        for row in rows
    ]
    if lines:
        print_table(("row", "offer", "what", "changes", "why"), lines, numeric=("row",), optional=("why",))
