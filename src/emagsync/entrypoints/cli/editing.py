"""Shared by the commands that edit offers: the author of edits, and the entry in the audit log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from emagsync.audit.service import audit_command, machine_user
from emagsync.edits.service import EditService
from emagsync.edits.states import EditSource
from emagsync.edits.storing import Author
from emagsync.entrypoints.cli.session import Session
from emagsync.entrypoints.services.edits import build_edit_service

T = TypeVar("T")


def author_of(source: EditSource) -> Author:
    """This machine's user, as whom commands edit."""
    return Author(machine_user(), source)


def run_edit(
    session: Session, edit: Callable[[EditService], Awaitable[T]], action: str, target: str, detail: Mapping[str, Any]
) -> T:
    """Run `edit` on the database and return its result. When it succeeds, `action` goes to the audit log."""

    async def work() -> T:
        async with session.foundation() as base:
            done = await edit(build_edit_service(base, session.accounts))
            await audit_command(base.database, base.clock, action, target, detail)
            return done

    return asyncio.run(work())
