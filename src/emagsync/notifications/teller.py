"""Makes messages of what happened: each thing is told once to each recipient whose rules ask for it.

What happened is in the change log, or in `occurrences`, which are written with it in one transaction and handed over to
the rules as notices. A rule has a place in the change log. One transaction makes a message, moves the places of its
rules and removes the notices that it tells; it does nothing when another process has moved one of them. So a message is
made exactly once, whatever stops or runs twice, and `deliveries/` sends it at most once.

A rule is patient, so that a night with 10,000 rejected offers is one message: what runs write is looked at when no run
goes on, and after a message a rule is quiet for a while, in which things gather.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Protocol

import orjson
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.clock import Clock
from emagsync.core.errors import EmagsyncError
from emagsync.db.engine import Database
from emagsync.db.errors import ConstraintViolated, DatabaseError
from emagsync.deliveries import occurrence_repository
from emagsync.deliveries.occurrence_repository import OccurrenceKind
from emagsync.home.schemas import HomeData
from emagsync.home.service import HomeService
from emagsync.notifications import repository, scan_repository
from emagsync.notifications.matters import Matter
from emagsync.notifications.repository import DELIVERIES, StandingRule
from emagsync.notifications.scan_repository import FOUND_IN_CHANGES
from emagsync.notifications.schemas import Recipient, RuleKind, Timing
from emagsync.notifications.writing import next_daily, write
from emagsync.offers.change_repository import newest_change
from emagsync.sync.freshness.schemas import FreshnessReport

log = structlog.get_logger()

# So long a rule is quiet after a message; what happens meanwhile is told together.
QUIET: Final = timedelta(minutes=15)
# What a run changes is told when it ends, or when it has gone on for so long.
PATIENCE: Final = timedelta(hours=2)
# An account that is in time again for so long may be told to be late again.
_IN_TIME: Final = timedelta(hours=1)
_LOOK_SECONDS: Final = 2.0
_LATE_LOOK: Final = timedelta(minutes=5)
_PRUNE_LOOK: Final = timedelta(hours=1)
_SHORTEST_EXCESS_SECONDS: Final = 60
_MOST_OCCURRENCES: Final = 500


class Ages(Protocol):
    """How old the offers of accounts are."""

    @property
    def accounts(self) -> tuple[str, ...]: ...

    async def report(self, account: str) -> FreshnessReport: ...


class _ToldAlready(Exception):
    """Another process has moved a rule meanwhile."""


class _Ready(NamedTuple):
    """What is to be told by some rules of a recipient, up to a number of the change log."""

    matters: list[Matter]
    upto: dict[str, int]


class Teller:
    """Looks for what is to be told. Any number of them may look."""

    def __init__(self, *, database: Database, home: HomeService, ages: Ages, clock: Clock, keep_days: int) -> None:
        self._database = database
        self._home = home
        self._ages = ages
        self._clock = clock
        self._keep = timedelta(days=keep_days)
        self._late_looked_at: datetime | None = None
        self._pruned_at: datetime | None = None

    async def run(self) -> None:
        """Tell for as long as the application runs."""
        while True:
            try:
                await self.look()
            except DatabaseError as error:
                log.warning("nothing_told", error=str(error))
            await self._clock.sleep(_LOOK_SECONDS)

    async def look(self) -> int:
        """Make the messages that are due. Returns how many."""
        now = self._clock.now()
        if self._late_looked_at is None or now - self._late_looked_at >= _LATE_LOOK:
            self._late_looked_at = now
            await self._look_for_late(now)
        if self._pruned_at is None or now - self._pruned_at >= _PRUNE_LOOK:
            self._pruned_at = now
            async with self._database.transaction() as connection:
                await DELIVERIES.prune(connection, before=now - self._keep)
        await self._hand_over()
        return await self._tell(now)

    async def _hand_over(self) -> None:
        while True:
            async with self._database.snapshot() as connection:
                happened = await occurrence_repository.oldest(connection, limit=_MOST_OCCURRENCES)
            if not happened:
                return
            try:
                async with self._database.transaction() as connection:
                    if not await occurrence_repository.take(connection, [one.id for one in happened]):
                        raise _ToldAlready
                    await repository.hand_over(connection, happened)
            except _ToldAlready:
                continue

    async def _tell(self, now: datetime) -> int:
        async with self._database.snapshot() as connection:
            standing = await repository.standing_rules(connection, now=now)
        groups: dict[tuple[str, Timing], list[StandingRule]] = defaultdict(list)
        for rule in standing:
            groups[rule.recipient_id, rule.rule.timing].append(rule)
        told = 0
        for (recipient_id, timing), rules in groups.items():
            try:
                told += await self._tell_one(recipient_id, timing, rules, now)
            except _ToldAlready:
                continue
        return told

    async def _tell_one(self, recipient_id: str, timing: Timing, rules: Sequence[StandingRule], now: datetime) -> bool:
        summaries = {rule.id: await self._summary(rule) for rule in rules if rule.rule.kind is RuleKind.SUMMARY}
        async with self._database.snapshot() as connection:
            recipient = await repository.get(connection, recipient_id)
            ready = await self._ready(connection, timing, rules, now)
        ready.matters.extend(Matter(rule.rule, summary=summaries[rule.id]) for rule in rules if rule.id in summaries)
        worth = [matter for matter in ready.matters if matter.is_worth_telling]
        moving = [rule for rule in rules if timing is Timing.DAILY or ready.upto[rule.id] != rule.seq or worth]
        if not moving:
            return False
        telling = {matter.rule for matter in worth}
        async with self._database.transaction() as connection:
            for rule in moving:
                next_at = _next_at(recipient, rule, now) if timing is Timing.DAILY or rule.rule in telling else None
                if not await repository.move(connection, rule, seq=ready.upto[rule.id], next_at=next_at):
                    raise _ToldAlready
            if worth:
                await repository.remove_notices(connection, [one.id for matter in worth for one in matter.notices])
                written = write(recipient, worth, timing, now)
                body = orjson.dumps({"title": written.title, "text": written.text}).decode()
                await DELIVERIES.add(connection, recipient_id, written.event, body, now=now)
        return bool(worth)

    async def _ready(
        self, connection: AsyncConnection, timing: Timing, rules: Sequence[StandingRule], now: datetime
    ) -> _Ready:
        newest = await newest_change(connection)
        is_waiting = timing is Timing.INSTANT and await self._waits_for_a_run(connection, now)
        notices = await repository.notices_of(connection, [rule.id for rule in rules])
        ready = _Ready([], {})
        for rule in rules:
            own = [notice for notice in notices if notice.rule_id == rule.id]
            kind = rule.rule.kind
            # What is not in the change log is told at once, though a run goes on, and has no place in the log.
            is_scanned = kind in FOUND_IN_CHANGES and not is_waiting
            upto = newest if is_scanned else rule.seq
            ready.upto[rule.id] = upto
            if kind is RuleKind.SUMMARY:
                continue
            if kind in FOUND_IN_CHANGES and upto > rule.seq:
                found = await scan_repository.find(connection, rule.rule, after=rule.seq, upto=upto)
                ready.matters.append(Matter(rule.rule, own, found))
            else:
                ready.matters.append(Matter(rule.rule, own))
        return ready

    async def _summary(self, rule: StandingRule) -> HomeData:
        """What Home shows of the last day."""
        account = rule.rule.account
        accounts = () if account is None else (account,)
        return await self._home.read(self._ages.accounts, accounts=accounts, account=account or "all")

    async def _waits_for_a_run(self, connection: AsyncConnection, now: datetime) -> bool:
        started = await scan_repository.newest_run_start(connection)
        return started is not None and now - started < PATIENCE

    async def _look_for_late(self, now: datetime) -> None:
        async with self._database.snapshot() as connection:
            if RuleKind.LATE not in await repository.kinds_in_use(connection):
                return
            told = await repository.late_since(connection)
        for account in self._ages.accounts:
            try:
                report = await self._ages.report(account)
            except EmagsyncError:
                continue  # an account that is not configured properly is told of elsewhere
            is_late = report.older > 0 and report.excess_seconds >= _SHORTEST_EXCESS_SECONDS
            if is_late and account not in told:
                await self._note_late(account, report, now)
            elif not is_late and account in told and now - told[account] >= _IN_TIME:
                async with self._database.transaction() as connection:
                    await repository.end_late(connection, account)

    async def _note_late(self, account: str, report: FreshnessReport, now: datetime) -> None:
        detail = {"older": report.older, "excess_seconds": report.excess_seconds}
        try:
            async with self._database.transaction() as connection:
                await repository.note_late(connection, account, now)
                await occurrence_repository.note(connection, OccurrenceKind.LATE, account, detail=detail, at=now)
        except ConstraintViolated:
            return  # another process was faster


def _next_at(recipient: Recipient, rule: StandingRule, now: datetime) -> datetime:
    if rule.rule.timing is Timing.DAILY:
        return next_daily(now, recipient.daily_hour, recipient.time_zone)
    return now + QUIET
