"""One push, from the lease that it was given to its end.

It sends everything of an account that may be sent, in batches, and reads the offers back until eMAG shows what was
sent. Nothing is sent a second time unless eMAG, read in between, shows that it does not have it (see `outbox`).

Several saves are on their way at once (SAVES_IN_FLIGHT), but one task at a time chooses, reads and claims what goes
next: two that chose at once would both read the same offers, and could both claim the same entries.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final

import structlog

from emagsync.core.clock import Clock
from emagsync.core.concurrency import cancelled, run_concurrently
from emagsync.core.errors import EmagsyncError, ErrorKind
from emagsync.core.settings import EditsSettings
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseUnavailable
from emagsync.edits.push import outbox_repository as repository
from emagsync.edits.push.items import update_of
from emagsync.edits.push.outbox import Answer, Event, OutboxEntry
from emagsync.edits.push.plan import Batch, BatchKind, Step, Unread, after_sending, next_batch
from emagsync.edits.push.readback import OfferFetcher, portion
from emagsync.edits.push.schemas import Hold
from emagsync.edits.push.writer import PushJob, PushWriter
from emagsync.edits.reasons import Reason, ReasonCode, reason_text
from emagsync.edits.refusals import remarks_in
from emagsync.edits.states import OutboxState
from emagsync.marketplace.client import EmagClient
from emagsync.marketplace.errors import BudgetUnavailable, EmagError, UncertainWrite, WriteRefused
from emagsync.marketplace.rows.parse import ParsedRow
from emagsync.marketplace.save_answers import SaveResult
from emagsync.marketplace.writes import MOST_ENTITIES

log = structlog.get_logger()

SAVES_IN_FLIGHT: Final = 3
# After so many saves in a row without a certain answer the push ends.
MOST_FAILURES: Final = 3
# A save that took eMAG too long is sent again in saves of so many times fewer offers: before its offers have been sent
# MOST_ATTEMPTS times they are alone.
FEWER_TIMES: Final = 4
# About how long reading the whole list of a large account takes.
LIST_SECONDS: Final = 60.0
# Without progress for so many times `readback_seconds` the push ends; the next one goes on with what is left.
PATIENCE: Final = 3


class PushEngine:
    """Executes one push. Use once. `hold` and `error` then say what kept it from sending everything."""

    def __init__(
        self,
        *,
        database: Database,
        client: EmagClient,
        job: PushJob,
        offers: int,
        settings: EditsSettings,
        clock: Clock,
    ) -> None:
        self._database = database
        self._client = client
        self._job = job
        self._offers = offers
        self._settings = settings
        self._clock = clock
        self._writer = PushWriter(database=database, job=job, settings=settings, clock=clock)
        self._claiming = asyncio.Lock()
        self._enqueued_at: float | None = None
        self._newest_enqueued: int | None = None
        self._failures = 0
        self._most_together = MOST_ENTITIES
        self.hold: Hold | None = None
        self.error: Reason | None = None

    async def execute(self) -> None:
        """Send and read back. Raises PushSuperseded when another process took over, BudgetUnavailable, and the
        EmagError that a person must act on."""
        work = asyncio.ensure_future(self._work())
        renewing = asyncio.ensure_future(self._keep_lease())
        try:
            await asyncio.wait({work, renewing}, return_when=asyncio.FIRST_COMPLETED)
            await (work if work.done() else renewing)
        finally:
            await cancelled(work, renewing)

    async def _keep_lease(self) -> None:
        while True:
            await self._clock.sleep(self._settings.lease_seconds / 4)
            # A busy or restarting database is no reason to end a push; if it stays away, the next write says so.
            with suppress(DatabaseUnavailable):
                await self._writer.renew_lease()

    async def _work(self) -> None:
        """Send, read back, and so on, until nothing is left or nothing moves any more."""
        progress_at = self._clock.monotonic()
        while self._clock.monotonic() - progress_at < PATIENCE * self._settings.readback_seconds:
            if await self._send_all():
                progress_at = self._clock.monotonic()
            unread = await self._unread()
            following = after_sending(
                unread,
                has_pending=not unread and await self._has_pending(),
                longest_wait=self._settings.readback_seconds,
                now=self._clock.now(),
            )
            match following.step:
                case Step.END:
                    if not unread and not (await self._next_batch()).entries:
                        # Answers that were lost stopped the sending, and yet eMAG has all of it.
                        self.error = None
                    return
                case Step.READ_BACK:
                    await self._read(portion(following.due, self._offers))
                case Step.WAIT:
                    await self._clock.sleep(following.seconds)
                case Step.SEND:
                    continue
            if len(await self._unread()) < len(unread):
                progress_at = self._clock.monotonic()

    async def _unread(self) -> Sequence[Unread]:
        async with self._database.snapshot() as connection:
            return await repository.awaiting_read_back(connection, self._job.account)

    # Sending

    @property
    def _is_stopped(self) -> bool:
        return self.hold is not None or self.error is not None

    async def _send_all(self) -> int:
        """Send until nothing is pending, or the push is stopped. Returns the number of entries that were sent."""
        sent = 0

        async def send() -> None:
            nonlocal sent
            while not self._is_stopped:
                async with self._claiming:
                    entries = [] if self._is_stopped else await self._claim_next()
                if not entries:
                    return
                await self._save(entries)
                sent += len(entries)

        if not self._is_stopped:
            # Also edits that waited until others of their offer were read back.
            self._newest_enqueued = None
            await self._enqueue()
            await run_concurrently([send() for _ in range(SAVES_IN_FLIGHT)])
        return sent

    async def _enqueue(self) -> None:
        """Put new edits into the outbox. What has changed about older ones is seen when their entries are claimed."""
        async with self._database.snapshot() as connection:
            newest = await repository.newest_edit(connection, self._job.account)
        if newest != self._newest_enqueued:
            await self._writer.enqueue()
        self._newest_enqueued = newest
        self._enqueued_at = self._clock.monotonic()

    async def _claim_next(self) -> Sequence[OutboxEntry]:
        """The next batch, claimed. Empty when nothing is left, or the brake holds the account."""
        if self._clock.monotonic() - (self._enqueued_at or 0.0) > self._settings.look_seconds:
            await self._enqueue()
        while True:
            batch = await self._next_batch()
            if not batch.entries:
                return []
            entries = await self._with_fresh_values(batch)
            if not entries:
                continue
            claimed = await self._writer.claim([entry.id for entry in entries])
            if isinstance(claimed, Hold):
                log.warning("push_held", account=self._job.account, hold=claimed.id, counts=dict(claimed.counts))
                self.hold = claimed
                return []
            if claimed:
                return claimed

    async def _next_batch(self) -> Batch:
        async with self._database.snapshot() as connection:
            pending = await repository.next_pending(
                connection, self._job.account, now=self._clock.now(), most=self._most_together
            )
        return next_batch(pending)

    async def _has_pending(self) -> bool:
        return not self._is_stopped and bool((await self._next_batch()).entries)

    async def _with_fresh_values(self, batch: Batch) -> Sequence[OutboxEntry]:
        """The entries of the batch that may be claimed, as eMAG's values of their offers were read recently enough.

        Where some were not, their offers are read now, and the entries are those whose offers could be read.
        """
        if batch.kind is BatchKind.DIFFERENCES:
            to_read = {entry.emag_id for entry in batch.entries}
        else:
            to_read = await self._stale_offers(batch.entries)
        if not to_read:
            return batch.entries
        read = to_read - await self._read(to_read)
        return [entry for entry in batch.entries if entry.emag_id in read]

    async def _stale_offers(self, entries: Sequence[OutboxEntry]) -> set[int]:
        """The offers to read first, because those of `entries` were read too long ago; with them those of later entries
        that are as old, where reading the whole list takes fewer requests."""
        now = self._clock.now()
        account, oldest = self._job.account, now - timedelta(seconds=self._settings.fresh_seconds)
        async with self._database.snapshot() as connection:
            ids = [entry.emag_id for entry in entries]
            if not await repository.stale_offers(connection, account, before=oldest, now=now, among=ids):
                return set()
            # A list takes its time: there is no use in reading what would be stale again when its turn comes.
            some = ids if self._settings.fresh_seconds < LIST_SECONDS else None
            old = await repository.stale_offers(connection, account, before=oldest, now=now, among=some)
        return set(portion(old, self._offers))

    async def _save(self, entries: Sequence[OutboxEntry]) -> None:
        """Send claimed entries in one save, and write what eMAG's answer says about each of them."""
        entries = await self._writer.sent_together(entries)
        try:
            result = await self._client.save_offers([update_of(entry.emag_id, entry.items) for entry in entries])
        except WriteRefused as error:
            log.warning("save_refused", account=self._job.account, emag_ids=_ids_of(entries), said=error.messages)
            await self._handle_refusal(entries, error.messages)
        except UncertainWrite as error:
            self._log_unsaved("save_uncertain", entries, error)
            reason = _caused_by(error.cause, ReasonCode.NO_CERTAIN_ANSWER)
            await self._writer.answered(entries, Answer(Event.NO_ANSWER, reason))
            if error.cause.took_too_long and len(entries) > 1:
                self._most_together = min(self._most_together, max(len(entries) // FEWER_TIMES, 1))
            else:
                self._count_failure(error)
        except BudgetUnavailable as error:
            self._log_unsaved("save_not_sent", entries, error)
            reason = Reason.of(ReasonCode.NOT_SENT, cause=error.code, message=error)
            await self._writer.answered(entries, Answer(Event.NOT_SENT, reason))
            raise
        except EmagError as error:
            self._log_unsaved("save_not_sent", entries, error)
            await self._writer.answered(entries, Answer(Event.NOT_SENT, _caused_by(error, ReasonCode.NOT_SENT)))
            self.error = stopped_by(error)
            if error.kind is ErrorKind.CONFIGURATION:
                raise
        else:
            self._failures = 0
            await self._note_verdicts(entries, result)

    async def _note_verdicts(self, entries: Sequence[OutboxEntry], result: SaveResult) -> None:
        """Write what eMAG said about each of the offers. Its refusals are final and cost no reading; what it has taken,
        or did not mention, is read back. What it refused only because of others is sent again without them."""
        innocent = result.unknown if result.is_whole_refusal else {}
        answers = {emag_id: Answer.of(said) for emag_id, said in result.verdicts.items() if emag_id not in innocent}
        judged = [entry for entry in entries if entry.emag_id in answers]
        self._log_refusals(await self._writer.judged(judged, answers))
        if result.unknown:
            log.warning("offers_not_in_answer", account=self._job.account, emag_ids=list(result.unknown))
        remarks = {emag_id: said for emag_id, words in result.taken.items() if (said := remarks_in(words))}
        if remarks or result.remarks:
            log.info("save_remarks", account=self._job.account, offers=remarks, said=result.remarks)
        if innocent:
            await self._save_unless_stopped([entry for entry in entries if entry.emag_id in innocent])

    def _log_unsaved(self, event: str, entries: Sequence[OutboxEntry], error: EmagsyncError) -> None:
        log.warning(
            event, account=self._job.account, emag_ids=_ids_of(entries), cause=_cause_of(error).code, error=str(error)
        )

    def _log_refusals(self, entries: Sequence[OutboxEntry]) -> None:
        for entry in entries:
            if entry.state is OutboxState.REJECTED:
                told = [item.reason for item in entry.items if item.reason is not None and item.reason.is_refusal]
                if told:
                    log.warning(
                        "offer_refused", account=entry.account, emag_id=entry.emag_id, reason=reason_text(told[0])
                    )
            elif entry.state is OutboxState.PENDING and entry.waits_for_campaign:
                log.info(
                    "offer_waits_for_campaign",
                    account=entry.account,
                    emag_id=entry.emag_id,
                    reason=reason_text(entry.reason),
                    again_at=entry.next_at,
                )

    async def _handle_refusal(self, entries: Sequence[OutboxEntry], words: Sequence[str]) -> None:
        """Halve a save that was refused as a whole, and names nobody, until the offers that eMAG objects to are alone;
        then verify the refusal by reading."""
        if len(entries) > 1:
            middle = len(entries) // 2
            await self._save(entries[:middle])
            await self._save_unless_stopped(entries[middle:])
            return
        # Some of eMAG's complaints are only remarks, and the change is made.
        if await self._read([entries[0].emag_id]):
            await self._writer.answered(entries, Answer(Event.NO_ANSWER, _unverified(words)))
        else:
            self._log_refusals(await self._writer.refused(entries[0], Reason.refusal(words)))

    async def _save_unless_stopped(self, entries: Sequence[OutboxEntry]) -> None:
        if self._is_stopped:
            await self._writer.answered(entries, Answer(Event.NOT_SENT, Reason.of(ReasonCode.NOT_ITS_TURN)))
        else:
            await self._save(entries)

    def _count_failure(self, error: UncertainWrite) -> None:
        self._failures += 1
        if self._failures >= MOST_FAILURES:
            self.error = Reason.of(ReasonCode.PUSH_STOPPED, cause=error.cause.code, message=error)

    # Reading

    async def _read(self, emag_ids: Collection[int]) -> set[int]:
        """Read offers and store them, which judges what was sent for them; returns those that could not be read."""
        overtaken, unread = await self._read_once(emag_ids)
        if overtaken:
            # By a page of a run. One reading more is newer, however the clocks of two machines go.
            unread |= (await self._read_once(overtaken, is_final=True))[1]
        return unread

    async def _read_once(self, emag_ids: Collection[int], *, is_final: bool = False) -> tuple[set[int], set[int]]:
        """As `_read`; the first set are offers of which somebody else has stored another answer meanwhile."""
        read_at = self._clock.now()
        overtaken: set[int] = set()

        async def keep(rows: Mapping[int, ParsedRow]) -> None:
            overtaken.update(await self._writer.read(rows, read_at=read_at, is_final=is_final))

        fetcher = OfferFetcher(self._client, offers=self._offers, store=keep)
        await fetcher.fetch(emag_ids)
        await self._writer.unknown(fetcher.unknown)
        await self._writer.unreadable(fetcher.failed)
        return overtaken, fetcher.unknown | fetcher.failed.keys()


def _ids_of(entries: Sequence[OutboxEntry]) -> list[int]:
    return [entry.emag_id for entry in entries]


def _cause_of(error: EmagsyncError) -> EmagsyncError:
    return error.cause if isinstance(error, UncertainWrite) else error


def stopped_by(error: EmagsyncError) -> Reason:
    """Why a push ended before its work was done."""
    return Reason.of(ReasonCode.PUSH_STOPPED, cause=error.code, message=error)


def _unverified(words: Sequence[str]) -> Reason:
    return Reason.of(ReasonCode.NO_CERTAIN_ANSWER, cause=WriteRefused.code, message="; ".join(words))


def _caused_by(error: EmagError, code: ReasonCode) -> Reason:
    return Reason.of(code, cause=error.code, message=error.message)
