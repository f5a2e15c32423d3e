"""Alembic's entry: runs on the connection that `emagsync.db.migrate` hands over."""

from __future__ import annotations

from alembic import context

from emagsync.db import trigrams
from emagsync.db.metadata import metadata


def _is_ours(name: str | None, _kind: str, _: object) -> bool:
    """No metadata describes the indexes of search: FTS5's tables on SQLite, and the one of trigrams on PostgreSQL."""
    return name is None or not (name.startswith("offer_search_index") or name == trigrams.INDEX)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    include_name=_is_ours,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
