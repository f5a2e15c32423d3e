"""Schema steps, applied in order by `emagsync.db.migrate`. `HEAD` is the newest one."""

from pathlib import Path

# By the files' names: a number written here would be forgotten by some step, and each start would load Alembic to find
# nothing to do.
_STEPS = sorted((Path(__file__).parent / "versions").glob("[0-9]*.py"))
HEAD = "_".join(_STEPS[-1].name.split("_")[:2])
