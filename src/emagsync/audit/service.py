"""Writing to the audit log, which every call that changes something does after it succeeded."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from emagsync.audit.entries import new_entry
from emagsync.audit.repository import insert_entry
from emagsync.core.clock import Clock
from emagsync.db.engine import Database
from emagsync.rest.principals import Principal
from emagsync.rest.state import state_of


async def audit(
    request: Request, caller: Principal, action: str, target: str, detail: Mapping[str, Any] | None = None
) -> None:
    """Log that `caller` did `action` (such as `sync.start`) to `target`. `detail` is JSON and holds no secret."""
    state = state_of(request)
    entry = new_entry(action, target, detail, at=state.clock.now()) | {
        "username": caller.username,
        "user_id": caller.user_id,
        "caller": caller.kind,
        "token_id": caller.token_id,
        "address": address_of(request),
    }
    async with state.database.transaction() as connection:
        await insert_entry(connection, entry)


async def audit_command(
    database: Database, clock: Clock, action: str, target: str, detail: Mapping[str, Any] | None = None
) -> None:
    """Log an action of a command; `username` is the machine's user."""
    entry = new_entry(action, target, detail, at=clock.now()) | {
        "username": machine_user(),
        "user_id": None,
        "caller": "cli",
        "token_id": None,
        "address": None,
    }
    async with database.transaction() as connection:
        await insert_entry(connection, entry)


def address_of(request: Request) -> str:
    """The address that the call came from; behind a trusted proxy, the one that the proxy names."""
    return (request.client.host if request.client else "unknown")[:64]


def machine_user() -> str:
    """The name of this machine's user who runs the process."""
    try:
        return getpass.getuser()[:80]
    except (OSError, KeyError):
        return "unknown"
