"""Making the views of the contract, and making them anew around steps of migration.

No step knows the views: a database would refuse to drop, or to make anew, a table that a view reads. They go before the
first step and come back, as this version defines them, after the last one, with who was allowed to read them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from sqlalchemy import Connection, inspect, text

from emagsync.db.contract.definitions import CONTRACT_VIEW, VIEWS
from emagsync.db.contract.rendering import POSTGRESQL, create_view

NAMES: Final = tuple(view.name for view in VIEWS)

_granted = text(
    "SELECT relname, quote_ident(rolname) AS role FROM pg_class "
    "CROSS JOIN LATERAL aclexplode(relacl) AS entry JOIN pg_roles ON pg_roles.oid = entry.grantee "
    "WHERE relkind = 'v' AND pg_table_is_visible(pg_class.oid) AND relname = ANY (:names) "
    "AND entry.privilege_type = 'SELECT' AND entry.grantee <> relowner"
)


class Grant(NamedTuple):
    """A role, quoted as SQL needs it, that may read a view."""

    view: str
    role: str


def create(connection: Connection) -> None:
    """Make all views, in the caller's transaction. There are none of them yet."""
    for view in VIEWS:
        connection.exec_driver_sql(create_view(view, connection.dialect.name))


def drop(connection: Connection) -> None:
    """Remove those of the views that are there."""
    there = set(inspect(connection).get_view_names())
    # None of them reads another one.
    for name in NAMES:
        if name in there:
            connection.exec_driver_sql(f"DROP VIEW {name}")


@contextmanager
def rebuilt(connection: Connection, *, newest: str) -> Iterator[None]:
    """Steps of migration are applied in the block, up or down.

    At its end there are the views of this version, if the schema is then at the step `newest`; an older one may lack
    what they read.
    """
    grants = _grants(connection)
    drop(connection)
    yield
    if connection.scalar(text("SELECT max(version_num) FROM alembic_version")) == newest:
        create(connection)
        _grant_again(connection, grants)


def _grants(connection: Connection) -> list[Grant]:
    if connection.dialect.name != POSTGRESQL:
        return []
    return [Grant(*row) for row in connection.execute(_granted, {"names": list(NAMES)})]


def _grant_again(connection: Connection, grants: list[Grant]) -> None:
    """Who could read the contract can read all of it, also what is new in it."""
    readers = {grant.role for grant in grants if grant.view == CONTRACT_VIEW}
    of_all = [Grant(view, role) for role in sorted(readers) for view in NAMES]
    for view, role in dict.fromkeys([*of_all, *(grant for grant in grants if grant.view in NAMES)]):
        connection.exec_driver_sql(f"GRANT SELECT ON {view} TO {role}")
