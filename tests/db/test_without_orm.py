"""The import hook that leaves SQLAlchemy's ORM out, in processes of their own: this one has imported everything."""

from __future__ import annotations

from support.interpreters import said_by

_HOOK = "from emagsync.db.without_orm import import_no_orm\nimport_no_orm()\n"
_NAMES = "json.dumps(sorted(name for name in vars(package) if name.startswith(('Async', 'async', 'create', 'close'))))"


def test_the_engine_comes_without_the_orm() -> None:
    program = (
        f"{_HOOK}import emagsync.db.engine\n"
        "print(json.dumps([name for name in sys.modules if name.startswith('sqlalchemy.orm')]))"
    )
    assert said_by(program) == []


def test_whoever_asks_for_a_session_gets_the_whole_package() -> None:
    plain = said_by(f"import sqlalchemy.ext.asyncio as package\nprint({_NAMES})")
    asked = said_by(
        f"{_HOOK}import sqlalchemy.ext.asyncio as package\n"
        f"from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, engine\n"
        f"assert AsyncEngine is package.AsyncEngine is engine.AsyncEngine\nprint({_NAMES})"
    )
    assert "AsyncSession" in plain
    assert asked == plain


def test_a_name_that_the_package_has_not_is_an_attribute_error() -> None:
    program = f"{_HOOK}import sqlalchemy.ext.asyncio as package\nprint(json.dumps(hasattr(package, 'no_such_name')))"
    assert said_by(program) is False


def test_a_package_that_is_imported_already_stays_as_it_is() -> None:
    program = (
        f"import sqlalchemy.ext.asyncio as package\n{_HOOK}import_no_orm()\n"
        "import sqlalchemy.ext.asyncio as again\n"
        "print(json.dumps(again is package and hasattr(again, 'AsyncSession')))"
    )
    assert said_by(program) is True
