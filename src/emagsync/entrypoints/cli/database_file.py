"""Whether the database that a command is about is there."""

from __future__ import annotations

from emagsync.core.errors import SettingsError
from emagsync.db.engine import Database


def require_file(database: Database) -> None:
    """Raises SettingsError when the database is a file of SQLite that does not exist: opening it would make one."""
    path = database.sqlite_path
    if path is not None and not path.exists():
        raise SettingsError(f"There is no database at {path}: look at EMAGSYNC_DATABASE_URL and EMAGSYNC_DATA_DIR.")
