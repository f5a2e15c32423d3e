"""Alembic's entry: runs on the connection that `emagsync.db.migrate` hands over."""

from __future__ import annotations

from alembic import context

from emagsync.db import trigrams
from emagsync.db.contract import installing as contract
from emagsync.db.metadata import metadata
from emagsync.db.migrations import HEAD

_connection = context.config.attributes["connection"]


def _is_ours(name: str | None, _kind: str, _: object) -> bool:
    """No metadata describes the indexes of search: FTS5's tables on SQLite, and the one of trigrams on PostgreSQL."""
    return name is None or not (name.startswith("offer_search_index") or name == trigrams.INDEX)


context.configure(
    connection=_connection,
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    include_name=_is_ours,
    transaction_per_migration=False,
)
with context.begin_transaction(), contract.rebuilt(_connection, newest=HEAD):
    context.run_migrations()
