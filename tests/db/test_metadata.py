"""Partial indexes mean the same on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import Column, Dialect, Integer, MetaData, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex

from emagsync.db.metadata import partial_index

_number = Column("number", Integer)
_index = partial_index("ix_things_positive", "number", where=_number > 0, unique=True)
Table("things", MetaData(), _number, _index)


@pytest.mark.parametrize("dialect", [pytest.param(one.dialect(), id=one.__name__) for one in (sqlite, postgresql)])
def test_a_partial_index_is_over_the_same_rows_on_both_databases(dialect: Dialect) -> None:
    statement = str(CreateIndex(_index).compile(dialect=dialect))
    assert statement == "CREATE UNIQUE INDEX ix_things_positive ON things (number) WHERE number > 0"
