"""How long sessions last, and what an admin without a second factor may do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from emagsync.core.settings import ServerSettings
from emagsync.db.ready import Answering
from emagsync.identity import repository
from emagsync.identity.repository import FoundSession
from emagsync.identity.schemas import SessionKind
from emagsync.rest.principals import Principal, Role

_LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True)
class SessionRules:
    """`lifetime` of every session; `idle`, after which a browser's ends when nobody did anything (0: never).

    `admins_need_second_factor`: without one an admin can only read.
    """

    lifetime: timedelta
    idle: timedelta
    admins_need_second_factor: bool

    @classmethod
    def of(cls, settings: ServerSettings) -> SessionRules:
        """The rules that the settings make."""
        return cls(
            lifetime=timedelta(hours=settings.session_hours),
            idle=timedelta(minutes=settings.idle_minutes),
            admins_need_second_factor=settings.admins_need_second_factor,
        )

    def idle_since(self, now: datetime) -> datetime:
        """A browser's session that was last used then, or before, has ended."""
        return now - self.idle if self.idle else _LONG_AGO

    async def find(
        self, source: Answering, token_hash: str, *, kind: SessionKind, now: datetime
    ) -> FoundSession | None:
        """The session with this token, if it goes on, with what its user may do in it."""
        idle_since = self.idle_since(now)
        found = await repository.find_session(source, token_hash, kind=kind, now=now, idle_since=idle_since)
        if found is None or not self._holds_back(found):
            return found
        return found._replace(caller=replace(found.caller, role=Role.VIEWER, held_back=True))

    async def caller_of(
        self, source: Answering, token_hash: str, *, kind: SessionKind, now: datetime
    ) -> Principal | None:
        """Who calls with this session's token; None if it does not go on."""
        found = await self.find(source, token_hash, kind=kind, now=now)
        return None if found is None else found.caller

    def _holds_back(self, found: FoundSession) -> bool:
        return self.admins_need_second_factor and found.caller.role is Role.ADMIN and not found.has_second_factor
