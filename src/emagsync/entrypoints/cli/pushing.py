"""Shared by the commands about pushing: the service, and a person's decision with its entry in the audit log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple, TypeVar

from emagsync.audit.service import audit_command, machine_user
from emagsync.edits.push.service import PushService
from emagsync.entrypoints.cli.session import Session
from emagsync.entrypoints.services.accounts import open_accounts
from emagsync.entrypoints.services.foundation import Foundation
from emagsync.entrypoints.services.push import build_push_service

T = TypeVar("T")


class Pushing(NamedTuple):
    """The push service, and the foundation it is built from."""

    base: Foundation
    service: PushService


@asynccontextmanager
async def open_pushing(session: Session) -> AsyncIterator[Pushing]:
    """The push service, while the block runs."""
    async with session.foundation() as base, open_accounts(base, session.environment) as emag:
        yield Pushing(base, build_push_service(base, emag.registry))


def decide(session: Session, action: str, target: str, decision: Callable[[PushService, str], Awaitable[T]]) -> T:
    """Carry out a decision in the name of this machine's user; `action` goes to the audit log."""

    async def work() -> T:
        async with open_pushing(session) as (base, service):
            result = await decision(service, machine_user())
            await audit_command(base.database, base.clock, action, target)
            return result

    return asyncio.run(work())
