"""Sources: their settings, and reading them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from emagsync.accounts.settings import AccountLookup
from emagsync.core.settings import PushMode
from emagsync.edits.service import EditService
from emagsync.entrypoints.services.foundation import Foundation
from emagsync.sources.fetching.fetcher import Fetcher
from emagsync.sources.reading.reader import SourceFileReader
from emagsync.sources.readings import SourceReadings
from emagsync.sources.service import SourceService
from emagsync.vault.vault import Vault


class SourceServices(NamedTuple):
    """What manages sources, and what reads them."""

    service: SourceService
    readings: SourceReadings


def build_sources(
    base: Foundation,
    accounts: AccountLookup,
    edits: EditService,
    *,
    push_mode: Callable[[str], PushMode],
    stopping: asyncio.Event | None = None,
) -> SourceServices:
    """Sources, whose files become edits by `edits`. Once `stopping` is set, files are not read to their end."""
    vault = Vault(base.settings)
    fetcher = Fetcher(folder=base.settings.sources.folder, allow_private=base.settings.webhooks.allow_private)
    reader = SourceFileReader(stopping)
    service = SourceService(
        database=base.database, vault=vault, fetcher=fetcher, reader=reader, accounts=accounts, clock=base.clock
    )
    readings = SourceReadings(
        database=base.database,
        vault=vault,
        fetcher=fetcher,
        reader=reader,
        edits=edits,
        push_mode=push_mode,
        settings=base.settings.edits,
        clock=base.clock,
    )
    return SourceServices(service, readings)
