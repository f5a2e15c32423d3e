"""One cache of compiled statements for all engines of a test process, as a server has one for all of its requests.

SQLAlchemy keeps a cache for each engine, by the dialect object among others. A test has an engine of its own, so each
of them would compile anew what the tests before it have asked for.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine import Engine, create
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.engine.url import URL
from sqlalchemy.pool import Pool
from sqlalchemy.util import LRUCache

_MOST = 5_000
_compiled: LRUCache[Any, Any] = LRUCache(_MOST)


class _Engine(Engine):
    # SQLAlchemy reads the names of the options from here.
    def __init__(
        self,
        pool: Pool,
        dialect: Any,
        url: URL,
        logging_name: str | None = None,
        echo: Any = None,
        query_cache_size: int = 500,
        execution_options: Any = None,
        hide_parameters: bool = False,
    ) -> None:
        super().__init__(pool, dialect, url, logging_name, echo, query_cache_size, execution_options, hide_parameters)
        self._compiled_cache = _compiled


def share_compiled_statements() -> None:
    """From now on, for every engine that is made: all engines of one kind of dialect find the same statements."""
    create.base.Engine = _Engine
    DefaultDialect.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign]
    DefaultDialect.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]
