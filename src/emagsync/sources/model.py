"""A source as its row has it, and how its file is read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from emagsync.sources.reading.options import KeyField, ReadingOptions
from emagsync.sources.schemas import FormatSettings, MissingMeans, SourceKind, SourceMode


class SourceRow(NamedTuple):
    """A row of `sources`; `secrets` is sealed."""

    id: str
    name: str
    kind: SourceKind
    address: str | None
    username: str | None
    secrets: str | None
    host_key: str | None
    account: str
    format: FormatSettings
    columns: Mapping[str, str] | None
    key: KeyField | None
    mode: SourceMode
    missing_means: MissingMeans
    most_shrink_percent: int
    interval_minutes: int | None
    enabled: bool
    created_at: datetime
    updated_at: datetime
    next_at: datetime | None
    reading_until: datetime | None
    digest: str | None
    etag: str | None
    last_modified: str | None
    rows: int | None
    taken_in_at: datetime | None
    failures: int

    @property
    def options(self) -> ReadingOptions:
        """How its file is read."""
        return reading_options(self.format, self.columns, self.key, account=self.account)

    def due_after(self, now: datetime) -> datetime | None:
        """When it is to be read next, if it is by itself."""
        if self.interval_minutes is None or not self.enabled:
            return None
        return now + timedelta(minutes=self.interval_minutes)


def reading_options(
    settings: FormatSettings,
    columns: Mapping[str, str] | None,
    key: KeyField | None,
    *,
    account: str | None = None,
    only_look: bool = False,
) -> ReadingOptions:
    """How a file is read by these settings."""
    given: dict[str, Any] = settings.model_dump()
    return ReadingOptions(
        **given,
        columns=None if columns is None else {heading: str(field) for heading, field in columns.items()},
        key=key,
        account=account,
        only_look=only_look,
    )
