"""The import hook that leaves SQLAlchemy's ORM out, in processes of their own: this one has imported everything."""

from __future__ import annotations

from support.interpreters import said_by

_HOOK = "from emagsync.db.without_orm import import_no_orm\nimport_no_orm()\n"
_NAMES = "json.dumps(sorted(name for name in vars(package) if name.startswith(('Async', 'async', 'create', 'close'))))"


def test_the_engine_comes_without_the_orm() -> None:
    program = (
        f"{_HOOK}import emagsync.db.engine, sqlalchemy.ext.asyncio as package\n"
        "print(json.dumps([name for name in sys.modules if name.startswith('sqlalchemy.orm')]))\n"
        # What the package has not is an attribute error, as ever.
        "assert not hasattr(package, 'no_such_name')"
    )
    assert said_by(program) == []


def test_whoever_asks_for_a_session_gets_the_whole_package() -> None:
    plain = said_by(
        f"import sqlalchemy.ext.asyncio as package\nnames = {_NAMES}\n"
        # A package that is imported already stays as it is.
        f"{_HOOK}import sqlalchemy.ext.asyncio as again\nassert again is package\n"
        f"assert names == {_NAMES}\nprint(names)"
    )
    asked = said_by(
        f"{_HOOK}import sqlalchemy.ext.asyncio as package\n"
        f"from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, engine\n"
        f"assert AsyncEngine is package.AsyncEngine is engine.AsyncEngine\nprint({_NAMES})"
    )
    assert "AsyncSession" in plain
    assert asked == plain
