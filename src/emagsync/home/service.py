"""What changed and what needs a hand: for the page, the API, the command line and daily messages."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.clock import Clock
from emagsync.db.engine import Database
from emagsync.db.ready import Answering, Within
from emagsync.home import repository
from emagsync.home.repository import Visits
from emagsync.home.schemas import CopyAge, HomeData, KindNumber, Number, ReasonNumber, WaitingNow
from emagsync.offers.change_kinds import ChangeKind
from emagsync.offers.notable_repository import count_kinds, count_reasons
from emagsync.offers.selection import ChangeFilter
from emagsync.sync import repository as runs
from emagsync.sync.certificate.schemas import CertificateVerdict
from emagsync.sync.certificate.service import Certificates
from emagsync.sync.schemas import Run

# Who comes back after that long begins another visit.
VISIT_ENDS_AFTER: Final = timedelta(minutes=30)
USUAL_SPAN: Final = timedelta(days=1)
_REMEMBERED: Final = 100


class _Counted(NamedTuple):
    """Counts of kinds and reasons, and the newest of the changes that they count."""

    newest: int
    kinds: list[KindNumber]
    reasons: list[ReasonNumber]


_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_Asked = tuple[datetime, datetime | None, tuple[str, ...]]


class HomeService:
    """Reads what Home shows, and notes who looked. One for each process; what changed is counted once for each state
    of the database, and a run's certificate concluded once."""

    def __init__(self, database: Database, certificates: Certificates, clock: Clock) -> None:
        self._database = database
        self._certificates = certificates
        self._clock = clock
        self._counted: OrderedDict[_Asked, _Counted] = OrderedDict()
        self._verdicts: OrderedDict[str, CertificateVerdict] = OrderedDict()
        self._counting = asyncio.Lock()

    async def read(
        self,
        names: Sequence[str],
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        accounts: tuple[str, ...] = (),
        account: str = "all",
    ) -> HomeData:
        """What happened from `since` (a day ago) on and before `until`, to the `accounts` (none: all).

        `names` are the accounts whose copies are told about; `account` is how `accounts` were named.
        """
        now = self._clock.now()
        since = usual_since(now) if since is None else since
        told = [name for name in names if not accounts or name in accounts]
        asked = (since, until, accounts)
        numbers, told_runs = await self._numbers(self._database, asked, told)
        counted = self._known(asked, numbers)
        if counted is None:
            # Calls that come while somebody counts wait for that count. All is read anew, of the count's moment.
            async with self._counting, self._database.snapshot() as connection:
                numbers, told_runs = await self._numbers(Within(connection), asked, told)
                counted = self._known(asked, numbers) or await self._count(connection, asked, numbers.newest_notable)
        completed = {run.account: run for run in told_runs}
        return HomeData(
            since=since,
            until=until,
            as_of=now,
            account=account,
            changes=counted.kinds,
            unsellable_reasons=counted.reasons,
            failed_runs=_number(numbers.failed_runs),
            brakes=_number(numbers.holds),
            waiting=WaitingNow(**numbers.waiting._asdict()),
            copies=[await self._copy(name, completed.get(name)) for name in told],
        )

    async def last_visit(self, user_id: int) -> datetime | None:
        """When the user's visit before the present one ended; None: there was none."""
        async with self._database.snapshot() as connection:
            visits = await repository.visits_of(connection, user_id)
        return None if visits is None else _before(visits, self._clock.now())

    async def note_visit(self, user_id: int) -> datetime | None:
        """Note that the user looks at Home now. Returns when the visit before this one ended."""
        now = self._clock.now()
        async with self._database.transaction() as connection:
            visits = await repository.visits_of(connection, user_id)
            previous = None if visits is None else _before(visits, now)
            await repository.note_visit(connection, user_id, Visits(now, previous))
        return previous

    async def _numbers(
        self, source: Answering, asked: _Asked, told: Sequence[str]
    ) -> tuple[repository.Numbers, list[Run]]:
        """The numbers, and the last completed run of each account that is told about."""
        numbers, [rows] = await repository.read_numbers(source, *asked, runs.last_completed(told))
        return numbers, runs.runs_of(rows)

    def _known(self, asked: _Asked, numbers: repository.Numbers) -> _Counted | None:
        """What was counted, if nothing has happened since."""
        known = self._counted.get(asked)
        return known if known is not None and known.newest == numbers.newest_notable else None

    async def _count(self, connection: AsyncConnection, asked: _Asked, newest: int) -> _Counted:
        since, until, accounts = asked
        wanted = ChangeFilter(since=since, until=until)
        by_kind: dict[ChangeKind, dict[str, int]] = defaultdict(dict)
        for account, kind, offers in await count_kinds(connection, wanted, accounts):
            by_kind[kind][account] = offers
        kinds = [
            KindNumber(kind=kind, offers=sum(by_kind[kind].values()), accounts=by_kind[kind]) for kind in ChangeKind
        ]
        reasons: Counter[str] = Counter()
        if by_kind[ChangeKind.UNSELLABLE]:
            reasons = await count_reasons(connection, wanted, accounts)
        ordered = sorted(reasons.items(), key=lambda one: (-one[1], one[0]))
        told = [ReasonNumber(code=code, offers=offers) for code, offers in ordered]
        counted = _Counted(newest, kinds, told)
        _remember(self._counted, asked, counted)
        return counted

    async def _copy(self, account: str, run: Run | None) -> CopyAge:
        """How old an account's copy is; `run` is its last completed one."""
        if run is None:
            return CopyAge(account=account, read_at=None, completed_at=None, run_id=None, verdict=None)
        return CopyAge(
            account=account,
            read_at=run.started_at,
            completed_at=run.finished_at,
            run_id=run.id,
            verdict=await self._verdict(run.id),
        )

    async def _verdict(self, run_id: str) -> CertificateVerdict:
        if run_id not in self._verdicts:
            _remember(self._verdicts, run_id, await self._certificates.verdict_of(run_id))
        return self._verdicts[run_id]


def usual_since(now: datetime) -> datetime:
    """A day ago, at a whole minute: what was counted for one call serves for the calls of the next minute, too."""
    return (now - USUAL_SPAN).replace(second=0, microsecond=0)


def _before(visits: Visits, now: datetime) -> datetime | None:
    return visits.previous_at if now - visits.last_at < VISIT_ENDS_AFTER else visits.last_at


def _number(by_account: dict[str, int]) -> Number:
    return Number(count=sum(by_account.values()), accounts=by_account)


def _remember(known: OrderedDict[_Key, _Value], key: _Key, value: _Value) -> None:
    known[key] = value
    known.move_to_end(key)
    if len(known) > _REMEMBERED:
        known.popitem(last=False)
