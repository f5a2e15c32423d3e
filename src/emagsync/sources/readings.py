"""Reading sources: fetching a file, finding out what it changes, and making edits of that.

One at a time for a source, by its row (`reading_until`), in whichever process. What a file changes goes the way of any
bulk edit: the same checks, the same outbox and brake.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any, Final, Literal

import structlog

from emagsync.audit.entries import new_entry
from emagsync.audit.repository import insert_entry
from emagsync.core.clock import Clock
from emagsync.core.errors import ConfigurationError, EmagsyncError
from emagsync.core.settings import EditsSettings, PushMode
from emagsync.db.engine import Database
from emagsync.edits.change_request import ChangeRequest
from emagsync.edits.errors import FileUnreadable
from emagsync.edits.planning import Effect
from emagsync.edits.push.brake_preview import BrakePreview, preview_brake
from emagsync.edits.results import LineResult
from emagsync.edits.service import EditService
from emagsync.edits.states import EditSource
from emagsync.edits.storing import Author
from emagsync.sources import reading_repository, repository
from emagsync.sources.errors import FetchFailed, FileTooShort, NothingToApply, ReadingBroke, SourceBusy
from emagsync.sources.fetching.fetched import Fetched, Known, Place
from emagsync.sources.fetching.fetcher import Fetcher
from emagsync.sources.model import SourceRow
from emagsync.sources.outcome import Outcome, named_offers, nameless_rows, outcome_of, stock_0_requests
from emagsync.sources.reading.options import ReadingAnswer
from emagsync.sources.reading.reader import SourceFileReader
from emagsync.sources.schemas import MissingMeans, ReadFile, Reading, ReadingStatus, RowKind, SourceMode
from emagsync.sources.secrets import unsealed
from emagsync.vault.errors import SealBroken
from emagsync.vault.vault import Vault

log = structlog.get_logger()

Trigger = Literal["schedule", "request", "upload"]

# A reading that takes longer is given up; a source whose reader has died is free after the second.
MOST_SECONDS: Final = 600.0
_CLAIM: Final = timedelta(seconds=MOST_SECONDS + 60)
# Sources that one look reads at once, and the requests that are stored in one transaction.
_AT_ONCE: Final = 4
_IN_ONE: Final = 1_000
BY_ITSELF: Final = "schedule"


@dataclass(frozen=True)
class _Read:
    """A file that was read, and what its rows come to."""

    fetched: Fetched
    digest: str
    answer: ReadingAnswer
    lines: tuple[LineResult, ...]
    outcome: Outcome


class _SameFile(Exception):
    """The file was taken in before."""

    def __init__(self, fetched: Fetched | None) -> None:
        super().__init__()
        self.fetched = fetched


class SourceReadings:
    """Reads sources, and applies what was previewed. One per process."""

    def __init__(
        self,
        *,
        database: Database,
        vault: Vault,
        fetcher: Fetcher,
        reader: SourceFileReader,
        edits: EditService,
        push_mode: Callable[[str], PushMode],
        settings: EditsSettings,
        clock: Clock,
    ) -> None:
        self._database = database
        self._vault = vault
        self._fetcher = fetcher
        self._reader = reader
        self._edits = edits
        self._push_mode = push_mode
        self._settings = settings
        self._clock = clock
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def read(
        self, source_id: str, *, trigger: Trigger, by: str, sent: Fetched | None = None, force: bool = False
    ) -> Reading:
        """Read a source now: its own file, or the one that was `sent`. Returns what became of it, whatever that is.

        `force` takes in a file that was taken in before, and one that is much shorter. Raises SourceNotFound and
        SourceBusy.
        """
        source, reading_id = await self._begin(source_id, trigger, by)
        with structlog.contextvars.bound_contextvars(source=source.name, reading=reading_id):
            try:
                await self._read(source, reading_id, by, sent, force=force)
            except _SameFile as same:
                await self._end_as_same(source, reading_id, same.fetched)
            except (FileUnreadable, FileTooShort) as error:
                await self._end_without(source, reading_id, ReadingStatus.REFUSED, error)
            except EmagsyncError as error:
                await self._end_without(source, reading_id, ReadingStatus.FAILED, error)
            except TimeoutError:
                late = FetchFailed("timed_out", seconds=int(MOST_SECONDS))
                await self._end_without(source, reading_id, ReadingStatus.FAILED, late)
            except Exception:
                # Whatever is wrong here, no reading is left running, and the source waits for its next time.
                await self._end_without(source, reading_id, ReadingStatus.FAILED, ReadingBroke())
                raise
            except BaseException:
                # The process stops: another one reads it anew.
                await asyncio.shield(self._give_back(source_id))
                raise
            async with self._database.snapshot() as connection:
                reading = await reading_repository.get(connection, source_id, reading_id)
            counts = {name: number for name, number in reading.counts.model_dump().items() if number}
            log.info("source_read", status=reading.status, counts=counts, code=reading.code, reason=reading.reason)
            return reading

    async def read_due(self) -> str:
        """Read every source that is due, and say what became of them."""
        async with self._database.snapshot() as connection:
            due = await repository.due(connection, now=self._clock.now())
        if not due:
            return "no source is due"
        done = await asyncio.gather(*map(self._read_by_itself, due))
        taken_in = sum(status in (ReadingStatus.APPLIED, ReadingStatus.PREVIEWED) for status in done)
        unwell = sum(status in (ReadingStatus.REFUSED, ReadingStatus.FAILED) for status in done)
        return f"{len(done)} sources read: {taken_in} taken in, {unwell} refused or failed"

    async def apply(self, source_id: str, reading_id: int, *, by: str, confirm: bool = False) -> Reading:
        """Make edits of what a reading would change, and with `confirm` of what looks like a mistake.

        Raises ReadingNotFound, and NothingToApply where that is done already, or a newer reading has taken its place.
        """
        async with self._database.snapshot() as connection:
            source = await repository.get(connection, source_id)
            reading = await reading_repository.get(connection, source_id, reading_id)
            newest = await reading_repository.newest_taken_in(connection, source_id)
            is_preview = reading.status is ReadingStatus.PREVIEWED
            kinds = [*([RowKind.CHANGED] if is_preview else []), *([RowKind.DOUBTFUL] if confirm else [])]
            rows = await reading_repository.rows_to_apply(connection, reading_id, kinds)
        if newest != reading_id or not rows:
            raise NothingToApply(reading_id)
        requests = [
            ChangeRequest(given=given, account=account, emag_id=emag_id, row=position, confirm=confirm)
            for position, account, emag_id, given in rows
        ]
        batch_id = reading.batch_id or str(uuid.uuid4())
        lines = await self._store(source, requests, by=by, needs_approval=False, batch_id=batch_id)
        applied = sum(line.effect is Effect.OK for line in lines)
        async with self._database.transaction() as connection:
            values = {
                "status": ReadingStatus.APPLIED,
                "batch_id": batch_id,
                "applied_by": by[:120],
                "applied_at": self._clock.now(),
            }
            await reading_repository.finish(connection, reading_id, values)
            await reading_repository.settle(connection, reading_id, kinds)
            reading = await reading_repository.get(connection, source_id, reading_id)
        log.info("source_applied", source=source.name, reading=reading_id, edits=applied)
        return reading

    async def _read_by_itself(self, source_id: str) -> ReadingStatus | None:
        async with self._turns:
            try:
                return (await self.read(source_id, trigger="schedule", by=BY_ITSELF)).status
            except EmagsyncError as error:
                # Somebody else reads it, or has removed it.
                log.info("source_not_read", source_id=source_id, code=error.code)
                return None
            except Exception:
                # The others are read all the same.
                log.exception("source_broke", source_id=source_id)
                return ReadingStatus.FAILED

    async def _begin(self, source_id: str, trigger: Trigger, by: str) -> tuple[SourceRow, int]:
        now = self._clock.now()
        async with self._database.transaction() as connection:
            source = await repository.get(connection, source_id)
            next_at = source.due_after(now)
            if not await repository.claim(connection, source_id, now=now, until=now + _CLAIM, next_at=next_at):
                raise SourceBusy(source.name)
            return source, await reading_repository.add(connection, source_id, trigger=trigger, started_by=by, now=now)

    async def _read(self, source: SourceRow, reading_id: int, by: str, sent: Fetched | None, *, force: bool) -> None:
        async with asyncio.timeout(MOST_SECONDS):
            read = await self._taken_apart(source, sent, force=force)
            brakes = await self._brakes(read.lines)
        is_preview = source.mode is SourceMode.PREVIEW
        batch_id = str(uuid.uuid4())
        if not is_preview:
            changed = read.outcome.positions([RowKind.CHANGED])
            requests = [_settled(line) for position, line in enumerate(read.lines) if position in changed]
            needs_approval = source.mode is SourceMode.APPROVAL
            await self._store(source, requests, by=by, needs_approval=needs_approval, batch_id=batch_id)
        now = self._clock.now()
        ending = {
            "status": ReadingStatus.PREVIEWED if is_preview else ReadingStatus.APPLIED,
            "finished_at": now,
            "counts": read.outcome.counts.model_dump(),
            "file": _file(read.fetched, read.digest, read.answer).model_dump(mode="json"),
            "brakes": [brake.model_dump(mode="json") for brake in brakes],
            **({} if is_preview else {"batch_id": batch_id, "applied_by": by[:120], "applied_at": now}),
        }
        taken_in = {
            "digest": read.digest,
            "etag": read.fetched.etag,
            "last_modified": read.fetched.last_modified,
            "rows": read.outcome.counts.rows,
            "taken_in_at": now,
            "failures": 0,
            "host_key": source.host_key or read.fetched.host_key,
        }
        entry = new_entry("source.read", source.name, read.outcome.counts.model_dump(), at=now)
        async with self._database.transaction() as connection:
            await reading_repository.add_rows(connection, reading_id, read.outcome.rows)
            await reading_repository.finish(connection, reading_id, ending)
            await repository.release(connection, source.id, taken_in)
            if by == BY_ITSELF and not is_preview:
                # What somebody asks for is logged with who did.
                await insert_entry(connection, {**entry, **_BY_ITSELF})

    async def _taken_apart(self, source: SourceRow, sent: Fetched | None, *, force: bool) -> _Read:
        """The file, read and planned. Raises what says why that is not possible, and _SameFile."""
        fetched = sent or await self._fetch(source, force=force)
        digest = hashlib.sha256(fetched.content).hexdigest()
        if digest == source.digest and not force:
            raise _SameFile(fetched)
        answer = await self._reader.read(fetched.content, source.options)
        if answer.refusal is not None:
            raise FileUnreadable(answer.refusal.reason, **answer.refusal.values)
        if answer.reading is None or answer.look is None:
            raise FileUnreadable("too_demanding")
        note = answer.reading.note
        _check_length(source, note.rows, force=force)
        lines = (await self._edits.preview(answer.reading.requests)).lines
        unnamed = await self._missing(source, lines)
        missing = range(len(lines), len(lines) + len(unnamed))
        lines = (*lines, *unnamed)
        return _Read(fetched, digest, answer, lines, outcome_of(lines, missing, answer.look, note))

    async def _fetch(self, source: SourceRow, *, force: bool) -> Fetched:
        known = Known() if force or source.digest is None else Known(source.etag, source.last_modified)
        try:
            secrets = unsealed(self._vault, source.secrets)
        except (SealBroken, ConfigurationError) as error:
            raise FetchFailed("sealed") from error
        place = Place(source.address or "", source.username, secrets, source.host_key)
        fetched = await self._fetcher.fetch(source.kind, place, known)
        if fetched is None:
            raise _SameFile(None)
        return fetched

    async def _missing(self, source: SourceRow, lines: Sequence[LineResult]) -> tuple[LineResult, ...]:
        """What takes out of stock the offers that the file does not name, where the source says that it means that.

        Raises FileUnreadable where a row may be of any of them.
        """
        if source.missing_means is MissingMeans.NOTHING:
            return ()
        if nameless := nameless_rows(lines):
            raise FileUnreadable("nameless_rows", rows=", ".join(map(str, nameless[:10])))
        named = named_offers(lines)
        async with self._database.snapshot() as connection:
            stocked = await reading_repository.in_stock(connection, source.account)
        unnamed = [emag_id for emag_id in stocked if (source.account, emag_id) not in named]
        last_row = max((line.request.row for line in lines), default=0)
        return (await self._edits.preview(stock_0_requests(source.account, unnamed, last_row + 1))).lines

    async def _brakes(self, lines: Sequence[LineResult]) -> list[BrakePreview]:
        plans = [line.plan for line in lines if line.plan and line.effect is Effect.OK]
        async with self._database.snapshot() as connection:
            return await preview_brake(connection, plans, settings=self._settings, mode=self._push_mode)

    async def _store(
        self, source: SourceRow, requests: Sequence[ChangeRequest], *, by: str, needs_approval: bool, batch_id: str
    ) -> list[LineResult]:
        """Make edits of the requests, in portions: a long transaction would keep others from writing."""
        name = f"{source.name} ({by})" if by != BY_ITSELF else source.name
        author = Author(name[:120], EditSource.SOURCE, needs_approval)
        lines: list[LineResult] = []
        for start in range(0, len(requests), _IN_ONE):
            some = requests[start : start + _IN_ONE]
            lines += (await self._edits.apply(some, author, skip_invalid=True, batch_id=batch_id)).lines
        return lines

    async def _end_as_same(self, source: SourceRow, reading_id: int, fetched: Fetched | None) -> None:
        now = self._clock.now()
        file = (
            None
            if fetched is None
            else ReadFile(name=fetched.name, bytes=len(fetched.content), digest=source.digest or "")
        )
        ending: dict[str, Any] = {"status": ReadingStatus.SAME_FILE, "finished_at": now}
        if file is not None:
            ending["file"] = file.model_dump(mode="json")
        async with self._database.transaction() as connection:
            await reading_repository.finish(connection, reading_id, ending)
            await repository.release(connection, source.id, {"taken_in_at": now, "failures": 0})

    async def _end_without(
        self, source: SourceRow, reading_id: int, status: ReadingStatus, error: EmagsyncError
    ) -> None:
        values: Mapping[str, Any] = getattr(error, "values", {})
        ending = {
            "status": status,
            "finished_at": self._clock.now(),
            "code": error.code,
            "reason": getattr(error, "reason", None),
            "reason_values": dict(values),
            "message": str(error)[:1000],
        }
        async with self._database.transaction() as connection:
            await reading_repository.finish(connection, reading_id, ending)
            await repository.count_failure(connection, source.id)

    async def _give_back(self, source_id: str) -> None:
        async with self._database.transaction() as connection:
            await repository.release(connection, source_id, {})


def _check_length(source: SourceRow, rows: int, *, force: bool) -> None:
    before = source.rows
    if force or before is None:
        return
    if rows * 100 < before * (100 - source.most_shrink_percent):
        raise FileTooShort(rows, before, source.most_shrink_percent)


def _settled(line: LineResult) -> ChangeRequest:
    """The request of a line, naming its offer by eMAG's id: what else it named it by was found already."""
    assert line.plan is not None  # noqa: S101 - a line without one changes nothing
    return replace(line.request, emag_id=line.plan.offer.emag_id, part_number=None, part_number_key=None, eans=())


def _file(fetched: Fetched, digest: str, answer: ReadingAnswer) -> ReadFile:
    look, note = answer.look, answer.reading.note if answer.reading else None
    found = {} if look is None else {name: value for name, value in asdict(look).items() if name in _LOOKED}
    decimal = None if note is None else note.decimal
    return ReadFile(name=fetched.name, bytes=len(fetched.content), digest=digest, decimal=decimal, **found)


_LOOKED: Final = frozenset({"format", "encoding", "separator", "row_path", "sheet", "columns", "key"})
_BY_ITSELF: Final[Mapping[str, Any]] = {
    "username": "-", "user_id": None, "caller": "schedule", "token_id": None, "address": None,
}  # fmt: skip
