"""Entries of the audit log, and those of nobody: refused logins. Known to rooms that know no web framework."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from emagsync.audit.repository import insert_entry
from emagsync.core.clock import Clock
from emagsync.db.engine import Database

_LONGEST_TARGET = 200
# No user can have this name.
_NOBODY = "-"


def new_entry(action: str, target: str, detail: Mapping[str, Any] | None, *, at: datetime) -> dict[str, Any]:
    """What an entry says about the deed; who did it is for the caller to add."""
    text = orjson.dumps(detail or {}, default=str).decode()
    return {"at": at, "action": action, "target": target[:_LONGEST_TARGET], "detail": text}


async def audit_refused_login(
    database: Database,
    clock: Clock,
    *,
    username: str | None,
    user_id: int | None,
    address: str,
    detail: Mapping[str, Any],
) -> None:
    """Log that somebody at `address` could not log in. `username` is None unless there is a user of this name.

    A name that nobody has is not stored: people sometimes type their password where the name belongs.
    """
    entry = new_entry("auth.refused", username or _NOBODY, detail, at=clock.now()) | {
        "username": username or _NOBODY,
        "user_id": user_id,
        "caller": "login",
        "token_id": None,
        "address": address,
    }
    async with database.transaction() as connection:
        await insert_entry(connection, entry)
