"""The one `MetaData` that every feature's tables join, with names for all constraints, and partial indexes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Index, MetaData, TextClause
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateIndex

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_WHERE = "partial_index_where"


def partial_index(name: str, *columns: str, where: ColumnElement[bool] | TextClause, unique: bool = False) -> Index:
    """An index over the rows that `where` holds for, on both databases."""
    return Index(name, *columns, unique=unique, sqlite_where=where, info={_WHERE: where})


# Not by the argument `postgresql_where`: to check it, SQLAlchemy imports PostgreSQL's dialect, which takes a tenth of a
# reading command's time on SQLite.
@compiles(CreateIndex, "postgresql")
def _create_on_postgresql(create: CreateIndex, compiler: Any, **options: Any) -> str:
    index: Index = create.element
    if _WHERE in index.info:
        index.dialect_options["postgresql"]["where"] = index.info[_WHERE]
    statement: str = compiler.visit_create_index(create, **options)
    return statement
