"""What the step that brought second factors does to logins that were there before, on the way there and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from emagsync.db.engine import Database
from support.databases import address_in
from support.migrating import bring_to, insert_row, take_back_to

pytestmark = pytest.mark.databases("both", often="sqlite")

BEFORE, STEP = "20261128_17", "20261128_18"


def _there_and_back(connection: Connection) -> tuple[list[Any], int, list[Any]]:
    bring_to(connection, BEFORE)
    for number, enabled in ((1, True), (2, False)):
        insert_row(connection, "users", id=number, username=f"user{number}", enabled=enabled)
        insert_row(connection, "api_tokens", id=number, token_hash=f"hash{number}", user_id=number)
    insert_row(connection, "sessions", id=1, token_hash="cookie", user_id=1)
    insert_row(connection, "login_failures", key="user:x")
    bring_to(connection, STEP)
    valid = list(connection.execute(text("SELECT id FROM api_tokens WHERE revoked_at IS NULL")).scalars())
    alive = connection.execute(text("SELECT count(*) FROM sessions WHERE last_seen_at > expires_at")).scalar_one()
    take_back_to(connection, BEFORE)
    back = list(connection.execute(text("SELECT token_hash FROM sessions")).scalars())
    bring_to(connection, STEP)
    return valid, alive, back


async def test_tokens_of_disabled_users_end_and_sessions_go_on(tmp_path: Path) -> None:
    database = Database(address_in(tmp_path, migrated=False))
    async with database, database.transaction() as connection:
        valid, alive, back = await connection.run_sync(_there_and_back)
    # These sessions' `expires_at` is weeks past: that one was seen later means that it counts as seen just now.
    assert (valid, alive, back) == ([1], 1, ["cookie"])
