"""The public shapes of the log of calls."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from pydantic import BaseModel, Field

from emagsync.core.vocabulary import OfAccount


class EmagCall(OfAccount):
    """One attempt of a call to eMAG."""

    id: int
    route: str
    filters: dict[str, Any] = Field(
        description="Paging, statuses, ids and times that were asked for; nothing personal."
    )
    started_at: datetime
    duration_ms: int
    waited_ms: int = Field(description="How long it waited for a slot of the request limit.")
    attempt: int
    status: int | None = Field(description="HTTP; null when no answer came.")
    outcome: str = Field(
        description="`ok`, an error's code, `cancelled`, or, of a save, `partly_refused` or `partly_unanswered`."
    )
    error: str | None
    rows: int | None
    run_id: str | None
    request_id: str | None = Field(description="The API request that the call belongs to, as in its `X-Request-ID`.")


class EmagCalls(BaseModel):
    """The latest written first. `next_cursor` is null at the end."""

    calls: list[EmagCall]
    next_cursor: str | None


def emag_call(row: dict[str, Any]) -> EmagCall:
    """A row of the log as it is shown."""
    values = {name: value for name, value in row.items() if name not in ("account", "filters")}
    return EmagCall(**values, account=row["account"], filters=orjson.loads(row["filters"]))
