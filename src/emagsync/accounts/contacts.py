"""How eMAG last answered each account, as all calls of this process show it, for people to see.

It is kept in the database, for a worker's calls are to be seen in the page, and so are those before a restart.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from emagsync.accounts import repository
from emagsync.accounts.repository import Contact
from emagsync.core.clock import Clock
from emagsync.db.engine import Database
from emagsync.marketplace.request import CANCELLED, OK, PARTLY_REFUSED, PARTLY_UNANSWERED, CallRecord

# eMAG knew the user, whatever it said about the call.
_LET_IN: Final = frozenset({OK, PARTLY_REFUSED, PARTLY_UNANSWERED, "refused", "write_refused"})
# These say nothing about whether eMAG lets the account in.
_SAYS_NOTHING: Final = frozenset({CANCELLED, "rate_limited", "request_invalid", "answer_too_large", "list_repeats"})
# eMAG is there and does not let the account in: a person must act.
REFUSALS: Final = frozenset({"credentials_refused", "ip_not_allowed", "api_right_missing"})
# How old the stored time of an account may become that eMAG goes on letting in.
_SAME_SECONDS: Final = 30.0
_LONGEST_MESSAGE: Final = 500
_LONGEST_CODE: Final = 32


class ContactState(StrEnum):
    """How eMAG last answered an account."""

    UNTESTED = "untested"  # it was never asked
    WORKS = "works"
    REFUSED = "refused"  # eMAG does not let it in: the credentials, the address or the right
    FAILING = "failing"  # no proper answer: eMAG is down, or cannot be reached; the account may be fine


def state_of(contact: Contact) -> ContactState:
    """What an account's contact means."""
    if contact.failed_at is not None and (contact.let_in_at is None or contact.failed_at > contact.let_in_at):
        return ContactState.REFUSED if contact.code in REFUSALS else ContactState.FAILING
    return ContactState.UNTESTED if contact.let_in_at is None else ContactState.WORKS


class ContactLog:
    """Gets every call of this process (`observe`) and stores what is new when it is told to (`write`)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[str, Contact] = {}
        self._written: dict[str, Contact] = {}

    def observe(self, record: CallRecord) -> None:
        """Note how eMAG answered a call."""
        if record.outcome in _SAYS_NOTHING:
            return
        seen = self._seen.get(record.account, Contact())
        # Two results of one instant are in the order in which they came.
        now = max(self._clock.now(), _after(seen))
        if record.outcome in _LET_IN:
            self._seen[record.account] = seen._replace(let_in_at=now)
        else:
            self._seen[record.account] = seen._replace(
                failed_at=now,
                code=record.outcome[:_LONGEST_CODE],
                message=(record.error or "")[:_LONGEST_MESSAGE],
                ip=record.ip or seen.ip,
            )

    def forget(self, account: str) -> None:
        """Forget an account that was removed, or has another API user."""
        self._seen.pop(account, None)
        self._written.pop(account, None)

    async def write(self, database: Database, *, everything: bool = False) -> None:
        """Store what is new; of an account that goes on working only now and then, unless `everything`.

        Raises DatabaseError, and keeps it for the next time.
        """
        due = {account: seen for account, seen in self._seen.items() if self._is_due(account, seen, everything)}
        if not due:
            return
        async with database.transaction() as connection:
            for account, seen in due.items():
                await repository.save_contact(connection, account, seen)
        self._written |= due

    def _is_due(self, account: str, seen: Contact, everything: bool) -> bool:
        written = self._written.get(account)
        if written is None or state_of(written) is not state_of(seen) or written.code != seen.code:
            return True
        if seen == written:
            return False
        return everything or _after(seen) - _after(written) >= timedelta(seconds=_SAME_SECONDS)


def _after(contact: Contact) -> datetime:
    """Just after the last thing that is known of a contact."""
    latest = max((at for at in (contact.let_in_at, contact.failed_at) if at is not None), default=_LONG_AGO)
    return latest + timedelta(microseconds=1)


_LONG_AGO: Final = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
