"""Applying migrations with Alembic. Imported only where some are missing: Alembic costs 0.2 s to import."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from emagsync.db.errors import DatabaseError, DatabaseTooNew
from emagsync.db.migrations import HEAD

_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade_to_head(connection: Connection, before: str | None) -> None:
    """Apply the migrations after `before`, in the caller's transaction. Raises DatabaseTooNew and DatabaseError."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if before is not None and before not in known:
        raise DatabaseTooNew(
            f"The database is at schema {before}, which this version of emagsync does not know "
            f"(it knows up to {HEAD}). Install the newer emagsync that made it, or restore a backup."
        )
    try:
        command.upgrade(config, "head")
    except (CommandError, IntegrityError) as error:
        raise DatabaseError(f"The database could not be upgraded to schema {HEAD}: {error}") from error
